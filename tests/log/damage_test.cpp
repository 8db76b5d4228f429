#include <fstream>

#include "engine/log/acknowledged.h"
#include "tests/log/support.h"

using namespace lastkm;
using namespace lastkm::log;
using namespace lastkm::log::test;

namespace fs = std::filesystem;

namespace {

constexpr int kRecords = 1000;

/// A closed log whose records all lie in the WAL.
void make_log(const Folder& folder) {
  const auto log = open(folder);
  fill(*log, kRecords, Durability::buffered);
  REQUIRE(log->sync());
}

/// The same, moved from the WAL to a table by opening twice.
fs::path make_table(const Folder& folder) {
  make_log(folder);
  { const auto log = open(folder); }
  return folder.biggest(".sst");
}

void check_rollback(const Folder& folder) {
  for (const bool read_only : {false, true}) {
    const Error error =
        refused({.folder = folder.text(), .partitions = read_only ? 0 : kPartitions, .read_only = read_only});
    CHECK(error.kind == ErrorKind::integrity);
    CHECK(error.code == "log-rollback");
    CHECK(error.message.find(std::to_string(kRecords)) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("P11: a log that lost its tail is refused, by how much is said, and stays refused") {
  const Folder folder;
  make_log(folder);
  const fs::path wal = folder.biggest(".log");
  SECTION("WAL deleted") {
    fs::remove(wal);
  }
  SECTION("WAL cut in half") {
    fs::resize_file(wal, fs::file_size(wal) / 2);
  }
  SECTION("last record torn") {
    fs::resize_file(wal, fs::file_size(wal) - 37);
  }
  check_rollback(folder);
  check_rollback(folder);
}

TEST_CASE("P11: a database that is gone while the mark is there is a rollback") {
  const Folder folder;
  make_log(folder);
  fs::remove_all(folder.database());
  const Error error = refused(folder);
  CHECK(error.code == "log-rollback");
}

TEST_CASE("P11: an older copy of the database is refused") {
  const Folder folder;
  const Folder old;
  make_log(folder);
  fs::copy(folder.database(), old.path / "log", fs::copy_options::recursive);
  {
    const auto log = open(folder);
    fill(*log, 1, Durability::synced);
  }
  fs::remove_all(folder.database());
  fs::copy(old.path / "log", folder.database(), fs::copy_options::recursive);
  CHECK(refused(folder).code == "log-rollback");
}

TEST_CASE("P11: a flipped byte in the WAL is refused and never opens short") {
  const Folder folder;
  make_log(folder);
  const fs::path wal = folder.biggest(".log");
  for (const std::uintmax_t part : {4U, 2U}) {
    flip_byte(wal, fs::file_size(wal) / part);
    const Error error = refused(folder);
    CHECK(error.kind == ErrorKind::integrity);
    CHECK((error.code == "log-corrupt" || error.code == "log-rollback"));
    flip_byte(wal, fs::file_size(wal) / part);
  }
  CHECK(open(folder) != nullptr);
}

TEST_CASE("P11: damage in a table is an error of the read and never an early end") {
  const Folder folder;
  const fs::path table = make_table(folder);
  const auto sizes = [](EventLog& log) {
    std::size_t seen = 0;
    bool failed = false;
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
      std::vector<StoredRecord> out;
      const Status read = log.read(Topic::commands, partition, 0, SIZE_MAX, SIZE_MAX, out);
      seen += out.size();
      if (read) {
        CHECK(out.size() == kRecords / kPartitions);
        continue;
      }
      failed = true;
      CHECK(read.error().kind == ErrorKind::integrity);
      CHECK(read.error().code == "log-corrupt");
    }
    CHECK(seen < kRecords);
    return failed;
  };
  flip_byte(table, fs::file_size(table) / 3);
  const auto log = open_embedded_log({.folder = folder.text(), .partitions = kPartitions});
  if (!log) {
    CHECK(log.error().code == "log-corrupt");
  } else {
    CHECK(sizes(**log));
  }
}

TEST_CASE("P11: a missing table or manifest is refused") {
  const Folder folder;
  const fs::path table = make_table(folder);
  SECTION("table") {
    fs::remove(table);
  }
  SECTION("manifest") {
    for (const auto& entry : fs::directory_iterator(folder.database())) {
      if (entry.path().filename().string().starts_with("MANIFEST")) fs::remove(entry.path());
    }
  }
  SECTION("CURRENT") {
    fs::remove(folder.database() / "CURRENT");
  }
  const Error error = refused(folder);
  CHECK(error.kind == ErrorKind::integrity);
  CHECK((error.code == "log-corrupt" || error.code == "log-rollback"));
}

TEST_CASE("P11: a log without its mark is refused, and so is one whose mark is damaged in both slots") {
  const Folder folder;
  make_log(folder);
  SECTION("missing") {
    fs::remove(folder.mark());
    CHECK(refused(folder).code == "mark-missing");
    CHECK_FALSE(fs::exists(folder.mark()));
  }
  SECTION("empty") {
    fs::resize_file(folder.mark(), 0);
    CHECK(refused(folder).code == "mark-damaged");
  }
  SECTION("both slots") {
    flip_byte(folder.mark(), 8);
    flip_byte(folder.mark(), 512 + 8);
    CHECK(refused(folder).code == "mark-damaged");
  }
  SECTION("either slot alone") {
    const std::uintmax_t slot = GENERATE(0U, 512U);
    flip_byte(folder.mark(), slot + 8);
    const auto log = open(folder);
    fill(*log, 3, Durability::synced);
    fill(*log, 1, Durability::buffered);
  }
}

TEST_CASE("log: the mark keeps the newest of its two slots and never goes back") {
  const Folder folder;
  const std::string file = folder.mark().string();
  REQUIRE(Acknowledged::make_if_missing(file));
  for (const std::int64_t records : {5, 3, 9, 9, 10}) {
    auto mark = Acknowledged::open(file, false);
    REQUIRE(mark);
    const std::int64_t before = (*mark)->records();
    REQUIRE((*mark)->raise(records));
    CHECK((*mark)->records() == std::max(before, records));
    REQUIRE(Acknowledged::make_if_missing(file));
    auto again = Acknowledged::open(file, true);
    REQUIRE(again);
    CHECK((*again)->records() == std::max(before, records));
  }
  // The last two marks were 9 and 10: a torn write of the last leaves the one before.
  flip_byte(file, 512 + 8);
  auto torn = Acknowledged::open(file, true);
  REQUIRE(torn);
  CHECK((*torn)->records() == 9);
}

TEST_CASE("log: a reader beside a writer sees what was there when it opened and cannot write") {
  const Folder folder;
  CHECK(refused({.folder = folder.text(), .read_only = true}).kind == ErrorKind::not_found);
  const auto writer = open(folder);
  fill(*writer, 8, Durability::synced);
  const auto reader = open({.folder = folder.text(), .read_only = true});
  CHECK(reader->partitions() == kPartitions);
  fill(*writer, 8, Durability::buffered);
  CHECK(all(*reader, Topic::commands, 0).size() == 2);
  const std::vector<Append> one{command(0, "x")};
  const auto refusal = reader->append(one, Durability::buffered);
  REQUIRE_FALSE(refusal);
  CHECK(refusal.error().code == "read-only");
  const auto later = open({.folder = folder.text(), .read_only = true});
  CHECK(all(*later, Topic::commands, 0).size() == 4);
  fill(*writer, 4, Durability::synced);
}

TEST_CASE("log: partitions are fixed when it is made") {
  const Folder folder;
  make_log(folder);
  CHECK(refused({.folder = folder.text(), .partitions = 8}).code == "other-partitions");
  CHECK(open({.folder = folder.text(), .partitions = 0})->partitions() == kPartitions);
}

TEST_CASE(
    "P12: with little room appends are refused before anything is written, reads go on, and it heals by "
    "itself") {
  const Folder folder;
  std::uint64_t free = 1U << 30U;
  const auto log = open(
      {.folder = folder.text(), .partitions = kPartitions, .keep_free_bytes = 1000, .free_bytes = [&free] {
         return free;
       }});
  fill(*log, 8, Durability::buffered);
  const std::vector<Append> one{command(0, "x")};
  free = 999;
  for (const Durability durability : {Durability::synced, Durability::buffered}) {
    const auto full = log->append(one, durability);
    REQUIRE_FALSE(full);
    CHECK(full.error().kind == ErrorKind::refused);
    CHECK(full.error().code == "disk-full");
  }
  CHECK(*log->end(Topic::commands, 0) == 2);
  CHECK(all(*log, Topic::commands, 0).size() == 2);
  CHECK(log->sync());
  free = 1000;
  const auto offsets = log->append(one, Durability::synced);
  REQUIRE(offsets);
  CHECK(offsets->front() == 2);
}
