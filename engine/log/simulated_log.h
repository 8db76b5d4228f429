// The log as a test wishes it: in memory, virtual, one seed, and hostile. Several handles on one storage are
// several owners at once. With no fault switched on it honours the contract of EventLog.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/log/event_log.h"

namespace lastkm::log {

/// One in n appends, by the seed; 0: never.
struct Faults {
  std::uint64_t seed = 1;
  std::uint32_t duplicate_one_in = 0;       ///< the records are written twice, as by a producer that retries
  std::uint32_t fail_unwritten_one_in = 0;  ///< unknown_outcome, and nothing was written
  std::uint32_t fail_written_one_in = 0;    ///< unknown_outcome, although the records are there
  /// unknown_outcome, and the records come later: after what others append meanwhile, or with power, or
  /// never.
  std::uint32_t land_late_one_in = 0;
  /// A partition of a topic stands still for this handle for some reads: it sees its own appends at once,
  /// those of others late and in another order than over all partitions they came.
  std::uint32_t lag_one_in = 0;
  bool lose_syncs = false;  ///< sync() and synced appends do not make anything survive (a control)
};

/// What outlives its handles, as a disk does.
class SimulatedStorage {
 public:
  explicit SimulatedStorage(std::int32_t partitions) : partitions_(partitions) {}
  /// Drops what was not synced, but for the first `spared` of those records: a disk may have written some.
  /// What was to land late never does.
  void lose_power(std::uint64_t spared = 0);
  /// Everything that is still on its way lands.
  void land_late();
  [[nodiscard]] std::int64_t records() const;
  /// Removes the last records of `decisions` of a partition; how many were there.
  std::size_t cut_decisions(std::int32_t partition, std::size_t most);
  /// Changes one byte of a record's value. False where there is no such record or byte.
  bool flip(Topic topic, std::int32_t partition, std::int64_t offset, std::size_t byte);

 private:
  friend class SimulatedLog;
  struct Stored {
    std::uint64_t order = 0;  ///< over all partitions
    StoredRecord record;
  };
  std::vector<Stored>& partition(Topic topic, std::int32_t number);
  std::int64_t put(const Append& append);
  const std::int32_t partitions_;
  mutable std::mutex mutex_;
  std::condition_variable grown_;
  std::vector<std::vector<std::vector<Stored>>> topics_{4};
  std::vector<std::vector<Append>> late_;  ///< appends that are still on their way
  std::uint64_t order_ = 0;
  std::uint64_t synced_ = 0;
  std::uint64_t version_ = 0;
};

[[nodiscard]] std::unique_ptr<EventLog> open_simulated_log(std::shared_ptr<SimulatedStorage> storage,
                                                           const Faults& faults = {});

}  // namespace lastkm::log
