// The log: append records to (topic, partition) and get offsets back; read from an offset; say where the end
// is; wait for more. Every implementation honours the contract that tests/log/contract.cpp states, and
// nothing else is assumed.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"

namespace lastkm::log {

enum class Topic : std::uint8_t { commands = 1, decisions = 2, directory = 3, meta = 4 };
[[nodiscard]] std::string_view name_of(Topic topic);

struct Record {
  std::string key;    ///< aggregate id; document id; never empty
  std::string value;  ///< the whole truth: canonical JSON
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< copies for brokers and tools, and the writer's epoch
  bool operator==(const Record&) const = default;
};

struct StoredRecord {
  std::int64_t offset = 0;
  Record record;
};

struct Append {
  Topic topic = Topic::commands;
  std::int32_t partition = 0;
  Record record;
};

enum class Durability {
  synced,    ///< returns when the records survive loss of power
  buffered,  ///< returns when the records can be read; sync() makes them survive
};

/// Thread-safe. All appends of one call become readable in their order; within a partition offsets rise.
/// Prefix promise: after loss of power, if a record survives then so does every record appended before it
/// through the same log (embedded), or in its partition (Kafka).
class EventLog {
 public:
  virtual ~EventLog() = default;

  /// The offsets, one for each record. An error means *unknown*, never *not written*; after an error of kind
  /// integrity every later append is refused too.
  [[nodiscard]] virtual Result<std::vector<std::int64_t>> append(std::span<const Append> records,
                                                                 Durability durability) = 0;
  /// Makes everything appended so far survive loss of power, and moves the high-water mark.
  [[nodiscard]] virtual Status sync() = 0;
  /// Appends to `out` at most `max_records` records from `from` on (at least one where there is one),
  /// stopping once `max_bytes` are passed. Offsets rise but need not be dense.
  [[nodiscard]] virtual Status read(Topic topic, std::int32_t partition, std::int64_t from,
                                    std::size_t max_records, std::size_t max_bytes,
                                    std::vector<StoredRecord>& out) = 0;
  /// The offset that the next record of the partition will have at the least; 0 where there is none yet.
  [[nodiscard]] virtual Result<std::int64_t> end(Topic topic, std::int32_t partition) = 0;
  /// As end(), but of everything that others have appended before this call too, however long that takes to
  /// learn.
  [[nodiscard]] virtual Result<std::int64_t> end_now(Topic topic, std::int32_t partition) {
    return end(topic, partition);
  }
  /// Counts up with each append to any partition; wait() returns when it differs from `seen` or the time is
  /// over.
  [[nodiscard]] virtual std::uint64_t version() = 0;
  virtual void wait(std::uint64_t seen, std::chrono::milliseconds at_most) = 0;
  /// Partitions of `commands` and `decisions`; `directory` and `meta` have one each.
  [[nodiscard]] virtual std::int32_t partitions() const = 0;
  /// What tells this log's storage from another that was put in its place under the same names, as the
  /// brokers' own ids of the topics do; empty where there is no such thing.
  [[nodiscard]] virtual std::string identity() const { return {}; }
  /// The cluster that keeps it; empty where it lies in a folder.
  [[nodiscard]] virtual std::string cluster_id() const { return {}; }
};

/// Which partition carries a lane.
[[nodiscard]] inline std::int32_t partition_of(LaneId lane, std::int32_t partitions) {
  return lane.value % partitions;
}

/// The lane that a command belongs to where it stands, `named` being the lane of its key. Anybody can write
/// to a log: a key that names no lane, or one of another partition, falls to the partition's first lane,
/// which refuses it.
[[nodiscard]] inline LaneId lane_in(std::int32_t partition, LaneId named, std::int32_t partitions) {
  return named.value >= 0 && partition_of(named, partitions) == partition ? named : LaneId(partition);
}

}  // namespace lastkm::log
