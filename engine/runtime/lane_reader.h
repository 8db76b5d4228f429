// A lane read from the log alone, and a memory for it with nothing behind: for those who play a log again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/lane/step.h"
#include "engine/log/event_log.h"
#include "engine/record/accepted.h"

namespace lastkm::runtime {

class PlainBooks final : public lane::Books {
 public:
  using Contexts = std::function<std::shared_ptr<const directory::Context>(DirectoryOrdinal)>;
  explicit PlainBooks(Contexts contexts) : contexts_(std::move(contexts)) {}
  PlainBooks(const PlainBooks&) = delete;
  PlainBooks& operator=(const PlainBooks&) = delete;
  const cases::CaseState* find_case(const AggregateId& id) override;
  std::optional<cases::Remembered> find_answered(const AggregateId& about, const CommandId& id) override;
  std::shared_ptr<const directory::Context> context(DirectoryOrdinal ordinal) override {
    return contexts_(ordinal);
  }
  cases::CaseState& edit_case(const AggregateId& id) override;
  void keep_case() override;
  void remember(const AggregateId& about, cases::Remembered answered) override;

  [[nodiscard]] const std::unordered_map<AggregateId, cases::CaseState>& cases() const { return cases_; }

 private:
  using Cases = std::unordered_map<AggregateId, cases::CaseState>;
  Cases::value_type* held(const AggregateId& id);

  Contexts contexts_;
  Cases cases_;
  Cases::value_type* last_ = nullptr;  ///< asked for last: it is the one that is folded, too
  cases::CaseState new_;               ///< given out by edit_case, and no case yet
  bool is_new_ = false;                ///< what edit_case gave out last is `new_`
  std::unordered_map<AggregateId, std::unordered_map<CommandId, cases::Remembered>> answered_;
};

/// The records of one partition that belong to one lane, one after the other; of `decisions` those of live
/// epochs.
class LaneReader {
 public:
  LaneReader(log::EventLog& log, log::Topic topic, LaneId lane, std::int32_t lanes)
      : log_(log),
        topic_(topic),
        lane_(lane),
        lanes_(lanes),
        partition_(log::partition_of(lane, log.partitions())) {}

  /// The next record of the lane, or nullopt at the end. integrity "foreign-record": among the decisions is
  /// one that no owner wrote.
  [[nodiscard]] Result<std::optional<log::StoredRecord>> next();
  [[nodiscard]] std::int32_t partition() const { return partition_; }

 private:
  [[nodiscard]] Result<bool> belongs(const log::StoredRecord& stored);
  log::EventLog& log_;
  const log::Topic topic_;
  const LaneId lane_;
  const std::int32_t lanes_;
  const std::int32_t partition_;
  std::int64_t next_offset_ = 0;
  record::LiveEpoch epoch_;
  std::vector<log::StoredRecord> buffer_;
  std::size_t taken_ = 0;  ///< of the buffer
};

struct Accepted {
  std::int64_t offset = 0;
  std::string bytes;
  std::optional<record::Decision> decision;  ///< absent where the bytes cannot be read
};
/// The next decision of the accepted sequence, where `last` is the ordinal of the one before. Whatever cannot
/// be read stands for itself. integrity "decision-gap".
[[nodiscard]] Result<std::optional<Accepted>> next_accepted(LaneReader& decisions, Ordinal last);
/// The same, where the next record was read already: `stored`. What follows a gap stands for itself too.
[[nodiscard]] Result<std::optional<Accepted>> accepted_from(LaneReader& decisions,
                                                            std::optional<log::StoredRecord> stored,
                                                            Ordinal last);

}  // namespace lastkm::runtime
