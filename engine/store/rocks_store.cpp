#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "engine/store/store.h"

namespace lastkm::store {

namespace {

Error error_of(const rocksdb::Status& status, const std::string& folder) {
  const std::string text = status.ToString();
  if (text.find("lock") != std::string::npos && status.IsIOError()) {
    return Error{ErrorKind::folder_in_use, "folder-in-use", folder + " is in use by another process", folder};
  }
  if (status.IsNoSpace()) return Error{ErrorKind::refused, "disk-full", "no space left for " + folder, folder};
  return Error{ErrorKind::integrity, "store-corrupt", "the store in " + folder + " cannot be used: " + text, folder};
}

class RocksStore final : public Store {
 public:
  RocksStore(std::string folder, std::unique_ptr<rocksdb::DB> db, std::vector<rocksdb::ColumnFamilyHandle*> handles,
             const std::vector<std::string>& names)
      : folder_(std::move(folder)), db_(std::move(db)), handles_(std::move(handles)) {
    for (std::size_t i = 0; i < names.size(); ++i) families_.emplace(names[i], handles_[i]);
  }
  ~RocksStore() override {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    db_->Close().PermitUncheckedError();
  }

  Result<std::optional<std::string>> get(std::string_view family, std::string_view key) override {
    rocksdb::ColumnFamilyHandle* handle = find(family);
    if (handle == nullptr) return std::optional<std::string>();
    std::string value;
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), handle, slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return error_of(status, folder_);
    return std::optional(std::move(value));
  }

  Status write(const Batch& batch) override {
    rocksdb::WriteBatch out;
    for (const Batch::Change& change : batch.changes()) {
      rocksdb::ColumnFamilyHandle* handle = find(change.family);
      if (handle == nullptr) {
        return Error{ErrorKind::integrity, "no-such-family", "the store in " + folder_ + " has no family " + change.family, ""};
      }
      const rocksdb::Status put = change.value ? out.Put(handle, change.key, *change.value) : out.Delete(handle, change.key);
      if (!put.ok()) return error_of(put, folder_);
    }
    const rocksdb::Status status = db_->Write(rocksdb::WriteOptions(), &out);
    if (!status.ok()) return error_of(status, folder_);
    return done();
  }

  Status sync() override {
    const rocksdb::Status status = db_->SyncWAL();
    if (!status.ok()) return error_of(status, folder_);
    return done();
  }

  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    rocksdb::ColumnFamilyHandle* handle = find(family);
    if (handle == nullptr) return done();
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(rocksdb::ReadOptions(), handle));
    for (at->Seek(slice(from)); at->Valid(); at->Next()) {
      if (!visit({at->key().data(), at->key().size()}, {at->value().data(), at->value().size()})) break;
    }
    if (!at->status().ok()) return error_of(at->status(), folder_);
    return done();
  }

  Status clear(std::string_view family) override {
    rocksdb::ColumnFamilyHandle* handle = find(family);
    if (handle == nullptr) return done();
    // Keys are bytes of any value; a range ends before the first key that is longer and higher than all of them.
    const std::string past(256, '\xff');
    rocksdb::WriteBatch batch;
    rocksdb::Status status = batch.DeleteRange(handle, rocksdb::Slice(), past);
    if (status.ok()) status = db_->Write(rocksdb::WriteOptions(), &batch);
    if (!status.ok()) return error_of(status, folder_);
    return done();
  }

 private:
  static rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
  rocksdb::ColumnFamilyHandle* find(std::string_view family) const {
    const auto found = families_.find(family);
    return found == families_.end() ? nullptr : found->second;
  }

  const std::string folder_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::map<std::string, rocksdb::ColumnFamilyHandle*, std::less<>> families_;
};

rocksdb::Options options_for(const RocksStoreOptions& options) {
  rocksdb::Options out;
  out.create_if_missing = !options.read_only;
  out.create_missing_column_families = !options.read_only;
  out.write_buffer_size = 16U << 20U;
  out.db_write_buffer_size = 64U << 20U;
  out.max_total_wal_size = 128U << 20U;
  out.max_open_files = 256;
  out.keep_log_file_num = 2;
  out.info_log_level = rocksdb::WARN_LEVEL;
  out.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const RocksStoreOptions& options) {
  const rocksdb::Options database = options_for(options);
  std::vector<std::string> names = {rocksdb::kDefaultColumnFamilyName};
  std::vector<std::string> existing;
  const bool exists = rocksdb::DB::ListColumnFamilies(database, options.folder, &existing).ok();
  for (const auto& list : {existing, options.families}) {
    for (const std::string& name : list) {
      // A read-only opening cannot make families: those that are not there read as empty.
      if (options.read_only && exists && std::find(existing.begin(), existing.end(), name) == existing.end()) continue;
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  std::error_code ignored;
  if (!options.read_only) std::filesystem::create_directories(options.folder, ignored);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.reserve(names.size());
  for (const std::string& name : names) descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions(database));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      options.read_only ? rocksdb::DB::OpenForReadOnly(database, options.folder, descriptors, &handles, &db)
                        : rocksdb::DB::Open(database, options.folder, descriptors, &handles, &db);
  if (!status.ok()) return error_of(status, options.folder);
  return std::unique_ptr<Store>(
      std::make_unique<RocksStore>(options.folder, std::unique_ptr<rocksdb::DB>(db), std::move(handles), names));
}

}  // namespace lastkm::store
