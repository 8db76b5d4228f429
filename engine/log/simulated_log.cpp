#include "engine/log/simulated_log.h"

#include <algorithm>
#include <iterator>

namespace lastkm::log {

std::vector<SimulatedStorage::Stored>& SimulatedStorage::partition(Topic topic, std::int32_t number) {
  auto& partitions = topics_[static_cast<std::size_t>(topic) - 1];
  if (partitions.empty()) {
    const bool many = topic == Topic::commands || topic == Topic::decisions;
    partitions.resize(many ? static_cast<std::size_t>(partitions_) : 1);
  }
  return partitions.at(static_cast<std::size_t>(number));
}

std::int64_t SimulatedStorage::put(const Append& append) {
  auto& stored = partition(append.topic, append.partition);
  const std::int64_t offset = stored.empty() ? 0 : stored.back().record.offset + 1;
  stored.push_back({++order_, StoredRecord{offset, append.record}});
  return offset;
}

void SimulatedStorage::lose_power(std::uint64_t spared) {
  const std::lock_guard lock(mutex_);
  for (auto& partitions : topics_) {
    for (auto& records : partitions) {
      while (!records.empty() && records.back().order > synced_ + spared) records.pop_back();
    }
  }
  late_.clear();
}

void SimulatedStorage::land_late() {
  const std::lock_guard lock(mutex_);
  for (const std::vector<Append>& landing : late_) {
    for (const Append& append : landing) put(append);
  }
  late_.clear();
  ++version_;
  grown_.notify_all();
}

std::int64_t SimulatedStorage::records() const {
  const std::lock_guard lock(mutex_);
  std::size_t out = 0;
  for (const auto& partitions : topics_) {
    for (const auto& records : partitions) out += records.size();
  }
  return static_cast<std::int64_t>(out);
}

std::size_t SimulatedStorage::cut_decisions(std::int32_t number, std::size_t most) {
  const std::lock_guard lock(mutex_);
  auto& records = partition(Topic::decisions, number);
  const std::size_t cut = std::min(most, records.size());
  records.resize(records.size() - cut);
  return cut;
}

bool SimulatedStorage::flip(Topic topic, std::int32_t number, std::int64_t offset, std::size_t byte) {
  const std::lock_guard lock(mutex_);
  for (Stored& stored : partition(topic, number)) {
    if (stored.record.offset != offset || byte >= stored.record.record.value.size()) continue;
    char& c = stored.record.record.value[byte];
    c = static_cast<char>(c ^ 1);
    return true;
  }
  return false;
}

class SimulatedLog final : public EventLog {
 public:
  SimulatedLog(std::shared_ptr<SimulatedStorage> storage, const Faults& faults)
      : storage_(std::move(storage)), faults_(faults), random_(faults.seed * 2 + 1) {}

  Result<std::vector<std::int64_t>> append(std::span<const Append> records, Durability durability) override {
    if (records.empty()) return std::vector<std::int64_t>();
    const std::lock_guard lock(storage_->mutex_);
    for (const Append& append : records) {
      if (!exists(append.topic, append.partition)) return no_such(append.topic, append.partition);
    }
    if (one_in(faults_.fail_unwritten_one_in)) return unknown();
    if (one_in(faults_.land_late_one_in)) {
      storage_->late_.emplace_back(records.begin(), records.end());
      return unknown();
    }
    std::vector<std::int64_t> offsets = write(records);
    if (!storage_->late_.empty() && one_in(2)) {
      const std::vector<Append> landing = std::move(storage_->late_.front());
      storage_->late_.erase(storage_->late_.begin());
      (void)write(landing);
    }
    if (one_in(faults_.duplicate_one_in)) (void)write(records);
    if (durability == Durability::synced && !faults_.lose_syncs) storage_->synced_ = storage_->order_;
    if (one_in(faults_.fail_written_one_in)) return unknown();
    return offsets;
  }

  Status sync() override {
    const std::lock_guard lock(storage_->mutex_);
    if (!faults_.lose_syncs) storage_->synced_ = storage_->order_;
    return done();
  }

  Status read(Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
              std::size_t max_bytes, std::vector<StoredRecord>& out) override {
    const std::lock_guard lock(storage_->mutex_);
    if (!exists(topic, partition)) return no_such(topic, partition);
    const auto& records = storage_->partition(topic, partition);
    const std::uint64_t horizon = horizon_of(topic, partition);
    auto at = std::lower_bound(
        records.begin(), records.end(), from,
        [](const auto& stored, std::int64_t offset) { return stored.record.offset < offset; });
    std::size_t bytes = 0;
    for (std::size_t taken = 0; at != records.end() && at->order <= horizon && taken < max_records &&
                                (taken == 0 || bytes < max_bytes);
         ++at, ++taken) {
      bytes += at->record.record.value.size();
      out.push_back(at->record);
    }
    return done();
  }

  Result<std::int64_t> end(Topic topic, std::int32_t partition) override {
    const std::lock_guard lock(storage_->mutex_);
    if (!exists(topic, partition)) return no_such(topic, partition);
    const auto& records = storage_->partition(topic, partition);
    const std::uint64_t horizon = horizon_of(topic, partition);
    const auto past =
        std::upper_bound(records.begin(), records.end(), horizon,
                         [](std::uint64_t order, const auto& stored) { return order < stored.order; });
    return past == records.begin() ? 0 : std::prev(past)->record.offset + 1;
  }

  Result<std::int64_t> end_now(Topic topic, std::int32_t partition) override {
    const std::lock_guard lock(storage_->mutex_);
    if (!exists(topic, partition)) return no_such(topic, partition);
    if (faults_.lag_one_in > 0 && lags(topic)) lag_of(topic, partition) = Lag{storage_->order_, 0};
    const auto& records = storage_->partition(topic, partition);
    return records.empty() ? 0 : records.back().record.offset + 1;
  }

  std::uint64_t version() override {
    const std::lock_guard lock(storage_->mutex_);
    return storage_->version_;
  }

  void wait(std::uint64_t seen, std::chrono::milliseconds at_most) override {
    std::unique_lock lock(storage_->mutex_);
    storage_->grown_.wait_for(lock, at_most, [&] { return storage_->version_ != seen; });
  }

  std::int32_t partitions() const override { return storage_->partitions_; }

 private:
  bool exists(Topic topic, std::int32_t partition) const {
    const bool many = topic == Topic::commands || topic == Topic::decisions;
    return partition >= 0 && partition < (many ? storage_->partitions_ : 1);
  }
  static Error no_such(Topic topic, std::int32_t partition) {
    return Error{ErrorKind::bad_input, "no-such-partition",
                 std::string(name_of(topic)) + " has no partition " + std::to_string(partition), ""};
  }
  static Error unknown() {
    return Error{ErrorKind::unknown_outcome, "unknown",
                 "the simulated log does not say whether the records are written", ""};
  }

  std::vector<std::int64_t> write(std::span<const Append> records) {
    std::vector<std::int64_t> offsets;
    for (const Append& append : records) {
      offsets.push_back(storage_->put(append));
      if (faults_.lag_one_in > 0 && lags(append.topic))
        lag_of(append.topic, append.partition).seen = storage_->order_;
    }
    ++storage_->version_;
    storage_->grown_.notify_all();
    return offsets;
  }

  struct Lag {
    std::uint64_t seen = 0;   ///< the last order that this handle sees of the partition
    std::uint32_t reads = 0;  ///< for how many reads it stays so
  };
  static bool lags(Topic topic) { return topic == Topic::commands || topic == Topic::decisions; }
  Lag& lag_of(Topic topic, std::int32_t partition) {
    lags_.resize(static_cast<std::size_t>(storage_->partitions_) * 2);
    return lags_[static_cast<std::size_t>(partition) * 2 + (topic == Topic::commands ? 0 : 1)];
  }
  /// The last record that this handle sees there. Commands and decisions stand still for themselves, so that
  /// a decision may be seen before its command.
  std::uint64_t horizon_of(Topic topic, std::int32_t partition) {
    if (faults_.lag_one_in == 0 || !lags(topic)) return UINT64_MAX;
    Lag& lag = lag_of(topic, partition);
    if (lag.reads > 0) {
      --lag.reads;
    } else {
      lag.seen = storage_->order_;
      if (one_in(faults_.lag_one_in)) lag.reads = 4;
    }
    return lag.seen;
  }

  /// splitmix64: small, and the same everywhere.
  bool one_in(std::uint32_t n) {
    if (n == 0) return false;
    random_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = random_;
    z = (z ^ z >> 30U) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27U) * 0x94D049BB133111EBULL;
    return (z ^ z >> 31U) % n == 0;
  }

  const std::shared_ptr<SimulatedStorage> storage_;
  const Faults faults_;
  std::uint64_t random_;
  std::vector<Lag> lags_;
};

std::unique_ptr<EventLog> open_simulated_log(std::shared_ptr<SimulatedStorage> storage,
                                             const Faults& faults) {
  return std::make_unique<SimulatedLog>(std::move(storage), faults);
}

}  // namespace lastkm::log
