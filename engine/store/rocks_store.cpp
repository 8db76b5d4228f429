#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "engine/store/store.h"

namespace lastkm::store {
namespace {

constexpr std::uint64_t kWalBytes = 128U << 20U;
constexpr int kOpenFiles = 512;
constexpr std::string_view kLoading = "loading";  // the folder of files that a load writes

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

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
  options.db_write_buffer_size = given.write_buffer_bytes;
  options.max_total_wal_size = kWalBytes;
  // A reader opens every file at once: a writer beside it may delete those that it has merged.
  options.max_open_files = given.read_only ? -1 : kOpenFiles;
  options.max_log_file_size = 4U << 20U;
  options.keep_log_file_num = 3;
  return options;
}

/// Options of each family: of all, and of those whose rows are written once.
class FamilyOptions {
 public:
  explicit FamilyOptions(const RocksStoreOptions& given);
  [[nodiscard]] const rocksdb::ColumnFamilyOptions& of(std::string_view family) const {
    return written_once_.contains(family) ? once_ : each_;
  }

 private:
  rocksdb::ColumnFamilyOptions each_, once_;
  std::set<std::string, std::less<>> written_once_;
};

rocksdb::ColumnFamilyOptions options_of_each(const RocksStoreOptions& given) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(given.cache_bytes);
  // In the cache, so that memory does not grow with what is stored; and in parts, for a whole filter is
  // larger than what is asked for by some hundred times.
  table.cache_index_and_filter_blocks = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.pin_top_level_index_and_filter = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = given.write_buffer_bytes / 2;
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.memtable_prefix_bloom_size_ratio = 0.02;
  options.memtable_whole_key_filtering = true;
  // What will soon be merged again is not worth it.
  options.compression = rocksdb::kNoCompression;
  options.bottommost_compression = rocksdb::kLZ4Compression;
  return options;
}

FamilyOptions::FamilyOptions(const RocksStoreOptions& given)
    : each_(options_of_each(given)),
      once_(each_),
      written_once_(given.written_once.begin(), given.written_once.end()) {
  once_.enable_blob_files = true;
  once_.min_blob_size = 128;
  once_.blob_compression_type = rocksdb::kLZ4Compression;
}

/// A family as long as somebody reads it, also after it was cleared and a new one took its name.
using Family = std::shared_ptr<rocksdb::ColumnFamilyHandle>;
using Families = std::map<std::string, Family, std::less<>>;

Family owned(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* handle) {
  return {handle, [db](rocksdb::ColumnFamilyHandle* old) { db->DestroyColumnFamilyHandle(old); }};
}

/// What reading needs: the database, and its families at one moment.
struct Source {
  std::string folder;
  rocksdb::DB* db = nullptr;
  std::shared_ptr<const Families> families;
  std::set<std::string, std::less<>> absent;  ///< asked for, and not there to be read

  Result<rocksdb::ColumnFamilyHandle*> handle_of(std::string_view family) const {
    const auto found = families->find(family);
    if (found != families->end()) return found->second.get();
    return Error{ErrorKind::bad_input, "unknown-family",
                 folder + " has no family '" + std::string(family) + "'", folder};
  }
  Result<std::optional<std::string>> get(const rocksdb::ReadOptions& how, std::string_view family,
                                         std::string_view key) const {
    if (absent.contains(family)) return std::optional<std::string>();
    const auto handle = handle_of(family);
    if (!handle) return handle.error();
    std::string value;
    const rocksdb::Status status = db->Get(how, *handle, slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return read_error(status, folder);
    return std::optional<std::string>(std::move(value));
  }
  Result<std::vector<std::optional<std::string>>> get_many(const rocksdb::ReadOptions& how,
                                                           std::string_view family,
                                                           std::span<const std::string> keys) const {
    std::vector<std::optional<std::string>> out(keys.size());
    if (absent.contains(family) || keys.empty()) return out;
    const auto handle = handle_of(family);
    if (!handle) return handle.error();
    const std::vector<rocksdb::Slice> names(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db->MultiGet(how, *handle, keys.size(), names.data(), values.data(), statuses.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      if (!statuses[i].ok()) return read_error(statuses[i], folder);
      out[i] = values[i].ToString();
    }
    return out;
  }
  Status scan(const rocksdb::ReadOptions& how, std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) const {
    if (absent.contains(family)) return done();
    const auto handle = handle_of(family);
    if (!handle) return handle.error();
    const std::unique_ptr<rocksdb::Iterator> rows(db->NewIterator(how, *handle));
    for (rows->Seek(slice(from)); rows->Valid(); rows->Next()) {
      if (!visit(view(rows->key()), view(rows->value()))) break;
    }
    if (!rows->status().ok()) return read_error(rows->status(), folder);
    return done();
  }
};

class RocksSnapshot final : public Snapshot {
 public:
  explicit RocksSnapshot(Source source) : source_(std::move(source)) {
    how_.snapshot = source_.db->GetSnapshot();
  }
  ~RocksSnapshot() override { source_.db->ReleaseSnapshot(how_.snapshot); }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;
  Result<std::optional<std::string>> get(std::string_view family, std::string_view key) const override {
    return source_.get(how_, family, key);
  }
  Result<std::vector<std::optional<std::string>>> get_many(std::string_view family,
                                                           std::span<const std::string> keys) const override {
    return source_.get_many(how_, family, keys);
  }
  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return source_.scan(how_, family, from, visit);
  }

 private:
  Source source_;
  rocksdb::ReadOptions how_;
};

class RocksLoad final : public Load {
 public:
  explicit RocksLoad(Source source) : source_(std::move(source)) {}

  Status open(std::span<const std::string> families, const FamilyOptions& how) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::path(source_.folder) / kLoading;
    std::error_code failed;
    fs::remove_all(folder, failed);
    if (!failed) fs::create_directories(folder, failed);
    if (failed) {
      return Error{ErrorKind::refused, "cannot-write", folder.string() + ": " + failed.message(),
                   source_.folder};
    }
    for (const std::string& family : families) {
      const auto handle = source_.handle_of(family);
      if (!handle) return handle.error();
      File& file = files_[family];
      file.handle = *handle;
      file.path = folder / (family + ".sst");
      const rocksdb::Options options(db_options({}), how.of(family));
      file.writer = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options, *handle);
      const rocksdb::Status opened = file.writer->Open(file.path);
      if (!opened.ok()) return write_error(opened, source_.folder);
    }
    return done();
  }

  Status add(std::string_view family, std::string_view key, std::string_view value) override {
    const auto file = files_.find(family);
    const rocksdb::Status status = file == files_.end()
                                       ? rocksdb::Status::InvalidArgument("no family of this load")
                                       : file->second.writer->Put(slice(key), slice(value));
    if (status.ok()) {
      ++file->second.rows;
      return done();
    }
    if (!status.IsInvalidArgument()) return write_error(status, source_.folder);
    return Error{ErrorKind::integrity, "load-order",
                 "a load into " + std::string(family) + " got the key '" + std::string(key) +
                     "' out of order: " + status.ToString(),
                 source_.folder};
  }

  Status erase(std::string_view family, std::string_view key) override {
    const auto file = files_.find(family);
    if (file == files_.end()) return add(family, key, {});
    const rocksdb::Status status = file->second.writer->Delete(slice(key));
    if (!status.ok()) return write_error(status, source_.folder);
    ++file->second.rows;
    return done();
  }

  Status commit() override {
    std::vector<rocksdb::IngestExternalFileArg> files;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    for (auto& [name, file] : files_) {
      if (file.rows == 0) continue;
      const rocksdb::Status finished = file.writer->Finish();
      if (!finished.ok()) return write_error(finished, source_.folder);
      rocksdb::IngestExternalFileArg& one = files.emplace_back();
      one.column_family = file.handle;
      one.external_files = {file.path};
      one.options.move_files = true;
      handles.push_back(file.handle);
    }
    if (files.empty()) return done();
    // 7.8.3 can misorder what is ingested against what still lies in memory.
    const rocksdb::Status flushed = source_.db->Flush({}, handles);
    if (!flushed.ok()) return write_error(flushed, source_.folder);
    const rocksdb::Status ingested = source_.db->IngestExternalFiles(files);
    if (!ingested.ok()) return write_error(ingested, source_.folder);
    return done();
  }

 private:
  struct File {
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    std::string path;
    std::unique_ptr<rocksdb::SstFileWriter> writer;
    std::int64_t rows = 0;
  };
  Source source_;
  std::map<std::string, File, std::less<>> files_;
};

class RocksStore final : public Store {
 public:
  RocksStore(std::string folder, std::unique_ptr<rocksdb::DB> db, FamilyOptions how,
             const std::vector<rocksdb::ColumnFamilyHandle*>& handles,
             std::set<std::string, std::less<>> absent, bool read_only)
      : folder_(std::move(folder)),
        db_(std::move(db)),
        how_(std::move(how)),
        absent_(std::move(absent)),
        read_only_(read_only) {
    auto families = std::make_shared<Families>();
    for (rocksdb::ColumnFamilyHandle* handle : handles)
      families->emplace(handle->GetName(), owned(db_.get(), handle));
    families_ = std::move(families);
  }

  Result<std::optional<std::string>> get(std::string_view family, std::string_view key) override {
    return source().get({}, family, key);
  }

  Result<std::vector<std::optional<std::string>>> get_many(std::string_view family,
                                                           std::span<const std::string> keys) override {
    return source().get_many({}, family, keys);
  }

  Status write(const Batch& batch) override {
    if (read_only_) return refuse_write();
    const Source source = this->source();
    rocksdb::WriteBatch changes;
    for (const Batch::Change& change : batch.changes()) {
      const auto handle = source.handle_of(change.family);
      if (!handle) return handle.error();
      const rocksdb::Status status = change.value ? changes.Put(*handle, change.key, *change.value)
                                                  : changes.Delete(*handle, change.key);
      if (!status.ok()) return write_error(status, folder_);
    }
    const rocksdb::Status status = db_->Write({}, &changes);
    if (!status.ok()) return write_error(status, folder_);
    return done();
  }

  Status sync() override {
    if (read_only_) return done();
    const rocksdb::Status status = db_->SyncWAL();
    if (!status.ok()) return write_error(status, folder_);
    return done();
  }

  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    return source().scan({}, family, from, visit);
  }

  Status clear(std::string_view family) override {
    if (read_only_) return refuse_write();
    const std::lock_guard clearing(clearing_);
    const auto old = source().handle_of(family);
    if (!old) return old.error();
    {
      const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}, *old));
      rows->SeekToFirst();
      if (!rows->Valid() && rows->status().ok()) return done();
    }
    rocksdb::Status status = db_->DropColumnFamily(*old);
    rocksdb::ColumnFamilyHandle* fresh = nullptr;
    if (status.ok()) status = db_->CreateColumnFamily(how_.of(family), std::string(family), &fresh);
    if (!status.ok()) return write_error(status, folder_);
    auto families = std::make_shared<Families>(*source().families);
    families->insert_or_assign(std::string(family), owned(db_.get(), fresh));
    const std::lock_guard lock(mutex_);
    families_ = std::move(families);
    return done();
  }

  std::unique_ptr<Snapshot> snapshot() override { return std::make_unique<RocksSnapshot>(source()); }

  Result<std::unique_ptr<Load>> begin_load(std::span<const std::string> families) override {
    if (read_only_) return refuse_write();
    auto load = std::make_unique<RocksLoad>(source());
    const Status opened = load->open(families, how_);
    if (!opened) return opened.error();
    return std::unique_ptr<Load>(std::move(load));
  }

 private:
  Source source() const {
    const std::lock_guard lock(mutex_);
    return {folder_, db_.get(), families_, absent_};
  }

  Error refuse_write() const {
    return {ErrorKind::refused, "read-only", folder_ + " is open for reading only", folder_};
  }

  const std::string folder_;
  const std::unique_ptr<rocksdb::DB> db_;
  const FamilyOptions how_;
  const std::set<std::string, std::less<>> absent_;
  const bool read_only_;
  std::mutex clearing_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Families> families_;  // guarded by mutex_
};

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const RocksStoreOptions& options) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const bool there = fs::exists(fs::path(options.folder) / "CURRENT", failed);
  if (!there && options.read_only) {
    return Error{ErrorKind::not_found, "no-store", "there is no store in " + options.folder, options.folder};
  }
  if (!there) fs::create_directories(options.folder, failed);
  if (failed) {
    return Error{ErrorKind::refused, "cannot-write",
                 "cannot make " + options.folder + ": " + failed.message(), options.folder};
  }

  const rocksdb::DBOptions how = db_options(options);
  std::vector<std::string> existing;
  if (there) {
    const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(how, options.folder, &existing);
    if (!listed.ok()) return open_error(listed, options.folder);
  }
  std::set<std::string, std::less<>> names(existing.begin(), existing.end());
  std::set<std::string, std::less<>> absent;
  for (const std::string& family : options.families) {
    if (!names.contains(family)) absent.insert(family);
  }
  if (!options.read_only) {
    names.merge(absent);
    absent.clear();
  }
  names.insert(rocksdb::kDefaultColumnFamilyName);

  FamilyOptions of_families(options);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.reserve(names.size());
  for (const std::string& name : names) families.emplace_back(name, of_families.of(name));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      options.read_only ? rocksdb::DB::OpenForReadOnly(how, options.folder, families, &handles, &db)
                        : rocksdb::DB::Open(how, options.folder, families, &handles, &db);
  if (!opened.ok()) return open_error(opened, options.folder);
  if (!options.read_only) fs::remove_all(fs::path(options.folder) / kLoading, failed);
  return std::unique_ptr<Store>(std::make_unique<RocksStore>(options.folder, std::unique_ptr<rocksdb::DB>(db),
                                                             std::move(of_families), handles,
                                                             std::move(absent), options.read_only));
}

Result<std::unique_ptr<Store>> open_rocks_cache(const RocksStoreOptions& options,
                                                std::optional<Error>& set_aside) {
  namespace fs = std::filesystem;
  auto opened = open_rocks_store(options);
  if (opened || opened.error().kind != ErrorKind::integrity || options.read_only) return opened;
  set_aside = opened.error();
  std::error_code failed;
  fs::remove_all(options.folder + ".damaged", failed);
  fs::rename(options.folder, options.folder + ".damaged", failed);
  if (failed) return opened;
  return open_rocks_store(options);
}

}  // namespace lastkm::store
