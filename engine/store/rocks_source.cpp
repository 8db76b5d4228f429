#include "engine/store/rocks_source.h"

#include <rocksdb/iterator.h>

#include <utility>

#include "engine/store/rocks_options.h"

namespace lastkm::store {

namespace {

std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

constexpr std::size_t kReadAhead = 256U << 10U;

class RocksCursor final : public Cursor {
 public:
  RocksCursor(const std::string& folder, std::unique_ptr<rocksdb::Iterator> rows, std::string_view from)
      : folder_(folder), rows_(std::move(rows)) {
    rows_->Seek(slice(from));
  }
  bool valid() const override { return rows_->Valid(); }
  std::string_view key() const override { return view(rows_->key()); }
  std::string_view value() const override { return view(rows_->value()); }
  void next() override { rows_->Next(); }
  Status status() const override {
    if (!rows_->status().ok()) return read_error(rows_->status(), folder_);
    return done();
  }

 private:
  const std::string& folder_;
  std::unique_ptr<rocksdb::Iterator> rows_;
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
  Result<std::unique_ptr<Cursor>> cursor(std::string_view family, std::string_view from) const override {
    if (source_.absent.contains(family)) return over(rocksdb::NewEmptyIterator(), from);
    const auto handle = source_.handle_of(family);
    if (!handle) return handle.error();
    rocksdb::ReadOptions once = how_;
    once.fill_cache = false;
    once.readahead_size = kReadAhead;
    return over(source_.db->NewIterator(once, *handle), from);
  }

 private:
  std::unique_ptr<Cursor> over(rocksdb::Iterator* rows, std::string_view from) const {
    return std::make_unique<RocksCursor>(source_.folder, std::unique_ptr<rocksdb::Iterator>(rows), from);
  }
  Source source_;
  rocksdb::ReadOptions how_;
};

}  // namespace

Result<rocksdb::ColumnFamilyHandle*> Source::handle_of(std::string_view family) const {
  const auto found = families->find(family);
  if (found != families->end()) return found->second.get();
  return Error{ErrorKind::bad_input, "unknown-family",
               folder + " has no family '" + std::string(family) + "'", folder};
}

Result<std::optional<std::string>> Source::get(const rocksdb::ReadOptions& how, std::string_view family,
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

Result<std::vector<std::optional<std::string>>> Source::get_many(const rocksdb::ReadOptions& how,
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

Status Source::scan(const rocksdb::ReadOptions& how, std::string_view family, std::string_view from,
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

std::unique_ptr<Snapshot> snapshot_of(Source source) {
  return std::make_unique<RocksSnapshot>(std::move(source));
}

}  // namespace lastkm::store
