// What an owner reads in `decisions`: which of them count, and the fold of those that it did not make itself.
#include <algorithm>

#include "engine/record/digest.h"
#include "engine/record/envelope.h"
#include "engine/runtime/owner_parts.h"
#include "engine/runtime/partition_owner.h"

namespace lastkm::runtime {

std::string place_of_decision(std::int32_t partition, std::int64_t offset) {
  return "decisions, partition " + std::to_string(partition) + ", offset " + std::to_string(offset);
}

Error foreign_record(std::int32_t partition, std::int64_t offset, std::string_view bytes) {
  if (const std::string type = record::own_type(bytes); !type.empty()) {
    return Error{ErrorKind::integrity, "upgrade-required",
                 place_of_decision(partition, offset) + " holds a record of the type '" + type +
                     "', which this program does not know: install a newer program",
                 ""};
  }
  return Error{ErrorKind::integrity, "foreign-record",
               place_of_decision(partition, offset) +
                   " holds a record that is neither a decision nor an owner's start",
               ""};
}

Error decision_gap(std::int32_t partition, std::int64_t offset, const record::Decision& decision,
                   Ordinal last) {
  return Error{ErrorKind::integrity, "decision-gap",
               place_of_decision(partition, offset) + " decides ordinal " +
                   std::to_string(decision.ordinal.value) + " of lane " +
                   std::to_string(decision.lane.value) + " where " + std::to_string(next(last).value) +
                   " is next",
               ""};
}

Error at_decision(std::int32_t partition, std::int64_t offset, Error why) {
  why.message = place_of_decision(partition, offset) + ": " + why.message;
  return why;
}

bool PartitionOwner::nothing_accepted() const {
  return std::all_of(accepted_.begin(), accepted_.end(),
                     [](const auto& entry) { return entry.second.empty(); });
}

Status PartitionOwner::fold_waiting() {
  std::int64_t from = commands_next_;
  std::optional<std::int64_t> passed_over;
  while (!nothing_accepted()) {
    std::vector<log::StoredRecord> records;
    auto read = parts_.log.read(log::Topic::commands, partition_, from, 4096, kReadBytes, records);
    if (!read) return read;
    if (records.empty()) {
      // A decision can be seen here before its command, though it was made after it.
      auto end = parts_.log.end_now(log::Topic::commands, partition_);
      if (!end) return end.error();
      if (*end > from) continue;
      return Error{
          ErrorKind::integrity, "decision-without-command",
          "partition " + std::to_string(partition_) +
              " has a decision whose command is gone: the command log was cut; restore it from a backup",
          ""};
    }
    for (const log::StoredRecord& stored : records) {
      if (nothing_accepted()) break;
      from = stored.offset + 1;
      const LaneId lane = lane_of_record(stored.record);
      if (stored.offset <= books(lane).last_command_offset) continue;
      if (accepted_[lane.value].empty()) {
        if (!passed_over && !newer_.contains(lane.value)) passed_over = stored.offset;
      } else if (auto handled = handle(stored, take_record(stored.record)); !handled) {
        return handled;
      }
    }
  }
  commands_next_ = commands_read_ = passed_over.value_or(from);
  return done();
}

void PartitionOwner::note_accepted(LaneBooks& books, const lane::Asked& asked, std::int64_t offset,
                                   const std::string& hash) {
  books.note_decision(asked, offset);
  if (offset <= last_offset_) return;
  last_offset_ = offset;
  last_hash_ = hash;
}

Status PartitionOwner::check_epoch() const {
  if (own_epoch_ == 0 || epoch_.highest() <= own_epoch_) return done();
  return Error{ErrorKind::integrity, "partition-lost",
               "another owner has taken partition " + std::to_string(partition_) + " (epoch " +
                   std::to_string(epoch_.highest()) + ")",
               ""};
}

Status PartitionOwner::read_decisions() {
  std::vector<log::StoredRecord> records;
  auto read = parts_.log.read(log::Topic::decisions, partition_, decisions_next_, 4096, kReadBytes, records);
  if (!read) return read;
  for (log::StoredRecord& stored : records) {
    if (auto taken = read_decision(std::move(stored)); !taken) return taken;
  }
  return check_epoch();
}

Status PartitionOwner::read_decision(log::StoredRecord stored) {
  decisions_next_ = stored.offset + 1;
  const std::int64_t opened = epoch_.highest();
  const auto written = epoch_.read(stored.record.value, stored.record.headers);
  if (!written) return at_decision(partition_, stored.offset, written.error());
  switch (written->kind) {
    case record::DecisionRecordKind::owner_started:
      // Of two owners with one epoch the first in the log has the partition.
      if (written->epoch == own_epoch_ && own_epoch_ == opened + 1 && stored.record.value != own_start_) {
        return Error{ErrorKind::integrity, "partition-lost",
                     "another owner has taken partition " + std::to_string(partition_) +
                         " with the same epoch (" + std::to_string(own_epoch_) + ")",
                     ""};
      }
      return done();
    case record::DecisionRecordKind::unknown:
      return foreign_record(partition_, stored.offset, stored.record.value);
    case record::DecisionRecordKind::decision:
      break;
  }
  if (written->stale) return done();
  auto decision = record::decode_decision(stored.record.value);
  if (!decision) {
    return Error{ErrorKind::integrity, "undecodable",
                 place_of_decision(partition_, stored.offset) + ": " + decision.error().message, ""};
  }
  const auto last = read_ordinal_.find(decision->lane.value);
  if (last == read_ordinal_.end()) return done();
  switch (record::verdict_on(decision->ordinal, last->second)) {
    case record::Verdict::repeat:
      return done();
    case record::Verdict::gap:
      return decision_gap(partition_, stored.offset, *decision, last->second);
    case record::Verdict::accepted:
      break;
  }
  last->second = decision->ordinal;
  if (newer_.contains(decision->lane.value)) return done();
  if (auto known = lane::check_known(*decision); !known) {
    if (!before_newer_) before_newer_ = Place{commands_next_, stored.offset, opened};
    stopped_.erase(decision->lane.value);
    newer_.emplace(decision->lane.value, Engine::Stopped{decision->lane, decision->ordinal, known.error()});
    return done();
  }
  accepted_[decision->lane.value].push_back(
      Accepted{stored.offset, std::move(stored.record.value), std::move(*decision)});
  return done();
}

Status PartitionOwner::fold_accepted(LaneBooks& books, const lane::Taken& taken, Accepted accepted) {
  const record::Decision& decision = accepted.decision;
  const bool matches = decision.lane == books.state.lane && decision.ordinal == next(books.state.ordinal) &&
                       decision.command_hash == record::hex(record::sha256(taken.bytes));
  if (!matches) {
    return Error{ErrorKind::integrity, "decision-differs",
                 "lane " + std::to_string(books.state.lane.value) + ", ordinal " +
                     std::to_string(books.state.ordinal.value + 1) + ": the decision (" +
                     place_of_decision(partition_, accepted.offset) +
                     ") does not answer the command that stands there; one of the two was changed",
                 ""};
  }
  apply(books, taken, decision, accepted.bytes);
  note_accepted(books, {decision.aggregate, decision.command}, accepted.offset, books.state.last_hash);
  if (taken.command && parts_.is_awaited(taken.command->id))
    parts_.decided(taken.command->id, taken.command->fingerprint,
                   outcome_of(books, taken, std::move(accepted.decision)));
  return done();
}

}  // namespace lastkm::runtime
