#include "engine/store/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "engine/store/silent_logger.h"

namespace lastkm::store {

namespace {

constexpr std::uint64_t kWalBytes = 128U << 20U;
constexpr int kOpenFiles = 512;
constexpr int kRunsMerged = 8;

/// Rows of one thing lie together there and are read together: so fewer blocks are, and these pack better.
constexpr std::size_t kOnceBlockBytes = 16U << 10U;

rocksdb::BlockBasedTableOptions tables(const RocksStoreOptions& given) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(given.memory.cache_bytes);
  // In the cache, so that memory does not grow with what is stored; and in parts, for a whole filter is
  // larger than what is asked for by some hundred times.
  table.cache_index_and_filter_blocks = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.pin_top_level_index_and_filter = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  return table;
}

rocksdb::ColumnFamilyOptions options_of_each(const RocksStoreOptions& given,
                                             const rocksdb::BlockBasedTableOptions& table) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = given.memory.write_buffer_bytes / 2;
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  // A run more is a look into its filter more; merging them sooner moves every row oftener.
  options.level0_file_num_compaction_trigger = kRunsMerged;
  options.memtable_prefix_bloom_size_ratio = 0.02;
  options.memtable_whole_key_filtering = true;
  // What will soon be merged again is not worth it.
  options.compression = rocksdb::kNoCompression;
  options.bottommost_compression = rocksdb::kLZ4Compression;
  return options;
}

}  // namespace

Error open_error(const rocksdb::Status& status, const std::string& folder) {
  const std::string said = status.ToString();
  if (said.find("lock hold by current process") != std::string::npos ||
      said.find("hile lock file") != std::string::npos) {
    return {ErrorKind::folder_in_use, "folder-in-use",
            folder + " is held by another process: stop it, or ask it", folder};
  }
  const bool gone = status.IsPathNotFound() || said.find("No such file") != std::string::npos;
  if (status.IsIOError() && !gone) {
    return {ErrorKind::refused, "cannot-open", folder + " cannot be opened: " + said, folder};
  }
  return {ErrorKind::integrity, "store-corrupt", folder + " is damaged: " + said, folder};
}

Error read_error(const rocksdb::Status& status, const std::string& folder) {
  return {ErrorKind::integrity, "store-corrupt", folder + " cannot be read: " + status.ToString(), folder};
}

Error write_error(const rocksdb::Status& status, const std::string& folder) {
  if (status.IsCorruption()) return read_error(status, folder);
  return {ErrorKind::unknown_outcome, "store-write-failed",
          folder + " could not be written: " + status.ToString(), folder};
}

rocksdb::DBOptions db_options(const RocksStoreOptions& given) {
  rocksdb::DBOptions options;
  if (given.refuse_damaged_tail)
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.create_if_missing = !given.read_only;
  options.create_missing_column_families = !given.read_only;
  options.db_write_buffer_size = given.memory.write_buffer_bytes;
  options.max_total_wal_size = kWalBytes;
  // A reader opens every file at once: a writer beside it may delete those that it has merged.
  options.max_open_files = given.read_only ? -1 : kOpenFiles;
  options.info_log = std::make_shared<SilentLogger>();
  return options;
}

FamilyOptions::FamilyOptions(const RocksStoreOptions& given)
    : written_once_(given.written_once.begin(), given.written_once.end()) {
  rocksdb::BlockBasedTableOptions table = tables(given);
  each_ = options_of_each(given, table);
  once_ = each_;
  table.block_size = kOnceBlockBytes;
  once_.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  once_.enable_blob_files = true;
  once_.min_blob_size = 128;
  once_.blob_compression_type = rocksdb::kLZ4Compression;
}

}  // namespace lastkm::store
