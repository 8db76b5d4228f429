#include <map>
#include <mutex>

#include "engine/store/store.h"

namespace lastkm::store {

namespace {

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

  Status clear(std::string_view family) override {
    const std::lock_guard lock(mutex_);
    families_[std::string(family)].clear();
    return done();
  }

 private:
  using Rows = std::map<std::string, std::string, std::less<>>;
  std::mutex mutex_;
  std::map<std::string, Rows> families_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
  return std::make_unique<MemoryStore>();
}

}  // namespace lastkm::store
