// How the log's files are merged: a record is flushed, merged once, and stays where it is.
#include <rocksdb/db.h>

#include <chrono>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "tests/log/support.h"

using namespace lastkm;
using namespace lastkm::log;
using namespace lastkm::log::test;

namespace {

/// So that what is merged is not much smaller than what was flushed.
std::string incompressible(std::mt19937& random, std::size_t bytes) {
  std::string value;
  value.reserve(bytes);
  while (value.size() < bytes) value.push_back(static_cast<char>(' ' + random() % 90));
  return value;
}

/// How many files each level of the database holds, seen by a reader beside its writer.
std::map<int, int> files_by_level(const Folder& folder) {
  rocksdb::DB* opened = nullptr;
  rocksdb::Options options;
  options.max_open_files = -1;
  if (!rocksdb::DB::OpenForReadOnly(options, folder.database().string(), &opened).ok()) return {};
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  std::map<int, int> levels;
  for (const rocksdb::LiveFileMetaData& file : files) ++levels[file.level];
  return levels;
}

}  // namespace

TEST_CASE("what the log has merged moves to the last level at once, and is not merged again") {
  static constexpr std::size_t kBuffer = 64U << 10U;
  static constexpr int kMerges = 4, kFlushesOfMerge = 16, kRecordsOfFlush = 64;
  const Folder folder;
  const auto log = open({.folder = folder.text(), .partitions = kPartitions, .write_buffer_bytes = kBuffer});
  const auto wait_until = [&folder](const std::function<bool(std::map<int, int>)>& reached) {
    std::map<int, int> levels;
    for (int looks = 0; looks < 300; ++looks) {
      levels = files_by_level(folder);
      if (reached(levels)) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    std::string seen;
    for (const auto& [level, files] : levels)
      seen += " level " + std::to_string(level) + ": " + std::to_string(files);
    FAIL(seen);
  };
  std::mt19937 random(20261126);
  for (int merge = 0; merge < kMerges; ++merge) {
    for (int i = 0; i < kFlushesOfMerge * kRecordsOfFlush; ++i) {
      const std::vector<Append> one{command(i % kPartitions, incompressible(random, 1024))};
      REQUIRE(log->append(one, Durability::buffered));
    }
    // One merge does not take all that is written.
    wait_until([](std::map<int, int> levels) { return levels[0] < kFlushesOfMerge; });
  }
  // What was flushed last may stay where it is.
  wait_until([](std::map<int, int> levels) {
    levels.erase(0);
    return levels.size() == 1 && levels.begin()->second >= 2 * kPartitions;
  });
}
