// When the cases of one lane next have something due: all of it in the state store, the nearest in memory, so
// that memory does not grow with the number of open cases.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/store/store.h"

namespace lastkm::runtime {

/// One thread at a time.
class DueTimes {
 public:
  using Entry = std::pair<Instant, AggregateId>;

  /// Keys of `family` that begin with `prefix` are this lane's.
  DueTimes(store::Store& store, std::string_view family, std::string prefix);

  /// Forgets what is in memory and not written.
  void reset();
  void add(Instant at, const AggregateId& id);
  void remove(Instant at, const AggregateId& id);
  /// The earliest of all; nullopt: none, or the store cannot be read (see failure()).
  [[nodiscard]] std::optional<Instant> first();
  /// Those at or before `now`, the earliest first; at most `most`.
  [[nodiscard]] std::vector<Entry> due(Instant now, std::size_t most);
  /// The entry behind this one, or the first; nullopt: none, or the store cannot be read. Reads the store
  /// each time.
  [[nodiscard]] std::optional<Entry> after(const std::optional<Entry>& entry);
  /// Puts what has changed into the batch, and lets go of what is far away. The batch before must be written.
  void flush_into(store::Batch& batch);
  /// The first failure of the store, if there was one.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  struct Change {
    bool there = false;
    bool in_batch = false;  ///< of the last flush, which may not be written yet
  };
  [[nodiscard]] std::string key_of(const Entry& entry) const;
  [[nodiscard]] Entry entry_of(std::string_view key) const;
  /// Brings the next entries behind `known_` into memory.
  void extend();

  store::Store& store_;
  const std::string family_;
  const std::string prefix_;
  std::set<Entry> near_;  ///< every entry up to `known_`
  std::string known_;     ///< key up to which `near_` is complete; empty: nothing is known yet
  bool all_ = false;      ///< `near_` holds every entry there is
  std::map<std::string, Change> changes_;  ///< what the store may not hold yet
  std::optional<Error> failure_;
};

}  // namespace lastkm::runtime
