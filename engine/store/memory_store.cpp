#include <deque>
#include <map>
#include <mutex>

#include "engine/store/store.h"

namespace lastkm::store {

namespace {

using Rows = std::map<std::string, std::string, std::less<>>;
using Families = std::map<std::string, Rows, std::less<>>;

class MemoryCursor final : public Cursor {
 public:
  MemoryCursor(const Rows& rows, std::string_view from) : at_(rows.lower_bound(from)), end_(rows.end()) {}
  bool valid() const override { return at_ != end_; }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  void next() override { ++at_; }
  Status status() const override { return done(); }

 private:
  Rows::const_iterator at_, end_;
};

class MemorySnapshot final : public Snapshot {
 public:
  explicit MemorySnapshot(Families families) : families_(std::move(families)) {}
  Result<std::optional<std::string>> get(std::string_view family, std::string_view key) const override {
    const auto rows = families_.find(family);
    if (rows == families_.end()) return std::optional<std::string>();
    const auto found = rows->second.find(key);
    if (found == rows->second.end()) return std::optional<std::string>();
    return std::optional(found->second);
  }
  Result<std::vector<std::optional<std::string>>> get_many(std::string_view family,
                                                           std::span<const std::string> keys) const override {
    return one_by_one(keys, [&](const std::string& key) { return get(family, key); });
  }
  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const auto rows = families_.find(family);
    if (rows == families_.end()) return done();
    for (auto row = rows->second.lower_bound(from); row != rows->second.end(); ++row) {
      if (!visit(row->first, row->second)) break;
    }
    return done();
  }
  Result<std::unique_ptr<Cursor>> cursor(std::string_view family, std::string_view from) const override {
    static const Rows kNone;
    const auto rows = families_.find(family);
    return std::unique_ptr<Cursor>(
        std::make_unique<MemoryCursor>(rows == families_.end() ? kNone : rows->second, from));
  }

 private:
  Families families_;
};

/// Held in memory until the load is committed.
class MemoryFile final : public LoadFile {
 public:
  explicit MemoryFile(std::string_view family) : family_(family) {}
  Status add(std::string_view key, std::string_view value) override {
    if (Status next = follow(key); !next) return next;
    batch_.put(family_, key, value);
    return done();
  }
  Status erase(std::string_view key) override {
    if (Status next = follow(key); !next) return next;
    batch_.erase(family_, key);
    return done();
  }
  [[nodiscard]] Batch take() { return std::move(batch_); }

 private:
  Status follow(std::string_view key) {
    if (last_ && key <= *last_) {
      return Error{ErrorKind::integrity, "load-order",
                   "a load into " + family_ + " got the key '" + std::string(key) + "' out of order", ""};
    }
    last_ = key;
    return done();
  }
  std::string family_;
  std::optional<std::string> last_;
  Batch batch_;
};

class MemoryLoad final : public Load {
 public:
  explicit MemoryLoad(Store& store) : store_(&store) {}
  Result<LoadFile*> file(std::string_view family) override {
    const std::lock_guard lock(mutex_);
    return &files_.emplace_back(family);
  }
  Status commit() override {
    Batch all;
    for (MemoryFile& file : files_) all.append(file.take());
    return store_->write(all);
  }

 private:
  Store* store_;
  std::mutex mutex_;
  std::deque<MemoryFile> files_;
};

class MemoryStore final : public Store {
 public:
  Result<std::optional<std::string>> get(std::string_view family, std::string_view key) override {
    const std::lock_guard lock(mutex_);
    const Rows& rows = families_[std::string(family)];
    const auto found = rows.find(key);
    if (found == rows.end()) return std::optional<std::string>();
    return std::optional(found->second);
  }

  Status write(const Batch& batch) override {
    const std::lock_guard lock(mutex_);
    for (const Batch::Change& change : batch.changes()) {
      Rows& rows = families_[change.family];
      if (change.value) {
        rows[change.key] = *change.value;
      } else {
        rows.erase(change.key);
      }
    }
    return done();
  }

  Status sync() override { return done(); }

  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    Rows rows;
    {
      const std::lock_guard lock(mutex_);
      const Rows& all = families_[std::string(family)];
      rows.insert(all.lower_bound(from), all.end());
    }
    for (const auto& [key, value] : rows) {
      if (!visit(key, value)) break;
    }
    return done();
  }

  Status clear(const std::vector<std::string>& families) override {
    const std::lock_guard lock(mutex_);
    for (const std::string& family : families) families_[family].clear();
    return done();
  }

  std::unique_ptr<Snapshot> snapshot() override {
    const std::lock_guard lock(mutex_);
    return std::make_unique<MemorySnapshot>(families_);
  }

  Result<std::unique_ptr<Load>> begin_load() override {
    return std::unique_ptr<Load>(std::make_unique<MemoryLoad>(*this));
  }

 private:
  std::mutex mutex_;
  Families families_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
  return std::make_unique<MemoryStore>();
}

}  // namespace lastkm::store
