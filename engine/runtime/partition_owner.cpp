#include "engine/runtime/partition_owner.h"

#include <algorithm>

#include "engine/log/crash_point.h"
#include "engine/record/digest.h"
#include "engine/runtime/checkpoint.h"

namespace lastkm::runtime {

namespace {

constexpr std::size_t kReadBytes = 4U << 20U;
constexpr std::string_view kEpochHeader = "epoch";

std::int64_t epoch_of(const log::Record& record) {
  for (const auto& [name, value] : record.headers) {
    if (name != kEpochHeader) continue;
    std::int64_t epoch = 0;
    for (const char c : value) {
      if (c < '0' || c > '9') return 0;
      epoch = epoch * 10 + (c - '0');
    }
    return epoch;
  }
  return 0;
}

std::string place(std::int32_t partition, std::int64_t offset) {
  return "decisions, partition " + std::to_string(partition) + ", offset " + std::to_string(offset);
}

}  // namespace

PartitionOwner::PartitionOwner(std::int32_t partition, OwnerParts parts)
    : partition_(partition), parts_(std::move(parts)) {
  const std::int32_t partitions = parts_.log.partitions();
  for (std::int32_t lane = partition; lane < parts_.lanes; lane += partitions) {
    lanes_.emplace(lane, std::make_unique<LaneBooks>(LaneId(lane), parts_.lanes, parts_.state, parts_.directory));
  }
}

Status PartitionOwner::load() {
  const std::lock_guard lock(mutex_);
  auto stored = read_checkpoint(parts_.state, partition_);
  if (!stored) return stored.error();
  if (*stored) {
    commands_next_ = (*stored)->commands_next;
    decisions_next_ = (*stored)->decisions_next;
    epoch_ = (*stored)->epoch;
    last_offset_ = (*stored)->last_offset;
    last_hash_ = (*stored)->last_hash;
  }
  for (auto& [lane, books] : lanes_) {
    if (auto loaded = books->load(); !loaded) return loaded;
    read_ordinal_[lane] = books->state.ordinal.value;
  }
  commands_read_ = commands_next_;
  while (true) {
    if (auto read = read_decisions(); !read) return read;
    if (nothing_accepted()) return done();
    if (auto folded = fold_waiting(); !folded) return folded;
  }
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
        if (!passed_over) passed_over = stored.offset;
      } else if (auto handled = handle(stored); !handled) {
        return handled;
      }
    }
  }
  commands_next_ = commands_read_ = passed_over.value_or(from);
  return done();
}

void PartitionOwner::note_accepted(LaneBooks& books, const CommandId& command, const Accepted& accepted) {
  books.note_decision(command, accepted.offset);
  if (accepted.offset <= last_offset_) return;
  last_offset_ = accepted.offset;
  last_hash_ = record::hex(record::sha256(accepted.bytes));
}

Status PartitionOwner::lose(Error why) {
  lost_ = why;
  return why;
}

LaneId PartitionOwner::lane_of_record(const log::Record& record) const {
  const LaneId lane = record::lane_of(AggregateId(record.key), parts_.lanes);
  return lanes_.contains(lane.value) ? lane : LaneId(lanes_.begin()->first);
}

Status PartitionOwner::read_decisions() {
  std::vector<log::StoredRecord> records;
  auto read = parts_.log.read(log::Topic::decisions, partition_, decisions_next_, 4096, kReadBytes, records);
  if (!read) return read;
  for (log::StoredRecord& stored : records) {
    decisions_next_ = stored.offset + 1;
    const std::int64_t epoch = epoch_of(stored.record);
    switch (record::kind_of(stored.record.value)) {
      case record::DecisionRecordKind::owner_started:
        epoch_ = std::max(epoch_, epoch);
        continue;
      case record::DecisionRecordKind::unknown:
        return Error{ErrorKind::integrity, "foreign-record",
                     place(partition_, stored.offset) +
                         " holds a record that is neither a decision nor an owner's start",
                     ""};
      case record::DecisionRecordKind::decision:
        break;
    }
    if (epoch < epoch_) continue;
    auto decision = record::decode_decision(stored.record.value);
    if (!decision) {
      return Error{ErrorKind::integrity, "undecodable",
                   place(partition_, stored.offset) + ": " + decision.error().message, ""};
    }
    const auto last = read_ordinal_.find(decision->lane.value);
    if (last == read_ordinal_.end() || decision->ordinal.value <= last->second) continue;
    if (decision->ordinal.value != last->second + 1) {
      return Error{ErrorKind::integrity, "decision-gap",
                   place(partition_, stored.offset) + " decides ordinal " +
                       std::to_string(decision->ordinal.value) + " of lane " +
                       std::to_string(decision->lane.value) + " where " + std::to_string(last->second + 1) +
                       " is next",
                   ""};
    }
    last->second = decision->ordinal.value;
    accepted_[decision->lane.value].push_back(
        Accepted{stored.offset, std::move(stored.record.value), std::move(*decision)});
  }
  if (own_epoch_ > 0 && epoch_ > own_epoch_) {
    return Error{ErrorKind::integrity, "partition-lost",
                 "another owner has taken partition " + std::to_string(partition_) + " (epoch " +
                     std::to_string(epoch_) + ")",
                 ""};
  }
  return done();
}

void PartitionOwner::stop(LaneId lane, Ordinal at, Error why) {
  stopped_.emplace(lane.value, Engine::Stopped{lane, at, std::move(why)});
}

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
  ++unflushed_;
}

Status PartitionOwner::fold_accepted(LaneBooks& books, const lane::Taken& taken, Accepted accepted) {
  const record::Decision& decision = accepted.decision;
  const bool matches = decision.lane == books.state.lane && decision.ordinal == next(books.state.ordinal) &&
                       decision.command_hash == record::hex(record::sha256(taken.bytes));
  if (!matches) {
    return Error{ErrorKind::integrity, "decision-differs",
                 "lane " + std::to_string(books.state.lane.value) + ", ordinal " +
                     std::to_string(books.state.ordinal.value + 1) + ": the decision (" +
                     place(partition_, accepted.offset) +
                     ") does not answer the command that stands there; one of the two was changed",
                 ""};
  }
  apply(books, taken, decision, accepted.bytes);
  note_accepted(books, decision.command, accepted);
  if (taken.command && parts_.is_awaited(taken.command->id))
    parts_.decided(taken.command->id, outcome_of(books, taken, decision));
  return done();
}

Outcome PartitionOwner::outcome_of(LaneBooks& books, const lane::Taken& taken,
                                   const record::Decision& decision) {
  Outcome outcome;
  outcome.command = decision.command;
  outcome.aggregate = decision.aggregate;
  outcome.lane = decision.lane;
  outcome.ordinal = decision.ordinal;
  outcome.lane_time = decision.lane_time;
  outcome.events = decision.events;
  outcome.rejection = decision.rejection;
  outcome.status = decision.rejection ? OutcomeStatus::rejected : OutcomeStatus::accepted;
  if (!record::is_lane_aggregate(decision.aggregate)) {
    if (const cases::CaseState* found = books.find_case(decision.aggregate)) {
      outcome.ref = found->ref;
      outcome.seq = found->version;
    }
  }
  if (!decision.duplicate_of) return outcome;
  // A repeat gets the first answer: its events, or its refusal.
  outcome.status = OutcomeStatus::duplicate;
  outcome.ordinal = *decision.duplicate_of;
  CommandId first = taken.command->id;
  if (const cases::CaseState* found = books.find_case(decision.aggregate)) {
    for (const cases::Remembered& remembered : found->remembered) {
      if (remembered.ordinal == *decision.duplicate_of) first = remembered.command;
    }
  }
  if (auto original = find_decision(books, *decision.duplicate_of, decision.aggregate, first)) {
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
  const auto offset = books.decision_offset(about, command);
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
  auto decision = lane::step(books.state, taken, parts_.lanes, books);
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
  Predicted predicted{lane, ordinal, decision->command, decision->aggregate, std::move(bytes), std::nullopt};
  if (taken.command && parts_.is_awaited(taken.command->id))
    predicted.outcome = outcome_of(books, taken, *decision);
  predicted_.push_back(std::move(predicted));
  return done();
}

Status PartitionOwner::handle(const log::StoredRecord& stored) {
  const LaneId lane = lane_of_record(stored.record);
  LaneBooks& books = this->books(lane);
  std::deque<Accepted>& accepted = accepted_[lane.value];
  if (!stopped_.contains(lane.value) && stored.offset > books.last_command_offset) {
    const lane::Taken taken = lane::take(stored.record.key, stored.record.value, parts_.lanes, lane);
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

Status PartitionOwner::append_predicted() {
  std::vector<log::Append> appends;
  appends.reserve(predicted_.size() + 1);
  if (own_epoch_ == 0) {
    own_epoch_ = ++epoch_;
    appends.push_back(log::Append{
        log::Topic::decisions, partition_,
        log::Record{"owner",
                    record::encode(record::OwnerStarted{epoch_, parts_.owner, parts_.now()}, parts_.source),
                    {{std::string(kEpochHeader), std::to_string(own_epoch_)}}}});
  }
  for (const Predicted& predicted : predicted_) {
    appends.push_back(log::Append{log::Topic::decisions, partition_,
                                  log::Record{predicted.aggregate.value,
                                              predicted.bytes,
                                              {{std::string(kEpochHeader), std::to_string(own_epoch_)}}}});
  }
  log::crash_point("decisions.before_append");
  auto written = parts_.log.append(appends, log::Durability::buffered);
  if (!written) return written.error();
  log::crash_point("decisions.appended");
  return done();
}

Status PartitionOwner::read_back() {
  while (!predicted_.empty()) {
    const Predicted& predicted = predicted_.front();
    std::deque<Accepted>& accepted = accepted_[predicted.lane.value];
    if (accepted.empty()) {
      const std::int64_t before = decisions_next_;
      if (auto read = read_decisions(); !read) return read;
      if (accepted.empty() && decisions_next_ == before) {
        return Error{
            ErrorKind::integrity, "partition-lost",
            "decisions that were written to partition " + std::to_string(partition_) + " cannot be read back",
            ""};
      }
      continue;
    }
    const Accepted first = std::move(accepted.front());
    accepted.pop_front();
    if (first.bytes != predicted.bytes) {
      return Error{ErrorKind::integrity, "partition-lost",
                   place(partition_, first.offset) +
                       " is not what was written here: another owner decides this partition",
                   ""};
    }
    note_accepted(books(predicted.lane), predicted.command, first);
    if (predicted.outcome) parts_.decided(predicted.command, *predicted.outcome);
    predicted_.pop_front();
  }
  log::crash_point("decisions.read_back");
  return done();
}

Result<std::size_t> PartitionOwner::send_follow_ups() {
  std::vector<log::Append> appends;
  std::vector<log::Append> notes;
  for (auto& [lane, books] : lanes_) {
    std::map<std::int32_t, std::int64_t> last;
    for (const auto& [key, outgoing] : books->outbox()) {
      auto& sent = in_flight_[{lane, key.first}];
      if (key.second <= sent) continue;
      record::Command command = outgoing.command;
      command.recorded_at = std::max(parts_.now(), command.recorded_at);
      appends.push_back(
          log::Append{log::Topic::commands, log::partition_of(LaneId(key.first), parts_.log.partitions()),
                      log::Record{command.aggregate.value, record::encode(command, parts_.source), {}}});
      sent = key.second;
      last[key.first] = key.second;
    }
    for (const auto& [target, number] : last) {
      const record::Command noted = lane::engine_command(
          lane::kFollowUpsSent, record::lane_aggregate(LaneId(lane)), LaneId(lane), parts_.new_id(),
          Object{{"lane", static_cast<std::int64_t>(target)}, {"number", number}},
          std::max(parts_.now(), books->state.time));
      notes.push_back(
          log::Append{log::Topic::commands, partition_,
                      log::Record{noted.aggregate.value, record::encode(noted, parts_.source), {}}});
    }
  }
  if (appends.empty()) return std::size_t{0};
  // What was decided and what it asks must both survive what is noted as sent: another number would come twice, or
  // never.
  auto written = parts_.log.append(appends, log::Durability::synced);
  if (!written) return written.error();
  log::crash_point("follow_ups.appended");
  written = parts_.log.append(notes, log::Durability::buffered);
  if (!written) return written.error();
  return appends.size();
}

bool PartitionOwner::has_unsent() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [this](const auto& entry) {
    const auto& [lane, books] = entry;
    return std::any_of(books->outbox().begin(), books->outbox().end(), [&, of = lane](const auto& outgoing) {
      const auto sent = in_flight_.find({of, outgoing.first.first});
      return sent == in_flight_.end() || outgoing.first.second > sent->second;
    });
  });
}

Result<std::size_t> PartitionOwner::drain(std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (lost_) return *lost_;
  if (auto read = read_decisions(); !read) return lose(read.error()).error();
  for (const auto& [lane, accepted] : accepted_) {
    // Another owner has dealt with what stopped the lane.
    if (!accepted.empty() && stopped_.erase(lane) > 0) commands_read_ = commands_next_;
  }
  std::vector<log::StoredRecord> records;
  if (auto read =
          parts_.log.read(log::Topic::commands, partition_, commands_read_, most, kReadBytes, records);
      !read) {
    return lose(read.error()).error();
  }
  for (const log::StoredRecord& stored : records) {
    if (auto handled = handle(stored); !handled) return lose(handled.error()).error();
  }
  if (!predicted_.empty()) {
    if (auto appended = append_predicted(); !appended) return lose(appended.error()).error();
    if (auto read = read_back(); !read) return lose(read.error()).error();
  }
  auto sent = send_follow_ups();
  if (!sent) return lose(sent.error()).error();
  return records.size() + *sent;
}

Result<bool> PartitionOwner::has_work() {
  const std::lock_guard lock(mutex_);
  if (lost_) return *lost_;
  auto end = parts_.log.end(log::Topic::commands, partition_);
  if (!end) return end.error();
  return *end > commands_read_ || has_unsent();
}

Result<std::size_t> PartitionOwner::wake(Instant now, std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (lost_) return *lost_;
  std::vector<log::Append> appends;
  for (auto& [lane, books] : lanes_) {
    if (stopped_.contains(lane)) continue;
    for (const auto& [at, id] : books->due(now, most - appends.size())) {
      const record::Command command =
          lane::engine_command(lane::kClockDue, id, LaneId(lane), parts_.new_id(), Object{}, now);
      appends.push_back(log::Append{log::Topic::commands, partition_,
                                    log::Record{id.value, record::encode(command, parts_.source), {}}});
    }
  }
  if (appends.empty()) return std::size_t{0};
  auto written = parts_.log.append(appends, log::Durability::buffered);
  if (!written) return written.error();
  return appends.size();
}

Result<std::size_t> PartitionOwner::recount(Instant now, std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (lost_) return *lost_;
  std::vector<log::Append> appends;
  for (auto& [lane, books] : lanes_) {
    if (stopped_.contains(lane)) continue;
    for (const AggregateId& id : books->behind_calendar(most - appends.size())) {
      const record::Command command =
          lane::engine_command(lane::kClockDue, id, LaneId(lane), parts_.new_id(), Object{}, now);
      appends.push_back(log::Append{log::Topic::commands, partition_,
                                    log::Record{id.value, record::encode(command, parts_.source), {}}});
    }
    if (books->failure()) return lose(*books->failure()).error();
  }
  if (appends.empty()) return std::size_t{0};
  auto written = parts_.log.append(appends, log::Durability::buffered);
  if (!written) return written.error();
  return appends.size();
}

std::optional<Instant> PartitionOwner::next_due() {
  const std::lock_guard lock(mutex_);
  std::optional<Instant> first;
  if (lost_) return first;
  for (const auto& [lane, books] : lanes_) {
    const auto due = books->next_due();
    if (due && !stopped_.contains(lane) && (!first || *due < *first)) first = due;
  }
  return first;
}

Instant PartitionOwner::latest() {
  const std::lock_guard lock(mutex_);
  Instant out;
  for (const auto& [lane, books] : lanes_) out = std::max(out, books->state.time);
  return out;
}

std::vector<LaneId> PartitionOwner::lanes() const {
  std::vector<LaneId> out;
  for (const auto& [lane, books] : lanes_) out.emplace_back(lane);
  return out;
}

lane::LaneState PartitionOwner::lane_state(LaneId lane) {
  const std::lock_guard lock(mutex_);
  return books(lane).state;
}

std::optional<cases::CaseState> PartitionOwner::find_case(const AggregateId& id) {
  const std::lock_guard lock(mutex_);
  const cases::CaseState* found = books(record::lane_of(id, parts_.lanes)).find_case(id);
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::optional<AggregateId> PartitionOwner::find_reference(LaneId lane, std::int64_t n) {
  const std::lock_guard lock(mutex_);
  return books(lane).find_reference(n);
}

std::vector<Engine::Stopped> PartitionOwner::stopped() {
  const std::lock_guard lock(mutex_);
  std::vector<Engine::Stopped> out;
  for (const auto& [lane, why] : stopped_) out.push_back(why);
  if (lost_) {
    for (const auto& [lane, books] : lanes_)
      out.push_back(Engine::Stopped{LaneId(lane), next(books->state.ordinal), *lost_});
  }
  return out;
}

Status PartitionOwner::skip(LaneId lane, Ordinal ordinal, std::string_view by, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (lost_) return *lost_;
  const auto found = stopped_.find(lane.value);
  if (found == stopped_.end() || found->second.at != ordinal) {
    return Error{
        ErrorKind::refused, "not-stopped",
        "lane " + std::to_string(lane.value) + " has not stopped at ordinal " + std::to_string(ordinal.value),
        ""};
  }
  if (auto skipped = skip_locked(lane, ordinal, by, reason); !skipped) return lose(skipped.error());
  parts_.attempts.forget(lane);
  stopped_.erase(lane.value);
  commands_read_ = commands_next_;
  return done();
}

Status PartitionOwner::skip_locked(LaneId lane, Ordinal ordinal, std::string_view by,
                                   std::string_view reason) {
  LaneBooks& books = this->books(lane);
  std::vector<log::StoredRecord> records;
  for (std::int64_t from = commands_next_;; from = records.back().offset + 1) {
    records.clear();
    auto read = parts_.log.read(log::Topic::commands, partition_, from, 4096, kReadBytes, records);
    if (!read) return read;
    if (records.empty()) break;
    const auto stored = std::find_if(records.begin(), records.end(), [&](const log::StoredRecord& one) {
      return lane_of_record(one.record) == lane && one.offset > books.last_command_offset;
    });
    if (stored == records.end()) continue;
    const lane::Taken taken = lane::take(stored->record.key, stored->record.value, parts_.lanes, lane);
    const record::Decision decision = lane::given(books.state, taken, parts_.lanes, books, by, reason);
    std::string bytes = record::encode(decision, parts_.source);
    apply(books, taken, decision, bytes);
    books.last_command_offset = stored->offset;
    predicted_.push_back(
        Predicted{lane, ordinal, decision.command, decision.aggregate, std::move(bytes), std::nullopt});
    if (auto appended = append_predicted(); !appended) return appended;
    return read_back();
  }
  return Error{ErrorKind::integrity, "log-rollback",
               "the command at which the lane stopped cannot be read any more", ""};
}

std::size_t PartitionOwner::unflushed() {
  const std::lock_guard lock(mutex_);
  return unflushed_;
}

void PartitionOwner::flush_into(store::Batch& batch) {
  const std::lock_guard lock(mutex_);
  // What is not read back, and what is read but not yet folded, has no place in a checkpoint.
  if (unflushed_ == 0 || lost_ || !predicted_.empty() || !nothing_accepted()) return;
  for (auto& [lane, books] : lanes_) books->flush_into(batch);
  put_checkpoint(batch, partition_,
                 Checkpoint{commands_next_, decisions_next_, epoch_, last_offset_, last_hash_});
  unflushed_ = 0;
}

}  // namespace lastkm::runtime
