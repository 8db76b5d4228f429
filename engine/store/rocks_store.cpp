#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <filesystem>
#include <map>
#include <set>

#include "engine/store/store.h"

namespace lastkm::store {
namespace {

constexpr std::size_t kWriteBufferBytes = 32U << 20U;  // of all families together
constexpr std::uint64_t kWalBytes = 128U << 20U;
constexpr int kOpenFiles = 512;

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

rocksdb::DBOptions db_options(bool read_only) {
  rocksdb::DBOptions options;
  options.create_if_missing = !read_only;
  options.create_missing_column_families = !read_only;
  options.db_write_buffer_size = kWriteBufferBytes;
  options.max_total_wal_size = kWalBytes;
  // A reader opens every file at once: a writer beside it may delete those that it has merged.
  options.max_open_files = read_only ? -1 : kOpenFiles;
  options.max_log_file_size = 4U << 20U;
  options.keep_log_file_num = 3;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(std::size_t cache_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(cache_bytes);
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kWriteBufferBytes / 2;
  return options;
}

class RocksStore final : public Store {
 public:
  RocksStore(std::string folder, std::unique_ptr<rocksdb::DB> db,
             const std::vector<rocksdb::ColumnFamilyHandle*>& handles,
             std::set<std::string, std::less<>> absent, bool read_only)
      : folder_(std::move(folder)), db_(std::move(db)), absent_(std::move(absent)), read_only_(read_only) {
    for (rocksdb::ColumnFamilyHandle* handle : handles) families_.emplace(handle->GetName(), handle);
  }
  ~RocksStore() override {
    for (const auto& [name, handle] : families_) db_->DestroyColumnFamilyHandle(handle);
  }
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;

  Result<std::optional<std::string>> get(std::string_view family, std::string_view key) override {
    if (absent_.contains(family)) return std::optional<std::string>();
    const auto handle = handle_of(family);
    if (!handle) return handle.error();
    std::string value;
    const rocksdb::Status status = db_->Get({}, *handle, slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return read_error(status, folder_);
    return std::optional<std::string>(std::move(value));
  }

  Status write(const Batch& batch) override {
    if (read_only_) return refuse_write();
    rocksdb::WriteBatch changes;
    for (const Batch::Change& change : batch.changes()) {
      const auto handle = handle_of(change.family);
      if (!handle) return handle.error();
      const rocksdb::Status status = change.value ? changes.Put(*handle, change.key, *change.value)
                                                  : changes.Delete(*handle, change.key);
      if (!status.ok()) return write_error(status, folder_);
    }
    return commit(changes);
  }

  Status sync() override {
    if (read_only_) return done();
    const rocksdb::Status status = db_->SyncWAL();
    if (!status.ok()) return write_error(status, folder_);
    return done();
  }

  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    if (absent_.contains(family)) return done();
    const auto handle = handle_of(family);
    if (!handle) return handle.error();
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}, *handle));
    for (rows->Seek(slice(from)); rows->Valid(); rows->Next()) {
      if (!visit(view(rows->key()), view(rows->value()))) break;
    }
    if (!rows->status().ok()) return read_error(rows->status(), folder_);
    return done();
  }

  Status clear(std::string_view family) override {
    if (read_only_) return refuse_write();
    const auto handle = handle_of(family);
    if (!handle) return handle.error();
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}, *handle));
    rows->SeekToLast();
    if (!rows->status().ok()) return read_error(rows->status(), folder_);
    if (!rows->Valid()) return done();
    rocksdb::WriteBatch changes;
    rocksdb::Status status = changes.DeleteRange(*handle, rocksdb::Slice(), rows->key());
    if (status.ok()) status = changes.Delete(*handle, rows->key());
    if (!status.ok()) return write_error(status, folder_);
    return commit(changes);
  }

 private:
  Status commit(rocksdb::WriteBatch& changes) {
    const rocksdb::Status status = db_->Write({}, &changes);
    if (!status.ok()) return write_error(status, folder_);
    return done();
  }

  Error refuse_write() const {
    return {ErrorKind::refused, "read-only", folder_ + " is open for reading only", folder_};
  }

  Result<rocksdb::ColumnFamilyHandle*> handle_of(std::string_view family) const {
    const auto found = families_.find(family);
    if (found != families_.end()) return found->second;
    return Error{ErrorKind::bad_input, "unknown-family",
                 folder_ + " has no family '" + std::string(family) + "'", folder_};
  }

  const std::string folder_;
  const std::unique_ptr<rocksdb::DB> db_;
  std::map<std::string, rocksdb::ColumnFamilyHandle*, std::less<>> families_;
  const std::set<std::string, std::less<>> absent_;  // asked for, and not there to be read
  const bool read_only_;
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

  const rocksdb::DBOptions how = db_options(options.read_only);
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

  const rocksdb::ColumnFamilyOptions each = family_options(options.cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.reserve(names.size());
  for (const std::string& name : names) families.emplace_back(name, each);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      options.read_only ? rocksdb::DB::OpenForReadOnly(how, options.folder, families, &handles, &db)
                        : rocksdb::DB::Open(how, options.folder, families, &handles, &db);
  if (!opened.ok()) return open_error(opened, options.folder);
  return std::unique_ptr<Store>(std::make_unique<RocksStore>(options.folder, std::unique_ptr<rocksdb::DB>(db),
                                                             handles, std::move(absent), options.read_only));
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
