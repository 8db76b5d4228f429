#include "engine/runtime/partition_owner.h"

#include <algorithm>

#include "engine/log/crash_point.h"
#include "engine/record/digest.h"
#include "engine/runtime/checkpoint.h"
#include "engine/runtime/owner_parts.h"

namespace lastkm::runtime {

PartitionOwner::PartitionOwner(std::int32_t partition, OwnerParts parts)
    : partition_(partition), parts_(std::move(parts)) {
  const std::int32_t partitions = parts_.log.partitions();
  for (std::int32_t lane = partition; lane < parts_.deployment.lanes; lane += partitions) {
    lanes_.emplace(
        lane, std::make_unique<LaneBooks>(LaneId(lane), parts_.deployment, parts_.state, parts_.directory));
  }
}

Status PartitionOwner::load(const std::function<void()>& folded) {
  std::unique_lock lock(mutex_);
  return load_locked([&] {
    lock.unlock();
    folded();
    lock.lock();
  });
}

Status PartitionOwner::reload() {
  const std::lock_guard lock(mutex_);
  lost_.reset();
  stopped_.clear();
  newer_.clear();
  before_newer_.reset();
  accepted_.clear();
  predicted_.clear();
  in_flight_.clear();
  read_ordinal_.clear();
  commands_next_ = decisions_next_ = 0;
  epoch_ = record::LiveEpoch();
  last_offset_ = -1;
  last_hash_.clear();
  unflushed_ = 0;
  own_epoch_ = 0;
  announced_ = false;
  auto loaded = load_locked([] {});
  return loaded ? loaded : lose(loaded.error());
}

Status PartitionOwner::take() {
  const std::lock_guard lock(mutex_);
  if (lost_) return *lost_;
  // What is decided twice does no harm, but it would be in vain.
  auto end = parts_.log.end_now(log::Topic::decisions, partition_);
  if (!end) return end.error();
  while (decisions_next_ < *end) {
    auto folded = fold_decided();
    if (!folded) return lose(folded.error());
    if (*folded == 0) break;
  }
  end = parts_.log.end_now(log::Topic::commands, partition_);
  if (!end) return end.error();
  catching_up_to_ = *end;
  own_epoch_ = 0;
  announced_ = false;
  in_flight_.clear();
  commands_read_ = commands_next_;
  decides_ = true;
  return done();
}

bool PartitionOwner::follow() {
  const std::lock_guard lock(mutex_);
  if (!predicted_.empty()) return false;
  decides_ = false;
  own_epoch_ = 0;
  announced_ = false;
  stopped_.clear();
  commands_read_ = commands_next_;
  catching_up_to_.reset();
  return true;
}

bool PartitionOwner::take_caught_up() {
  const std::lock_guard lock(mutex_);
  if (lost_ || !decides_ || !catching_up_to_ || commands_read_ < *catching_up_to_) return false;
  catching_up_to_.reset();
  return true;
}

void PartitionOwner::catch_up_again() {
  const std::lock_guard lock(mutex_);
  if (!decides_) return;  // whoever takes it begins by catching up
  const auto end = parts_.log.end(log::Topic::commands, partition_);
  catching_up_to_ = std::max(catching_up_to_.value_or(0), end ? *end : commands_read_);
}

void PartitionOwner::read_again() {
  catching_up_to_ = std::max(catching_up_to_.value_or(0), commands_read_);
  commands_read_ = commands_next_;
}

bool PartitionOwner::decides() {
  const std::lock_guard lock(mutex_);
  return decides_;
}

std::optional<Error> PartitionOwner::lost() {
  const std::lock_guard lock(mutex_);
  return lost_;
}

Result<std::size_t> PartitionOwner::fold_decided() {
  const std::int64_t from = decisions_next_;
  if (auto read = read_decisions(); !read) return read.error();
  if (auto folded = fold_waiting(); !folded) return folded.error();
  return static_cast<std::size_t>(decisions_next_ - from);
}

Status PartitionOwner::load_locked(const std::function<void()>& folded) {
  auto stored = read_checkpoint(parts_.state, partition_);
  if (!stored) return stored.error();
  if (*stored) {
    commands_next_ = (*stored)->commands_next;
    decisions_next_ = (*stored)->decisions_next;
    epoch_ = record::LiveEpoch((*stored)->epoch);
    last_offset_ = (*stored)->last_offset;
    last_hash_ = (*stored)->last_hash;
  }
  for (auto& [lane, books] : lanes_) {
    if (auto loaded = books->load(); !loaded) return loaded;
    read_ordinal_[lane] = books->state.ordinal;
  }
  commands_read_ = commands_next_;
  while (true) {
    const std::int64_t from = decisions_next_;
    if (auto read = read_decisions(); !read) return read;
    if (decisions_next_ == from) break;
    if (nothing_accepted()) continue;
    if (auto waiting = fold_waiting(); !waiting) return waiting;
    folded();
  }
  // A partition that was read from is followed, and its end known without asking for it.
  std::vector<log::StoredRecord> next;
  if (auto read = parts_.log.read(log::Topic::commands, partition_, commands_read_, 1, 1, next); !read)
    return read;
  auto end = parts_.log.end(log::Topic::commands, partition_);
  if (!end) return end.error();
  catching_up_to_ = *end;
  return done();
}

Status PartitionOwner::lose(Error why) {
  lost_ = why;
  return why;
}

LaneId PartitionOwner::lane_of_record(const log::Record& record) const {
  return log::lane_in(partition_, record::lane_of(AggregateId(record.key), parts_.deployment.lanes),
                      parts_.log.partitions());
}

lane::Taken PartitionOwner::take_record(const log::Record& record) const {
  return lane::take(record.key, record.value, parts_.deployment.lanes, lane_of_record(record));
}

void PartitionOwner::stop(LaneId lane, Ordinal at, Error why) {
  stopped_.emplace(lane.value, Engine::Stopped{lane, at, std::move(why)});
}

Result<bool> PartitionOwner::has_work() {
  if (!decides_) {
    auto decided = parts_.log.end(log::Topic::decisions, partition_);
    if (!decided) return decided.error();
    return *decided > decisions_next_ || !nothing_accepted();
  }
  auto end = parts_.log.end(log::Topic::commands, partition_);
  if (!end) return end.error();
  if (*end > commands_read_ || !predicted_.empty() || has_unsent()) return true;
  // What another owner has decided counts too where a lane stands.
  if (stopped_.empty()) return false;
  end = parts_.log.end(log::Topic::decisions, partition_);
  if (!end) return end.error();
  return *end > decisions_next_;
}

Status PartitionOwner::take_commands(std::size_t most, Turn& turn) {
  if (auto read = read_decisions(); !read) return read;
  for (const auto& [lane, accepted] : accepted_) {
    // Another owner has dealt with what stopped the lane.
    if (!accepted.empty() && stopped_.erase(lane) > 0) read_again();
  }
  auto read =
      parts_.log.read(log::Topic::commands, partition_, commands_read_, most, kReadBytes, turn.records);
  if (!read) return read;
  turn.taken.reserve(turn.records.size());
  for (const log::StoredRecord& stored : turn.records) turn.taken.push_back(take_record(stored.record));
  return done();
}

void PartitionOwner::expect(std::span<const Turn> turns) {
  std::vector<LaneBooks::Expected> commands;
  for (const Turn& turn : turns) {
    for (std::size_t i = 0; i < turn.records.size(); ++i)
      commands.emplace_back(&turn.owner->books(turn.owner->lane_of_record(turn.records[i].record)),
                            &turn.taken[i]);
  }
  LaneBooks::expect(commands);
}

Status PartitionOwner::handle_taken(const Turn& turn) {
  for (std::size_t i = 0; i < turn.records.size(); ++i) {
    if (auto handled = handle(turn.records[i], turn.taken[i]); !handled) return handled;
  }
  return done();
}

Result<std::size_t> PartitionOwner::drain(std::span<PartitionOwner* const> owners, std::size_t most) {
  std::vector<Turn> turns;
  std::size_t handled = 0;
  std::optional<Error> first;
  const auto lose = [&first](PartitionOwner& owner, const Error& why) {
    owner.lost_ = why;
    if (!first) first = why;
  };
  for (PartitionOwner* const owner : owners) {
    Turn turn{owner, std::unique_lock(owner->mutex_), {}, {}};
    if (owner->lost_) {
      if (!first) first = owner->lost_;
      continue;
    }
    auto work = owner->has_work();
    if (work && !*work) continue;
    if (!work) {
      lose(*owner, work.error());
    } else if (!owner->decides_) {
      if (const auto folded = owner->fold_decided()) {
        handled += *folded;
      } else {
        lose(*owner, folded.error());
      }
    } else if (const Status taken = owner->take_commands(most, turn); !taken) {
      lose(*owner, taken.error());
    } else {
      turns.push_back(std::move(turn));
    }
  }
  expect(turns);
  std::erase_if(turns, [&](const Turn& turn) {
    const Status decided = turn.owner->handle_taken(turn);
    if (!decided) lose(*turn.owner, decided.error());
    handled += decided ? turn.records.size() : 0;
    return !decided;
  });
  if (turns.empty()) return first ? Result<std::size_t>(*first) : Result<std::size_t>(handled);
  log::EventLog& log = turns.front().owner->parts_.log;
  std::vector<log::Append> appends;
  for (const Turn& turn : turns) {
    if (!turn.owner->predicted_.empty()) turn.owner->put_predicted(appends);
  }
  Status written = done();
  if (!appends.empty()) {
    log::crash_point("decisions.before_append");
    if (auto appended = log.append(appends, log::Durability::buffered); !appended) written = appended.error();
    log::crash_point("decisions.appended");
  }
  std::vector<log::Append> asked;
  std::vector<log::Append> notes;
  for (const Turn& turn : turns) {
    PartitionOwner& owner = *turn.owner;
    if (!written && written.error().kind == ErrorKind::refused) {
      // Nothing was written: what was decided here stays, and is appended once there is room.
      if (!first) first = written.error();
      continue;
    }
    owner.announced_ = owner.announced_ || !owner.predicted_.empty();
    auto read = written || owner.predicted_.empty() ? owner.read_back() : written;
    if (!read) {
      lose(owner, read.error());
    } else {
      owner.put_follow_ups(asked, notes);
    }
  }
  if (const auto sent = send(log, asked, notes)) {
    handled += asked.size();
  } else if (sent.error().kind == ErrorKind::refused) {
    if (!first) first = sent.error();
    for (const Turn& turn : turns) turn.owner->send_again();
  } else {
    for (const Turn& turn : turns) lose(*turn.owner, sent.error());
  }
  if (first) return *first;
  return handled;
}

Result<std::size_t> PartitionOwner::wake(Instant now, std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (lost_) return *lost_;
  if (!decides_) return std::size_t{0};
  // Lane beside lane: none waits for all that is due in another, and what is due in one instant is taken in
  // the order of its keys, so that the rows of a batch lie together.
  std::vector<std::pair<DueTimes::Entry, std::int32_t>> due;
  for (auto& [lane, books] : lanes_) {
    if (has_stopped(lane)) continue;
    for (DueTimes::Entry& entry : books->due(now, most)) due.emplace_back(std::move(entry), lane);
  }
  if (due.empty()) return std::size_t{0};
  const std::size_t taken = std::min(most, due.size());
  std::partial_sort(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(taken), due.end());
  due.resize(taken);
  std::vector<std::pair<AggregateId, LaneId>> cases;
  cases.reserve(due.size());
  for (auto& [entry, lane] : due) cases.emplace_back(std::move(entry.second), LaneId(lane));
  if (auto told = tell_clocks(cases, now); !told) return told.error();
  return cases.size();
}

Status PartitionOwner::tell_clocks(std::span<const std::pair<AggregateId, LaneId>> cases, Instant now) {
  std::vector<log::Append> appends;
  std::vector<CommandId> ids;
  for (const auto& [id, lane] : cases) {
    const record::Command command =
        lane::engine_command(lane::kClockDue, id, lane, ids.emplace_back(parts_.new_id()), Object{}, now);
    appends.push_back(log::Append{log::Topic::commands, partition_,
                                  log::Record{id.value, record::encode(command, parts_.source), {}}});
  }
  auto written = parts_.log.append(appends, log::Durability::buffered);
  if (!written) return written.error();
  for (std::size_t i = 0; i < cases.size(); ++i) books(cases[i].second).note_made(ids[i]);
  return done();
}

Result<std::size_t> PartitionOwner::recount(Instant now, std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (lost_) return *lost_;
  if (!decides_) return std::size_t{0};
  std::vector<std::pair<AggregateId, LaneId>> cases;
  std::size_t looked = 0;
  for (auto& [lane, books] : lanes_) {
    if (looked >= most) break;
    if (has_stopped(lane)) continue;
    LaneBooks::Pass pass = books->behind_calendar(now, most - looked);
    looked += pass.looked;
    for (AggregateId& id : pass.behind) cases.emplace_back(std::move(id), LaneId(lane));
    if (books->failure()) return lose(*books->failure()).error();
  }
  if (cases.empty()) return looked;
  if (auto told = tell_clocks(cases, now); !told) return told.error();
  return looked;
}

std::optional<Instant> PartitionOwner::next_due() {
  const std::lock_guard lock(mutex_);
  std::optional<Instant> first;
  if (lost_ || !decides_) return first;
  for (const auto& [lane, books] : lanes_) {
    const auto due = books->next_due();
    if (due && !has_stopped(lane) && (!first || *due < *first)) first = due;
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
  LaneBooks& books = this->books(record::lane_of(id, parts_.deployment.lanes));
  books.let_go_of_read();
  const cases::CaseState* found = books.find_case(id);
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
  for (const auto& [lane, why] : newer_) out.push_back(why);
  if (lost_) {
    for (const auto& [lane, books] : lanes_)
      out.push_back(Engine::Stopped{LaneId(lane), next(books->state.ordinal), *lost_, false});
  }
  return out;
}

void PartitionOwner::flush_into(store::Batch& batch) {
  const std::lock_guard lock(mutex_);
  // What is not read back, and what is read but not yet folded, has no place in a checkpoint.
  if (unflushed_ == 0 || lost_ || !predicted_.empty() || !nothing_accepted()) return;
  for (auto& [lane, books] : lanes_) books->flush_into(batch);
  const Place read = before_newer_.value_or(Place{commands_next_, decisions_next_, epoch_.highest()});
  put_checkpoint(batch, partition_,
                 Checkpoint{read.commands_next, read.decisions_next, read.epoch, last_offset_, last_hash_});
  unflushed_ = 0;
}

}  // namespace lastkm::runtime
