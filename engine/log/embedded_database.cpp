#include "engine/log/embedded_database.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_partitioner.h>
#include <rocksdb/table.h>
#include <rocksdb/table_properties.h>

#include <filesystem>
#include <fstream>

#include "engine/log/empty_wals.h"
#include "engine/store/silent_logger.h"

namespace lastkm::log {

namespace {

constexpr std::size_t kPartitionPrefix = 3;  // of key_of(): topic and partition
constexpr int kMergedAtOnce = 16;            // flushed files

/// Asks that a file which was merged moves on by itself, however little its level holds.
class MovesOn final : public rocksdb::TablePropertiesCollector {
 public:
  explicit MovesOn(bool merged) : merged_(merged) {}
  rocksdb::Status AddUserKey(const rocksdb::Slice& /*key*/, const rocksdb::Slice& /*value*/,
                             rocksdb::EntryType /*type*/, rocksdb::SequenceNumber /*number*/,
                             std::uint64_t /*file_size*/) override {
    return rocksdb::Status::OK();
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties* /*properties*/) override {
    return rocksdb::Status::OK();
  }
  [[nodiscard]] rocksdb::UserCollectedProperties GetReadableProperties() const override { return {}; }
  [[nodiscard]] const char* Name() const override { return "lastkm.moves-on"; }
  [[nodiscard]] bool NeedCompact() const override { return merged_; }

 private:
  bool merged_;
};
class MovesOnFactory final : public rocksdb::TablePropertiesCollectorFactory {
 public:
  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context context) override {
    return new MovesOn(context.level_at_creation > 0);  // RocksDB deletes it
  }
  [[nodiscard]] const char* Name() const override { return "lastkm.moves-on"; }
};

rocksdb::Options database_options(const EmbeddedLogOptions& options) {
  rocksdb::Options out;
  if (options.env != nullptr) out.env = options.env;
  out.create_if_missing = !options.read_only;
  // The default mode opens short without a word when a byte in the middle of the WAL is damaged.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  out.write_buffer_size = options.write_buffer_bytes;
  out.max_total_wal_size = 4 * options.write_buffer_bytes;
  // A flushed file holds records of every partition, so many are merged at once, and what is merged is cut
  // between partitions. Each of those only grows at its end: so files do not overlap, and move to the last
  // level without being read again. What waits between would be merged anew with all that is flushed, so it
  // moves at once; and files are to be large, for each move takes time for every file there is.
  out.level0_file_num_compaction_trigger = kMergedAtOnce;
  out.level0_slowdown_writes_trigger = 3 * kMergedAtOnce;
  out.level0_stop_writes_trigger = 4 * kMergedAtOnce;
  out.level_compaction_dynamic_level_bytes = true;
  out.max_bytes_for_level_base = kMergedAtOnce * options.write_buffer_bytes;
  out.max_bytes_for_level_multiplier = 1e6;
  out.table_properties_collector_factories.push_back(std::make_shared<MovesOnFactory>());
  out.sst_partitioner_factory = rocksdb::NewSstPartitionerFixedPrefixFactory(kPartitionPrefix);
  // For the same reason the place of a partition's last record is where the next one belongs.
  out.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(kPartitionPrefix));
  // A reader opens every file at once: a writer beside it may delete those that it has merged.
  out.max_open_files = options.read_only ? -1 : 512;
  out.info_log = std::make_shared<store::SilentLogger>();
  // What will soon be merged again is not worth it; what is merged stays as it is.
  out.compression_per_level = {rocksdb::kNoCompression, rocksdb::kLZ4Compression};
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(8U << 20U);
  table.block_size = 16U << 10U;
  // In the cache, so that memory does not grow with the log.
  table.cache_index_and_filter_blocks = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.pin_top_level_index_and_filter = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

Error open_error(const EmbeddedLogOptions& options, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (text.find("lock hold by current process") != std::string::npos ||
      text.find("hile lock file") != std::string::npos) {
    std::string owner;
    std::ifstream(options.folder + "/owner") >> owner;
    return Error{ErrorKind::folder_in_use, "folder-in-use",
                 options.folder + " is in use by another process" +
                     (owner.empty() ? std::string() : " (pid " + owner + ")") +
                     ": stop it, or talk to it where it serves",
                 options.folder};
  }
  const bool gone = status.IsPathNotFound() || text.find("No such file") != std::string::npos;
  if (status.IsIOError() && !gone) {
    return Error{ErrorKind::refused, "cannot-open", options.folder + "/log cannot be opened: " + text,
                 options.folder};
  }
  return corrupt(options.folder + "/log", status);
}

/// Whether a folder without CURRENT was a database: tables and WALs are made after it.
bool held_records(const std::string& folder) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    const auto extension = entry.path().extension();
    if (extension == ".sst" || extension == ".log") return true;
  }
  return false;
}

}  // namespace

Error corrupt(const std::string& folder, const rocksdb::Status& status) {
  return Error{ErrorKind::integrity, "log-corrupt",
               "the log in " + folder + " is damaged: " + status.ToString() +
                   ". Nothing is written to it; restore it from a backup",
               folder};
}

Error disk_full(const EmbeddedLogOptions& options, std::uint64_t free) {
  return Error{ErrorKind::refused, "disk-full",
               "only " + std::to_string(free >> 20U) + " MiB are free where " + options.folder +
                   " lies; nothing new is taken below " + std::to_string(options.keep_free_bytes >> 20U) +
                   " MiB, reading goes on: free some space and send it again",
               options.folder};
}

Result<bool> database_exists(const EmbeddedLogOptions& options) {
  const std::string folder = options.folder + "/log";
  const std::string mark_file = options.folder + "/acknowledged";
  std::error_code failed;
  const bool existed = std::filesystem::exists(folder + "/CURRENT", failed);
  if (!existed && held_records(folder)) {
    return Error{
        ErrorKind::integrity, "log-corrupt",
        "the log in " + folder +
            " holds records, but its file CURRENT is missing. Nothing is written to it; restore it from "
            "a backup",
        folder + "/CURRENT"};
  }
  if (!existed && (options.read_only || options.partitions < 1)) {
    const bool marked = std::filesystem::exists(mark_file, failed);
    if (!marked) return Error{ErrorKind::not_found, "no-log", "there is no log in " + folder, folder};
    return Error{ErrorKind::integrity, "log-rollback",
                 "the log in " + folder +
                     " has no database any more, but records were acknowledged; restore it from a backup",
                 folder};
  }
  return existed;
}

Result<std::unique_ptr<rocksdb::DB>> open_database(const EmbeddedLogOptions& options) {
  const std::string folder = options.folder + "/log";
  const rocksdb::Options database = database_options(options);
  rocksdb::DB* db = nullptr;
  rocksdb::Status status;
  if (options.read_only) {
    // A writer beside may delete a file between the look at the list and the opening: look again.
    for (int look = 0; look < 5; ++look) {
      status = rocksdb::DB::OpenForReadOnly(database, folder, &db);
      if (status.ok()) break;
    }
  } else {
    status = rocksdb::DB::Open(database, folder, &db);
  }
  if (!status.ok()) return open_error(options, status);
  if (!options.read_only) remove_empty_wals(folder);
  return std::unique_ptr<rocksdb::DB>(db);
}

}  // namespace lastkm::log
