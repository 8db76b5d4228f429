#include "engine/runtime/lane_reader.h"

#include "engine/record/digest.h"
#include "engine/runtime/owner_parts.h"

namespace lastkm::runtime {

namespace {
constexpr std::size_t kRecords = 1024;
constexpr std::size_t kBytes = 8U << 20U;
}  // namespace

PlainBooks::Cases::value_type* PlainBooks::held(const AggregateId& id) {
  if (last_ != nullptr && last_->first == id) return last_;
  const auto found = cases_.find(id);
  if (found == cases_.end()) return nullptr;
  last_ = &*found;
  return last_;
}

const cases::CaseState* PlainBooks::find_case(const AggregateId& id) {
  const Cases::value_type* const found = held(id);
  return found == nullptr ? nullptr : &found->second;
}

std::optional<cases::Remembered> PlainBooks::find_answered(const AggregateId& about, const CommandId& id) {
  const auto of = answered_.find(about);
  if (of == answered_.end()) return std::nullopt;
  const auto found = of->second.find(id);
  if (found == of->second.end()) return std::nullopt;
  return found->second;
}

cases::CaseState& PlainBooks::edit_case(const AggregateId& id) {
  Cases::value_type* const found = held(id);
  is_new_ = found == nullptr;
  if (!is_new_) return found->second;
  new_ = cases::CaseState();
  new_.id = id;
  return new_;
}

void PlainBooks::keep_case() {
  if (!is_new_) return;
  const AggregateId id = new_.id;
  cases_.emplace(id, std::move(new_));
}

void PlainBooks::remember(const AggregateId& about, cases::Remembered answered) {
  const CommandId id = answered.command;
  answered_[about].insert_or_assign(id, std::move(answered));
}

Result<std::optional<log::StoredRecord>> LaneReader::next() {
  while (true) {
    while (taken_ < buffer_.size()) {
      log::StoredRecord& stored = buffer_[taken_++];
      auto mine = belongs(stored);
      if (!mine) return mine.error();
      if (*mine) return std::optional(std::move(stored));
    }
    buffer_.clear();
    taken_ = 0;
    if (auto read = log_.read(topic_, partition_, next_offset_, kRecords, kBytes, buffer_); !read) {
      buffer_.clear();
      return read.error();
    }
    if (buffer_.empty()) return std::optional<log::StoredRecord>();
    next_offset_ = buffer_.back().offset + 1;
  }
}

Result<bool> LaneReader::belongs(const log::StoredRecord& stored) {
  if (topic_ == log::Topic::decisions) {
    const auto written = epoch_.read(stored.record.value, stored.record.headers);
    if (!written) return at_decision(partition_, stored.offset, written.error());
    if (written->kind == record::DecisionRecordKind::owner_started) return false;
    // With an epoch it was a decision once, and is held against what it should be.
    if (written->kind == record::DecisionRecordKind::unknown && written->epoch == 0)
      return foreign_record(partition_, stored.offset, stored.record.value);
    if (written->stale) return false;
  }
  if (log_.partitions() == lanes_) return true;  // nobody else's lies here
  const LaneId named = record::lane_of(AggregateId(stored.record.key), lanes_);
  return log::lane_in(partition_, named, log_.partitions()) == lane_;
}

Result<std::optional<Accepted>> accepted_from(LaneReader& decisions, std::optional<log::StoredRecord> stored,
                                              Ordinal last) {
  while (true) {
    if (!stored) return std::optional<Accepted>();
    Accepted out{stored->offset, std::move(stored->record.value), std::nullopt};
    auto decision = record::decode_decision(out.bytes);
    if (decision) out.decision = std::move(*decision);
    if (!out.decision || record::verdict_on(out.decision->ordinal, last) != record::Verdict::repeat)
      return std::optional(std::move(out));
    auto after_repeat = decisions.next();
    if (!after_repeat) return after_repeat.error();
    stored = std::move(*after_repeat);
  }
}

Result<std::optional<Accepted>> next_accepted(LaneReader& decisions, Ordinal last) {
  auto stored = decisions.next();
  if (!stored) return stored.error();
  auto accepted = accepted_from(decisions, std::move(*stored), last);
  if (!accepted || !*accepted) return accepted;
  const auto& decision = (*accepted)->decision;
  if (decision && record::verdict_on(decision->ordinal, last) == record::Verdict::gap)
    return decision_gap(decisions.partition(), (*accepted)->offset, *decision, last);
  return accepted;
}

}  // namespace lastkm::runtime
