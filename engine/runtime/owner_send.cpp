// What an owner sends on: follow-ups to other lanes, and an operator's decision at a lane that stands still.
#include <algorithm>

#include "engine/log/crash_point.h"
#include "engine/record/digest.h"
#include "engine/runtime/owner_parts.h"
#include "engine/runtime/partition_owner.h"

namespace lastkm::runtime {

void PartitionOwner::send_again() {
  in_flight_.clear();
}

void PartitionOwner::put_follow_ups(std::vector<log::Append>& appends, std::vector<log::Append>& notes) {
  for (auto& [lane, books] : lanes_) {
    if (books->outbox().empty()) continue;
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
}

Status PartitionOwner::send(log::EventLog& log, std::span<const log::Append> asked,
                            std::span<const log::Append> notes) {
  if (asked.empty()) return done();
  if (auto sent = log.append(asked, log::Durability::synced); !sent) return sent.error();
  log::crash_point("follow_ups.appended");
  if (auto noted = log.append(notes, log::Durability::buffered); !noted) return noted.error();
  return done();
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

Status PartitionOwner::skip(LaneId lane, Ordinal ordinal, std::string_view by, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (lost_) return *lost_;
  if (!decides_) {
    return Error{
        ErrorKind::refused, "not-owner",
        "lane " + std::to_string(lane.value) + " is decided by another process of the deployment; ask there",
        ""};
  }
  if (const auto decided = newer_.find(lane.value); decided != newer_.end()) {
    return Error{ErrorKind::refused, "decided",
                 "lane " + std::to_string(lane.value) +
                     " has been decided there by a newer program: " + decided->second.why.message,
                 ""};
  }
  if (const std::int32_t decider = books(lane).state.decider;
      decider < lane::kOldestDecider || decider > lane::kNewestDecider) {
    return Error{ErrorKind::refused, "upgrade-required",
                 "lane " + std::to_string(lane.value) + " runs at decider " + std::to_string(decider) +
                     ", which this program cannot run: a newer one decides there",
                 ""};
  }
  const auto found = stopped_.find(lane.value);
  if (found == stopped_.end() || found->second.at != ordinal) {
    return Error{
        ErrorKind::refused, "not-stopped",
        "lane " + std::to_string(lane.value) + " has not stopped at ordinal " + std::to_string(ordinal.value),
        ""};
  }
  if (auto skipped = skip_locked(lane, ordinal, by, reason); !skipped) {
    // Refused: nothing was written, and nothing has changed here.
    return skipped.error().kind == ErrorKind::refused ? skipped : lose(skipped.error());
  }
  parts_.attempts.forget(lane);
  stopped_.erase(lane.value);
  read_again();
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
    const lane::Taken taken =
        lane::take(stored->record.key, stored->record.value, parts_.deployment.lanes, lane);
    const record::Decision decision =
        lane::given(books.state, taken, parts_.deployment.lanes, books, by, reason);
    std::string bytes = record::encode(decision, parts_.source);
    predicted_.push_back(Predicted{lane,
                                   ordinal,
                                   decision.command,
                                   decision.aggregate,
                                   bytes,
                                   record::hex(record::sha256(bytes)),
                                   std::nullopt,
                                   {}});
    std::vector<log::Append> appends;
    put_predicted(appends);
    if (auto written = parts_.log.append(appends, log::Durability::buffered); !written) {
      predicted_.pop_back();
      return written.error();
    }
    apply(books, taken, decision, bytes);
    books.last_command_offset = stored->offset;
    announced_ = true;
    return read_back();
  }
  return Error{ErrorKind::integrity, "log-rollback",
               "the command at which the lane stopped cannot be read any more", ""};
}

}  // namespace lastkm::runtime
