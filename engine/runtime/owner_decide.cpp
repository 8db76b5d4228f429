// What an owner decides itself: a command's decision, its bytes in the log and back, and the outcome for
// whoever waits.
#include "engine/log/crash_point.h"
#include "engine/record/accepted.h"
#include "engine/record/digest.h"
#include "engine/runtime/owner_parts.h"
#include "engine/runtime/partition_owner.h"

namespace lastkm::runtime {

void PartitionOwner::apply(LaneBooks& books, const lane::Taken& taken, const record::Decision& decision,
                           std::string_view bytes) {
  lane::fold(books.state, books, taken, decision, bytes);
  for (const record::FollowUp& follow_up : decision.follow_ups) {
    books.put_outgoing(Outgoing{follow_up, lane::follow_up_command(decision, follow_up, decision.lane_time)});
  }
  for (const record::Event& event : decision.events) {
    if (event.type == "FollowUpsNoted") {
      books.drop_outgoing(LaneId(static_cast<std::int32_t>(event.data.number("lane"))),
                          event.data.number("number"));
    }
  }
  if (taken.command && taken.command->name == lane::kActivate && !decision.rejection) told_ = true;
  ++unflushed_;
}

Outcome PartitionOwner::outcome_of(LaneBooks& books, const lane::Taken& taken, record::Decision decision) {
  Outcome outcome;
  if (!record::is_lane_aggregate(decision.aggregate)) {
    if (const cases::CaseState* found = books.find_case(decision.aggregate)) {
      outcome.ref = found->ref;
      outcome.seq = found->version;
    }
  }
  outcome.command = std::move(decision.command);
  outcome.aggregate = std::move(decision.aggregate);
  outcome.lane = decision.lane;
  outcome.ordinal = decision.ordinal;
  outcome.lane_time = decision.lane_time;
  outcome.events = std::move(decision.events);
  outcome.rejection = std::move(decision.rejection);
  outcome.status = outcome.rejection ? OutcomeStatus::rejected : OutcomeStatus::accepted;
  if (!decision.duplicate_of) return outcome;
  outcome.status = OutcomeStatus::duplicate;
  outcome.ordinal = *decision.duplicate_of;
  return outcome_of_repeat(books, taken.command->id, std::move(outcome));
}

Outcome PartitionOwner::outcome_of_repeat(LaneBooks& books, const CommandId& asked, Outcome outcome) {
  // A repeat gets the first answer: its events, or its refusal.
  CommandId first = asked;
  if (const cases::CaseState* found = books.find_case(outcome.aggregate)) {
    for (const cases::Remembered& remembered : found->remembered) {
      if (remembered.ordinal == outcome.ordinal) first = remembered.command;
    }
  }
  if (auto original = find_decision(books, outcome.ordinal, outcome.aggregate, first)) {
    outcome.command = original->command;
    outcome.events = std::move(original->events);
    outcome.lane_time = original->lane_time;
    outcome.rejection = std::move(original->rejection);
    if (outcome.rejection) outcome.status = OutcomeStatus::rejected;
    if (!outcome.events.empty()) outcome.seq = outcome.events.back().seq;
  }
  return outcome;
}

std::optional<record::Decision> PartitionOwner::find_decision(LaneBooks& books, Ordinal ordinal,
                                                              const AggregateId& about,
                                                              const CommandId& command) {
  for (const Predicted& predicted : predicted_) {
    if (predicted.lane != books.state.lane || predicted.ordinal != ordinal) continue;
    auto decision = record::decode_decision(predicted.bytes);
    if (decision) return std::move(*decision);
  }
  const auto offset = books.decision_offset({about, command});
  std::vector<log::StoredRecord> records;
  if (!offset || !parts_.log.read(log::Topic::decisions, partition_, *offset, 1, kReadBytes, records) ||
      records.empty()) {
    return std::nullopt;
  }
  auto decision = record::decode_decision(records.front().record.value);
  if (!decision) return std::nullopt;
  return std::move(*decision);
}

Status PartitionOwner::decide(LaneBooks& books, const lane::Taken& taken) {
  const LaneId lane = books.state.lane;
  const Ordinal ordinal = next(books.state.ordinal);
  if (parts_.attempts.deaths(lane, ordinal) >= 2) {
    stop(lane, ordinal,
         Error{ErrorKind::integrity, "decide-crashed",
               "two processes died while they decided lane " + std::to_string(lane.value) + ", ordinal " +
                   std::to_string(ordinal.value) +
                   ": look at the command with 'lastkm quarantine list', then 'quarantine skip'",
               ""});
    return done();
  }
  parts_.attempts.begin(lane, ordinal);
  log::crash_point("decide");
  auto decision = lane::step(books.state, taken, parts_.deployment.lanes, books);
  parts_.attempts.end(lane);
  if (books.failure()) return *books.failure();
  if (!decision) {
    stop(lane, ordinal, decision.error());
    return done();
  }
  std::string bytes = record::encode(*decision, parts_.source);
  log::crash_point("decided");
  apply(books, taken, *decision, bytes);
  if (books.failure()) return *books.failure();
  Predicted& predicted = predicted_.emplace_back(Predicted{lane,
                                                           ordinal,
                                                           decision->command,
                                                           decision->aggregate,
                                                           std::move(bytes),
                                                           books.state.last_hash,
                                                           std::nullopt,
                                                           {}});
  if (taken.command && parts_.is_awaited(taken.command->id)) {
    predicted.outcome = outcome_of(books, taken, std::move(*decision));
    predicted.fingerprint = taken.command->fingerprint;
  }
  return done();
}

Status PartitionOwner::handle(const log::StoredRecord& stored, const lane::Taken& taken) {
  const LaneId lane = lane_of_record(stored.record);
  LaneBooks& books = this->books(lane);
  std::deque<Accepted>& accepted = accepted_[lane.value];
  const bool stands = stopped_.contains(lane.value) || (newer_.contains(lane.value) && accepted.empty());
  if (!stands && stored.offset > books.last_command_offset) {
    if (!accepted.empty()) {
      Accepted first = std::move(accepted.front());
      accepted.pop_front();
      if (auto folded = fold_accepted(books, taken, std::move(first)); !folded) return folded;
    } else if (auto decided = decide(books, taken); !decided) {
      return decided;
    }
    if (books.failure()) return *books.failure();
    if (!stopped_.contains(lane.value)) books.last_command_offset = stored.offset;
  }
  commands_read_ = std::max(commands_read_, stored.offset + 1);
  // While a lane stands still its commands must be read again later, so the partition's position waits for
  // it.
  if (stopped_.empty()) commands_next_ = std::max(commands_next_, stored.offset + 1);
  return done();
}

void PartitionOwner::put_predicted(std::vector<log::Append>& appends) {
  if (own_epoch_ == 0) {
    own_epoch_ = epoch_.highest() + 1;
    own_header_ = {{std::string(record::kEpochHeader), std::to_string(own_epoch_)}};
    own_start_ = record::encode(record::OwnerStarted{own_epoch_, parts_.owner, parts_.now()}, parts_.source);
  }
  if (!announced_) {
    appends.push_back(
        log::Append{log::Topic::decisions, partition_, log::Record{"owner", own_start_, own_header_}});
  }
  for (const Predicted& predicted : predicted_) {
    appends.push_back(log::Append{log::Topic::decisions, partition_,
                                  log::Record{predicted.aggregate.value, predicted.bytes, own_header_}});
  }
}

void PartitionOwner::accept_predicted(std::int64_t offset) {
  Predicted& first = predicted_.front();
  note_accepted(books(first.lane), {first.aggregate, first.command}, offset, first.hash);
  if (first.outcome) parts_.decided(first.command, first.fingerprint, std::move(*first.outcome));
  predicted_.pop_front();
}

Status PartitionOwner::read_back() {
  while (!predicted_.empty()) {
    std::vector<log::StoredRecord> records;
    auto read = parts_.log.read(log::Topic::decisions, partition_, decisions_next_, predicted_.size() + 1,
                                kReadBytes, records);
    if (!read) return read;
    if (records.empty()) {
      return Error{
          ErrorKind::integrity, "partition-lost",
          "decisions that were written to partition " + std::to_string(partition_) + " cannot be read back",
          ""};
    }
    for (log::StoredRecord& stored : records) {
      if (is_predicted(stored.record)) {
        // Byte for byte what was written here: there is nothing in it to be read.
        decisions_next_ = stored.offset + 1;
        read_ordinal_[predicted_.front().lane.value] = predicted_.front().ordinal;
        accept_predicted(stored.offset);
        continue;
      }
      if (auto taken = read_decision(std::move(stored)); !taken) return taken;
      if (auto matched = match_accepted(); !matched) return matched;
    }
    if (auto still_ours = check_epoch(); !still_ours) return still_ours;
  }
  log::crash_point("decisions.read_back");
  return done();
}

bool PartitionOwner::is_predicted(const log::Record& record) const {
  if (predicted_.empty() || own_epoch_ != epoch_.highest()) return false;
  const Predicted& first = predicted_.front();
  if (record::verdict_on(first.ordinal, read_ordinal_.at(first.lane.value)) != record::Verdict::accepted ||
      record.value != first.bytes)
    return false;
  const auto epoch = record::epoch_in(record.headers);
  return epoch && *epoch == own_epoch_;
}

Status PartitionOwner::match_accepted() {
  while (!predicted_.empty()) {
    std::deque<Accepted>& accepted = accepted_[predicted_.front().lane.value];
    if (accepted.empty()) break;
    if (accepted.front().bytes != predicted_.front().bytes) {
      return Error{ErrorKind::integrity, "partition-lost",
                   place_of_decision(partition_, accepted.front().offset) +
                       " is not what was written here: another owner decides this partition",
                   ""};
    }
    const std::int64_t offset = accepted.front().offset;
    accepted.pop_front();
    accept_predicted(offset);
  }
  return done();
}

}  // namespace lastkm::runtime
