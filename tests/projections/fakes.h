// A store and a log in memory, with the faults that the projector must survive; and invented lives of cases.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/log/event_log.h"
#include "engine/record/decision.h"
#include "engine/store/store.h"
#include "projections/projector.h"
#include "projections/query/queries.h"

namespace lastkm::projections::test {

/// In memory; fails when told so.
class FakeStore final : public store::Store {
 public:
  Result<std::optional<std::string>> get(std::string_view family, std::string_view key) override {
    return rows_->get(family, key);
  }
  Status write(const store::Batch& batch) override;
  Status sync() override { return done(); }
  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) override;
  Status clear(const std::vector<std::string>& families) override { return rows_->clear(families); }
  std::unique_ptr<store::Snapshot> snapshot() override;
  Result<std::unique_ptr<store::Load>> begin_load() override;

  int writes_until_failure = -1;   ///< -1: never
  std::string damaged;             ///< cursors over this family find damage
  std::function<void()> on_write;  ///< before a batch is written, and after

 private:
  std::unique_ptr<store::Store> rows_ = store::make_memory_store();
};

/// Offsets rise in steps of three.
class FakeLog final : public log::EventLog {
 public:
  explicit FakeLog(std::int32_t partitions)
      : partitions_(partitions), decisions(static_cast<std::size_t>(partitions)) {}
  Result<std::vector<std::int64_t>> append(std::span<const log::Append> records,
                                           log::Durability durability) override;
  Status sync() override {
    ++syncs;
    return done();
  }
  Status read(log::Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
              std::size_t max_bytes, std::vector<log::StoredRecord>& out) override;
  Result<std::int64_t> end(log::Topic topic, std::int32_t partition) override;
  Result<std::int64_t> end_now(log::Topic topic, std::int32_t partition) override;
  std::uint64_t version() override { return version_; }
  void wait(std::uint64_t /*seen*/, std::chrono::milliseconds /*at_most*/) override {
    if (on_wait) on_wait();
  }
  [[nodiscard]] std::int32_t partitions() const override { return partitions_; }

  void add(const record::Decision& decision, std::int64_t epoch = 1);
  void add_owner(std::int32_t partition, std::int64_t epoch);
  void add_bytes(std::int32_t partition, std::string bytes);

 private:
  std::int32_t partitions_;
  std::uint64_t version_ = 0;

 public:
  std::vector<std::vector<log::StoredRecord>> decisions;
  std::function<void()> on_wait;
  int syncs = 0;
  std::atomic<bool> away = false;       ///< it cannot be read …
  std::atomic<bool> ends_away = false;  ///< … nor asked where it ends …
  std::atomic<bool> now_away = false;   ///< … or only what others have appended up to now
};

inline constexpr std::int32_t kLanes = 8;
inline constexpr std::string_view kLogId = "00112233445566778899aabbccddeeff";
inline constexpr Instant kBegin{1767225600000};  // 2026-01-01T00:00:00Z

[[nodiscard]] record::Event event(std::string type, Value data, std::string stage = {}, bool ended = false);
[[nodiscard]] Value clock_change(std::string_view clock, std::string_view change,
                                 std::optional<Instant> due = {});
/// A change of a clock that is suspended, or becomes so: it says that a working day is left.
[[nodiscard]] Value standing(std::string_view clock, std::string_view change);

/// Numbers decisions and events as a lane does.
class Author {
 public:
  /// A decision about the case with these events, at `at`.
  [[nodiscard]] record::Decision decide(const std::string& id, std::vector<record::Event> events, Instant at);

 private:
  std::map<LaneId, std::int64_t> ordinals_;
  std::map<std::string, std::int64_t> versions_;
  std::map<std::string, std::string> hashes_;  ///< of the last decision of each aggregate
};

/// Invented, but each life hangs together: clocks start before they stop, a case opens once.
[[nodiscard]] std::vector<record::Decision> invent_lives(unsigned seed, int decisions);

[[nodiscard]] ProjectorOptions options(std::size_t chunk_records = 16384);
/// Opens over all shipped views; fails the test where that fails.
[[nodiscard]] std::unique_ptr<Projector> open(log::EventLog& log, store::Store& store,
                                              std::size_t chunk_records = 16384);
/// The exclusions and hours of the shipped workflow.
[[nodiscard]] rules::Evaluation test_evaluation();
[[nodiscard]] QueryOptions query_options();
/// Positions and digests as one text, to compare.
[[nodiscard]] std::string digest_of(const Projector& projector);
/// The digest after folding the whole log into an empty store.
[[nodiscard]] std::string fresh_digest(log::EventLog& log);

/// The status of one view; a view that is not there fails the test.
[[nodiscard]] ViewStatus status_of(const Projector& projector, std::string_view name);

}  // namespace lastkm::projections::test
