#include "engine/runtime/scratch_folder.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/scratch_folder.h"

namespace lastkm::runtime {

namespace fs = std::filesystem;

TEST_CASE("scratch folder: it goes with all that is in it, once, and stays where it is kept") {
  const lastkm::ScratchFolder under;
  std::string path;
  {
    auto made = ScratchFolder::make("test", under.path.string());
    REQUIRE(made.has_value());
    ScratchFolder moved = std::move(*made);
    path = moved.path();
    CHECK(fs::is_directory(path));
    CHECK(moved.name().starts_with("lastkm-test-"));
    fs::create_directory(moved.at("a"));
    std::ofstream(moved.at("a/b")) << "b";
  }
  CHECK_FALSE(fs::exists(path));
  path = ScratchFolder::make("test", under.path.string())->keep();
  CHECK(fs::is_directory(path));
}

TEST_CASE("scratch folder: where none can be made the error says what to do") {
  const lastkm::ScratchFolder under;
  const char* before = ::getenv("TMPDIR");
  const std::string was = before == nullptr ? "" : before;
  ::setenv("TMPDIR", (under.path / "missing").c_str(), 1);
  const auto made = ScratchFolder::make("test");
  was.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", was.c_str(), 1);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().kind == ErrorKind::refused);
  CHECK(made.error().code == "cannot-write");
  CHECK(made.error().message.find("TMPDIR") != std::string::npos);
  std::ofstream(under.path / "file") << "no folder";
  CHECK_FALSE(ScratchFolder::make("test", (under.path / "file").string()).has_value());
}

}  // namespace lastkm::runtime
