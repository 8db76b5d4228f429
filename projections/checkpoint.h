// How far views have come in the log, and which records are accepted on the way. Its rows: "lane/N",
// "partition/N".
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/packed.h"
#include "engine/base/result.h"
#include "engine/log/event_log.h"
#include "engine/record/accepted.h"
#include "engine/store/store.h"
#include "projections/projector.h"

namespace lastkm::projections {

class Checkpoint {
 public:
  struct Lane {
    Ordinal ordinal;          ///< of the last accepted decision
    std::int64_t offset = 0;  ///< where it stands
    std::string sha256;       ///< of its record, hex; "" until the chunk ends
  };
  struct Partition {
    std::int64_t next = 0;  ///< offset to read from
    record::LiveEpoch epoch;
  };

  /// What the family holds; nothing there: the beginning.
  [[nodiscard]] static Result<Checkpoint> load(store::Store& store, std::string_view family);
  /// Whether the log holds what was accepted: no lane ahead of it, each lane's last decision where and as it
  /// was.
  [[nodiscard]] Result<bool> agrees_with(log::EventLog& log) const;

  /// The ordinal rule.
  [[nodiscard]] record::Verdict verdict_on(LaneId lane, Ordinal ordinal) const;
  /// The lane moves on to a decision that is accepted.
  void accept(LaneId lane, Ordinal ordinal, std::int64_t offset);
  /// Keeps the digest of the lane's last decision: once a chunk, for the lanes of this partition that moved
  /// in it.
  [[nodiscard]] std::vector<std::pair<LaneId, std::int64_t>> moved(std::int32_t partition,
                                                                   std::int32_t partitions) const;
  void set_digest(LaneId lane, std::string sha256);
  /// Adds what changed since the last call to the batch.
  void save(store::Batch& batch);
  /// All of it, in key order.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> rows() const;
  /// Takes over what `other` knows of a partition and its lanes.
  void adopt(const Checkpoint& other, std::int32_t partition, std::int32_t partitions);

  [[nodiscard]] Partition& partition(std::int32_t number) {
    changed_partitions_.insert(number);
    return partitions_[number];
  }
  [[nodiscard]] std::int64_t next(std::int32_t number) const;
  [[nodiscard]] Positions positions() const;

 private:
  std::map<LaneId, Lane> lanes_;
  std::map<std::int32_t, Partition> partitions_;
  std::set<LaneId> changed_lanes_;
  std::set<std::int32_t> changed_partitions_;
};

/// The row as a value. integrity "views-corrupt" with family and key where it is no JSON.
[[nodiscard]] Result<Value> row_value(std::string_view family, std::string_view key, std::string_view bytes);
/// The same error for a row of another kind.
[[nodiscard]] Error unreadable_row(std::string_view family, std::string_view key, std::string_view why);

/// A row that was written by pack(); integrity "views-corrupt" where it is none.
template <class T>
[[nodiscard]] Result<T> row_of(std::string_view family, std::string_view key, std::string_view bytes) {
  auto row = unpack<T>(bytes);
  if (!row) return unreadable_row(family, key, "it is cut short or was changed");
  return std::move(*row);
}

}  // namespace lastkm::projections
