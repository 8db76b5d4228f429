// How the log's files are merged: a record is flushed, merged once, and stays where it is.
#include <rocksdb/db.h>

#include <chrono>
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
  std::mt19937 random(20261126);
  for (int i = 0; i < kMerges * kFlushesOfMerge * kRecordsOfFlush; ++i) {
    const std::vector<Append> one{command(i % kPartitions, incompressible(random, 1024))};
    REQUIRE(log->append(one, Durability::buffered));
  }
  // Merging goes on by itself; nothing more is written.
  const auto settled = [](const std::map<int, int>& levels) {
    return levels.contains(0) && levels.size() == 2 && levels.rbegin()->second >= kPartitions;
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::map<int, int> levels = files_by_level(folder);
  while (!settled(levels) && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    levels = files_by_level(folder);
  }
  std::string seen;
  for (const auto& [level, files] : levels)
    seen += " level " + std::to_string(level) + ": " + std::to_string(files);
  INFO(seen);
  CHECK(settled(levels));
}
