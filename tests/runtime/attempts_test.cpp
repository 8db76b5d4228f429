#include "engine/runtime/attempts.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/scratch_folder.h"

namespace lastkm::runtime {

TEST_CASE(
    "attempts: the file has its blocks before the first note, for a hole would kill where the disk is full") {
  const ScratchFolder folder;
  const std::string file = folder.path / "attempts";
  for (const std::int32_t lanes : {4, 1024}) {
    const auto notes = Attempts::open(file, lanes);
    REQUIRE(notes.has_value());
    struct stat held {};
    REQUIRE(::stat(file.c_str(), &held) == 0);
    CHECK(held.st_size >= lanes * 16);
    CHECK(held.st_blocks * 512 >= held.st_size);
    (*notes)->begin(LaneId(3), Ordinal(7));
  }
  CHECK((*Attempts::open(file, 1024))->deaths(LaneId(3), Ordinal(7)) == 2);
}

TEST_CASE("attempts: a file that cannot be written is refused") {
  const ScratchFolder folder;
  const auto notes = Attempts::open(folder.path / "no" / "attempts", 4);
  REQUIRE_FALSE(notes.has_value());
  CHECK(notes.error().code == "cannot-write");
}

}  // namespace lastkm::runtime
