// The key-value seam: ordered keys in named column families, atomic batches, snapshots of iteration.
#pragma once

#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace lastkm::store {

class Batch {
 public:
  struct Change {
    std::string family;
    std::string key;
    std::optional<std::string> value;  ///< absent: delete
  };
  void put(std::string_view family, std::string_view key, std::string_view value) {
    changes_.push_back({std::string(family), std::string(key), std::string(value)});
  }
  void erase(std::string_view family, std::string_view key) {
    changes_.push_back({std::string(family), std::string(key), std::nullopt});
  }
  /// Takes over the changes of another, behind its own.
  void append(Batch&& other) {
    changes_.insert(changes_.end(), std::make_move_iterator(other.changes_.begin()),
                    std::make_move_iterator(other.changes_.end()));
    other.clear();
  }
  void clear() { changes_.clear(); }
  [[nodiscard]] bool empty() const { return changes_.empty(); }
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }

 private:
  std::vector<Change> changes_;
};

/// Many keys, each looked for by itself.
template <class Get>
[[nodiscard]] Result<std::vector<std::optional<std::string>>> one_by_one(std::span<const std::string> keys,
                                                                         const Get& get) {
  std::vector<std::optional<std::string>> out;
  out.reserve(keys.size());
  for (const std::string& key : keys) {
    auto value = get(key);
    if (!value) return value.error();
    out.push_back(std::move(*value));
  }
  return out;
}

/// The rows of a family one after the other, in key order. What is read so takes no place in a store's cache.
class Cursor {
 public:
  virtual ~Cursor() = default;
  /// Whether it stands at a row: key() and value() are that row's, until next().
  [[nodiscard]] virtual bool valid() const = 0;
  [[nodiscard]] virtual std::string_view key() const = 0;
  [[nodiscard]] virtual std::string_view value() const = 0;
  virtual void next() = 0;
  /// Why there is no further row: integrity "store-corrupt", or because there is none.
  [[nodiscard]] virtual Status status() const = 0;
};

/// The rows as they were at one moment, whatever is written or cleared meanwhile. Keep it short: it holds
/// space. Thread-safe.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  /// As of Store.
  [[nodiscard]] virtual Result<std::optional<std::string>> get(std::string_view family,
                                                               std::string_view key) const = 0;
  [[nodiscard]] virtual Result<std::vector<std::optional<std::string>>> get_many(
      std::string_view family, std::span<const std::string> keys) const = 0;
  [[nodiscard]] virtual Status scan(
      std::string_view family, std::string_view from,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
  /// At the first row of a family from `from` on. It must not outlive the snapshot.
  [[nodiscard]] virtual Result<std::unique_ptr<Cursor>> cursor(std::string_view family,
                                                               std::string_view from) const = 0;
};

/// Rows of one family on their way into it. One thread.
class LoadFile {
 public:
  virtual ~LoadFile() = default;
  /// Keys ascend, none stands twice: else integrity "load-order".
  [[nodiscard]] virtual Status add(std::string_view key, std::string_view value) = 0;
  [[nodiscard]] virtual Status erase(std::string_view key) = 0;
};

/// Many rows written beside the store as sorted files, and taken in at once.
class Load {
 public:
  virtual ~Load() = default;
  /// A file for rows of this family, of which there may be several. It lives as long as the load.
  /// Thread-safe. Precondition: no key lies between those of another file of the family.
  [[nodiscard]] virtual Result<LoadFile*> file(std::string_view family) = 0;
  /// All rows of all files become readable, or none. On disk when it returns.
  [[nodiscard]] virtual Status commit() = 0;
};

/// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;
  /// The value, or nullopt. integrity "store-corrupt" where the bytes are damaged.
  [[nodiscard]] virtual Result<std::optional<std::string>> get(std::string_view family,
                                                               std::string_view key) = 0;
  /// The same of many keys, in their order: cheaper where a store can look for them together.
  [[nodiscard]] virtual Result<std::vector<std::optional<std::string>>> get_many(
      std::string_view family, std::span<const std::string> keys) {
    return one_by_one(keys, [&](const std::string& key) { return get(family, key); });
  }
  /// All of the batch or nothing. Survives the death of the process; survives loss of power only after
  /// sync().
  [[nodiscard]] virtual Status write(const Batch& batch) = 0;
  [[nodiscard]] virtual Status sync() = 0;
  /// Calls `visit` with each key and value from `from` on, in key order, while it returns true. Checks the
  /// iterator's status at the end: damage is an error, never an early end.
  [[nodiscard]] virtual Status scan(
      std::string_view family, std::string_view from,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;
  /// Removes every key of these families, for good, in this order. A call is dear, one more family is not.
  [[nodiscard]] virtual Status clear(const std::vector<std::string>& families) = 0;
  [[nodiscard]] virtual std::unique_ptr<Snapshot> snapshot() = 0;
  /// One at a time; nothing else writes to its families until it is committed.
  [[nodiscard]] virtual Result<std::unique_ptr<Load>> begin_load() = 0;
};

/// What a store may hold in memory.
struct StoreMemory {
  std::size_t cache_bytes = 16U << 20U;
  /// What is written gathers up to this, of all families together; the more, the less often it is merged.
  std::size_t write_buffer_bytes = 24U << 20U;
};
/// In a process that serves a deployment: filters and indexes of a million open cases, which each new case
/// asks, and changes that come all the time.
inline constexpr StoreMemory kServingMemory{32U << 20U, 64U << 20U};

struct RocksStoreOptions {
  std::string folder;
  std::vector<std::string> families;
  bool read_only = false;
  StoreMemory memory = {};
  /// A write-ahead log that is damaged before its end makes open() fail, instead of ending there.
  bool refuse_damaged_tail = false;
  /// Families whose rows are large, written once and read many together: they lie apart from their keys, and
  /// are not moved when these are merged.
  std::vector<std::string> written_once = {};
  /// From any thread, when the disk has failed a write or sync, or damage was met where files are merged.
  /// Every later write fails too, until it is opened again; after damage that opening fails.
  std::function<void(const Error&)> on_failure = {};
};
/// Opens or makes a store. folder_in_use where another process holds it; integrity where it is damaged.
[[nodiscard]] Result<std::unique_ptr<Store>> open_rocks_store(const RocksStoreOptions& options);
/// A store that can be made again from the log: one that is damaged is set aside as FOLDER.damaged (an older
/// one there is removed) and a new one is made. `set_aside` then says what was wrong.
[[nodiscard]] Result<std::unique_ptr<Store>> open_rocks_cache(const RocksStoreOptions& options,
                                                              std::optional<Error>& set_aside);
/// A store in memory, for tests and for replays that leave nothing behind.
[[nodiscard]] std::unique_ptr<Store> make_memory_store();

}  // namespace lastkm::store
