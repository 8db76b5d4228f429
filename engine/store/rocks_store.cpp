#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include "engine/store/rocks_load.h"
#include "engine/store/rocks_options.h"
#include "engine/store/rocks_source.h"

namespace lastkm::store {
namespace {

namespace fs = std::filesystem;

Family owned(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* handle) {
  return {handle, [db](rocksdb::ColumnFamilyHandle* old) { db->DestroyColumnFamilyHandle(old); }};
}

/// Damage that was met where files are merged shows to no opening: what is left here tells it.
fs::path damage_note(const std::string& folder) {
  return fs::path(folder) / "damaged";
}

void note_damage(const std::string& folder, const std::string& what) {
  std::ofstream(damage_note(folder)) << what;
}

class RocksStore final : public Store {
 public:
  RocksStore(std::unique_ptr<rocksdb::DB> db, FamilyOptions how,
             const std::vector<rocksdb::ColumnFamilyHandle*>& handles,
             std::set<std::string, std::less<>> absent, const RocksStoreOptions& options)
      : folder_(options.folder),
        db_(std::move(db)),
        how_(std::move(how)),
        absent_(std::move(absent)),
        read_only_(options.read_only),
        on_failure_(options.on_failure) {
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
    if (!status.ok()) return fail(status);
    return done();
  }

  Status sync() override {
    if (read_only_) return done();
    const rocksdb::Status status = db_->SyncWAL();
    if (!status.ok()) return fail(status);
    return done();
  }

  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    return source().scan({}, family, from, visit);
  }

  Status clear(const std::vector<std::string>& families) override {
    if (read_only_) return refuse_write();
    const std::lock_guard clearing(clearing_);
    const Source source = this->source();
    std::vector<rocksdb::ColumnFamilyHandle*> old;
    std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
    for (const std::string& family : families) {
      const auto handle = source.handle_of(family);
      if (!handle) return handle.error();
      const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}, *handle));
      rows->SeekToFirst();
      if (!rows->Valid() && rows->status().ok()) continue;
      old.push_back(*handle);
      wanted.emplace_back(family, how_.of(family));
    }
    if (old.empty()) return done();
    rocksdb::Status status = db_->DropColumnFamilies(old);
    std::vector<rocksdb::ColumnFamilyHandle*> fresh;
    if (status.ok()) status = db_->CreateColumnFamilies(wanted, &fresh);
    auto all = std::make_shared<Families>(*source.families);
    for (rocksdb::ColumnFamilyHandle* handle : fresh)
      all->insert_or_assign(handle->GetName(), owned(db_.get(), handle));
    {
      const std::lock_guard lock(mutex_);
      families_ = std::move(all);
    }
    if (!status.ok()) return fail(status);
    return done();
  }

  std::unique_ptr<Snapshot> snapshot() override { return snapshot_of(source()); }

  Result<std::unique_ptr<Load>> begin_load() override {
    if (read_only_) return refuse_write();
    return begin_load_into(source(), how_, [this](const rocksdb::Status& status) { return fail(status); });
  }

 private:
  Source source() const {
    const std::lock_guard lock(mutex_);
    return {folder_, db_.get(), families_, absent_};
  }

  Error fail(const rocksdb::Status& status) const {
    Error error = write_error(status, folder_);
    const bool damaged = status.IsCorruption();
    if (damaged) note_damage(folder_, error.message);
    if (on_failure_ && (damaged || status.IsIOError())) on_failure_(error);
    return error;
  }

  Error refuse_write() const {
    return {ErrorKind::refused, "read-only", folder_ + " is open for reading only", folder_};
  }

  const std::string folder_;
  const std::unique_ptr<rocksdb::DB> db_;
  const FamilyOptions how_;
  const std::set<std::string, std::less<>> absent_;
  const bool read_only_;
  const std::function<void(const Error&)> on_failure_;
  std::mutex clearing_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Families> families_;  // guarded by mutex_
};

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const RocksStoreOptions& options) {
  std::error_code failed;
  const bool there = fs::exists(fs::path(options.folder) / "CURRENT", failed);
  if (!there && options.read_only) {
    return Error{ErrorKind::not_found, "no-store", "there is no store in " + options.folder, options.folder};
  }
  if (std::ifstream note(damage_note(options.folder)); note && !options.read_only) {
    return Error{ErrorKind::integrity, "store-corrupt", std::string(std::istreambuf_iterator<char>(note), {}),
                 options.folder};
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
  return std::unique_ptr<Store>(std::make_unique<RocksStore>(
      std::unique_ptr<rocksdb::DB>(db), std::move(of_families), handles, std::move(absent), options));
}

Result<std::unique_ptr<Store>> open_rocks_cache(const RocksStoreOptions& options,
                                                std::optional<Error>& set_aside) {
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
