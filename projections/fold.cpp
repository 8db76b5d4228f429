#include "projections/fold.h"

#include <algorithm>

#include "engine/log/crash_point.h"
#include "engine/record/digest.h"

namespace lastkm::projections {

namespace {
Error unreadable(std::int32_t partition, std::int64_t offset, const Error& why) {
  return Error{why.kind, why.code,
               "decisions, partition " + std::to_string(partition) + ", offset " + std::to_string(offset) +
                   ": " + why.message,
               ""};
}
}  // namespace

bool is_damage(const Error& error) {
  return error.code == "store-corrupt" || error.code == "views-corrupt";
}

void Fold::drop(std::string_view view) {
  std::erase_if(targets_, [view](const Target& target) { return target.view->name() == view; });
}

void Fold::unblock() {
  closed_.clear();
  blocked_.reset();
}

std::size_t Fold::drain(const Ends* until) {
  accepted_ = false;
  read_chunk(until);
  expect();
  std::size_t folded = 0;
  for (const Read& read : chunk_) {
    Checkpoint::Partition& partition = checkpoint_.partition(read.partition);
    for (const log::StoredRecord& stored : read.records) {
      const Status taken = take(read.partition, partition.epoch, stored);
      if (!taken) {
        block(read.partition, stored.offset, taken.error());
        break;
      }
      partition.next = stored.offset + 1;
      ++folded;
    }
    keep_digests(read);
  }
  return folded;
}

void Fold::read_chunk(const Ends* until) {
  chunk_.clear();
  std::vector<std::pair<std::int32_t, std::int64_t>> waiting;  // partition, and where to end
  for (const std::int32_t partition : partitions_) {
    if (closed_.contains(partition)) continue;
    auto end = log_->end(log::Topic::decisions, partition);
    if (!end) {
      block(partition, checkpoint_.next(partition), end.error());
      continue;
    }
    if (until != nullptr) *end = std::min(*end, (*until)[static_cast<std::size_t>(partition)]);
    if (checkpoint_.next(partition) < *end) waiting.emplace_back(partition, *end);
  }
  // From all alike: what was decided at one time lies together in the views.
  const std::size_t most =
      std::max<std::size_t>(1, options_.chunk_records / std::max<std::size_t>(1, waiting.size()));
  std::size_t bytes_left = options_.chunk_bytes;
  for (const auto& [partition, end] : waiting) {
    if (bytes_left == 0) break;
    const std::int64_t from = checkpoint_.next(partition);
    Read read{partition, {}};
    const Status status = log_->read(log::Topic::decisions, partition, from, most, bytes_left, read.records);
    if (!status) block(partition, from, status.error());
    while (!read.records.empty() && read.records.back().offset >= end) read.records.pop_back();
    if (read.records.empty()) continue;
    if (chunk_.empty()) log::crash_point("views.fetched");
    for (const log::StoredRecord& stored : read.records)
      bytes_left -= std::min(bytes_left, stored.record.value.size());
    chunk_.push_back(std::move(read));
  }
}

/// What the chunk is about is read together, over all its partitions: keys that lie together are read once.
void Fold::expect() {
  // Where nothing is committed there is nothing to read.
  const auto reads = [](const Target& target) { return target.why.empty() && target.rows.has_committed(); };
  if (std::none_of(targets_.begin(), targets_.end(), reads)) return;
  std::vector<std::string> ids;
  for (const Read& read : chunk_) {
    for (const log::StoredRecord& stored : read.records) {
      // What came since the last flush has been read.
      if (!subjects_.contains(stored.record.key)) ids.push_back(stored.record.key);
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (Target& target : targets_) {
    if (reads(target)) target.view->expect(ids, target.rows);
  }
}

void Fold::flush() {
  subjects_.clear();
  for (Target& target : targets_) {
    if (!target.why.empty()) continue;
    const Status flushed = target.view->flush(target.rows);
    if (flushed) continue;
    target.why = flushed.error().message;
    target.damaged = is_damage(flushed.error());
  }
}

std::size_t Fold::bytes() const {
  constexpr std::size_t kSubjectBytes = 128;
  std::size_t bytes = subjects_.size() * kSubjectBytes;
  for (const Target& target : targets_) bytes += target.rows.bytes() + target.view->bytes();
  return bytes;
}

void Fold::block(std::int32_t partition, std::int64_t offset, const Error& why) {
  closed_.insert(partition);
  if (!blocked_) blocked_ = unreadable(partition, offset, why);
}

void Fold::keep_digests(const Read& read) {
  for (const auto& [lane, offset] : checkpoint_.moved(read.partition, log_->partitions())) {
    if (offset < read.records.front().offset) continue;  // moved in an earlier chunk
    const auto at = std::lower_bound(
        read.records.begin(), read.records.end(), offset,
        [](const log::StoredRecord& stored, std::int64_t wanted) { return stored.offset < wanted; });
    checkpoint_.set_digest(lane, record::hex(record::sha256(at->record.value)));
  }
}

Status Fold::take(std::int32_t partition, record::LiveEpoch& epoch, const log::StoredRecord& stored) {
  const std::string& bytes = stored.record.value;
  const auto written = epoch.read(bytes, stored.record.headers);
  if (!written) return written.error();
  switch (written->kind) {
    case record::DecisionRecordKind::owner_started:
      return done();
    case record::DecisionRecordKind::decision:
      break;
    case record::DecisionRecordKind::unknown:
      return Error{ErrorKind::integrity, "unknown-type",
                   "a record of a type that this program does not know; upgrade it", ""};
  }
  if (written->stale) {
    ++passed_over_.lower_epochs;
    return done();
  }
  std::string_view only_event;
  auto decision = record::decode_decision(bytes, record::Facts::left_out, only_event);
  if (!decision) return decision.error();
  if (log::partition_of(decision->lane, log_->partitions()) != partition) {
    return Error{ErrorKind::integrity, "wrong-partition",
                 "lane " + std::to_string(decision->lane.value) + " does not belong into this partition", ""};
  }
  switch (checkpoint_.verdict_on(decision->lane, decision->ordinal)) {
    case record::Verdict::repeat:
      ++passed_over_.repeats;
      return done();
    case record::Verdict::gap:
      ++passed_over_.gaps;
      return done();
    case record::Verdict::accepted:
      break;
  }
  for (const record::Event& event : decision->events) {
    if (options_.knows == nullptr || options_.knows(decision->aggregate, event)) continue;
    return Error{ErrorKind::integrity, "upgrade-required",
                 "lane " + std::to_string(decision->lane.value) + ", ordinal " +
                     std::to_string(decision->ordinal.value) + " has version " +
                     std::to_string(event.version) + " of the event '" + event.type +
                     "', which this program does not know: install a newer program",
                 ""};
  }
  checkpoint_.accept(decision->lane, decision->ordinal, stored.offset);
  accepted_ = true;
  apply(Accepted{*decision, bytes, only_event});
  return done();
}

void Fold::apply(const Accepted& accepted) {
  const record::Decision& decision = accepted.decision;
  const auto stop = [&decision](Target& target, const Error& error, const record::Event* event) {
    target.why =
        "lane " + std::to_string(decision.lane.value) + ", ordinal " + std::to_string(decision.ordinal.value);
    if (event != nullptr) target.why += ", event " + std::to_string(event->seq) + " (" + event->type + ")";
    target.why += ": " + error.message;
    target.damaged = is_damage(error);
  };
  const std::size_t subject = subjects_.try_emplace(decision.aggregate.value, subjects_.size()).first->second;
  for (Target& target : targets_) {
    if (!target.why.empty()) continue;
    target.rows.set_subject(subject);
    if (const Status seen = target.view->decided(accepted, target.rows); !seen)
      stop(target, seen.error(), nullptr);
    for (const record::Event& event : decision.events) {
      if (!target.why.empty()) break;
      const Status applied = target.view->apply(decision, event, target.rows);
      if (!applied) stop(target, applied.error(), &event);
    }
  }
}

}  // namespace lastkm::projections
