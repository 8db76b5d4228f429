#include "engine/runtime/redecide.h"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "engine/lane/step.h"
#include "engine/record/digest.h"
#include "engine/runtime/directory_log.h"

namespace lastkm::runtime {

namespace {

constexpr std::size_t kRecords = 1024;
constexpr std::size_t kBytes = 8U << 20U;

/// A lane's memory with nothing behind it.
class PlainBooks final : public lane::Books {
 public:
  explicit PlainBooks(const DirectoryLog& directory) : directory_(directory) {}
  const cases::CaseState* find_case(const AggregateId& id) override {
    const auto found = cases_.find(id);
    return found == cases_.end() ? nullptr : &found->second;
  }
  std::optional<cases::Remembered> find_answered(const AggregateId& /*about*/, const CommandId& id) override {
    const auto found = answered_.find(id);
    if (found == answered_.end()) return std::nullopt;
    return found->second;
  }
  std::shared_ptr<const directory::Context> context(DirectoryOrdinal ordinal) override { return directory_.at(ordinal); }
  cases::CaseState take_case(const AggregateId& id) override {
    const auto found = cases_.find(id);
    if (found != cases_.end()) return std::move(found->second);
    cases::CaseState fresh;
    fresh.id = id;
    return fresh;
  }
  void put_case(cases::CaseState state) override {
    const AggregateId id = state.id;
    cases_[id] = std::move(state);
  }
  void remember(const AggregateId& /*about*/, cases::Remembered answered) override {
    const CommandId id = answered.command;
    answered_[id] = std::move(answered);
  }

 private:
  const DirectoryLog& directory_;
  std::unordered_map<AggregateId, cases::CaseState> cases_;
  std::unordered_map<CommandId, cases::Remembered> answered_;
};

/// The records of one partition that belong to one lane, one after the other.
class LaneReader {
 public:
  LaneReader(log::EventLog& log, log::Topic topic, LaneId lane, std::int32_t lanes)
      : log_(log), topic_(topic), lane_(lane), lanes_(lanes), partition_(log::partition_of(lane, log.partitions())) {}

  /// The next record of the lane, or nullopt at the end.
  Result<std::optional<log::StoredRecord>> next() {
    while (true) {
      while (!buffer_.empty()) {
        log::StoredRecord stored = std::move(buffer_.front());
        buffer_.pop_front();
        if (belongs(stored)) return std::optional(std::move(stored));
      }
      std::vector<log::StoredRecord> records;
      if (auto read = log_.read(topic_, partition_, next_offset_, kRecords, kBytes, records); !read) return read.error();
      if (records.empty()) return std::optional<log::StoredRecord>();
      next_offset_ = records.back().offset + 1;
      std::move(records.begin(), records.end(), std::back_inserter(buffer_));
    }
  }

 private:
  bool belongs(const log::StoredRecord& stored) const {
    if (topic_ == log::Topic::decisions && record::kind_of(stored.record.value) == record::DecisionRecordKind::owner_started) {
      return false;
    }
    LaneId lane = record::lane_of(AggregateId(stored.record.key), lanes_);
    if (log::partition_of(lane, log_.partitions()) != partition_ || lane.value < 0) lane = LaneId(partition_);
    return lane == lane_;
  }
  log::EventLog& log_;
  const log::Topic topic_;
  const LaneId lane_;
  const std::int32_t lanes_;
  const std::int32_t partition_;
  std::int64_t next_offset_ = 0;
  std::deque<log::StoredRecord> buffer_;
};

struct Accepted {
  std::string bytes;
  std::optional<record::Decision> decision;
};

/// The next decision of the accepted sequence: the first for its ordinal. Whatever cannot be read stands for itself.
Result<std::optional<Accepted>> next_accepted(LaneReader& decisions, Ordinal expected) {
  while (true) {
    auto stored = decisions.next();
    if (!stored) return stored.error();
    if (!*stored) return std::optional<Accepted>();
    Accepted out{std::move((*stored)->record.value), std::nullopt};
    auto decision = record::decode_decision(out.bytes);
    if (decision) {
      if (decision->ordinal < expected) continue;  // a repeat
      out.decision = std::move(*decision);
    }
    return std::optional(std::move(out));
  }
}

std::int64_t first_difference(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return x - a.begin();
}

void note(Redecided& result, LaneId lane, Ordinal ordinal, std::int64_t byte, std::string what) {
  ++result.different;
  if (!result.first) result.first = Redecided::Difference{lane, ordinal, byte, std::move(what)};
}

Status redecide_lane(log::EventLog& log, const Deployment& deployment, const DirectoryLog& directory, LaneId lane,
                     Redecided& result) {
  LaneReader commands(log, log::Topic::commands, lane, deployment.lanes);
  LaneReader decisions(log, log::Topic::decisions, lane, deployment.lanes);
  lane::LaneState state;
  state.lane = lane;
  PlainBooks books(directory);
  while (true) {
    auto stored = commands.next();
    if (!stored) return stored.error();
    auto accepted = next_accepted(decisions, next(state.ordinal));
    if (!accepted) return accepted.error();
    const Ordinal ordinal = next(state.ordinal);
    if (!*stored) {
      if (*accepted) note(result, lane, ordinal, 0, "there is a decision, but the command that it answers is gone");
      return done();
    }
    const lane::Taken taken = lane::take((*stored)->record.key, (*stored)->record.value, deployment.lanes, lane);
    if (!*accepted) {
      ++result.undecided;
      while (true) {
        auto rest = commands.next();
        if (!rest) return rest.error();
        if (!*rest) return done();
        ++result.undecided;
      }
    }
    ++result.commands;
    if ((*accepted)->decision) result.deciders.insert((*accepted)->decision->decider);
    std::optional<record::Decision> decision;
    if ((*accepted)->decision && lane::is_given(*(*accepted)->decision)) {
      ++result.given;
      decision = lane::given(state, taken, deployment.lanes, books, (*accepted)->decision->rejection->facts.text("by"),
                             (*accepted)->decision->rejection->text);
    } else {
      auto stepped = lane::step(state, taken, deployment.lanes, books);
      if (!stepped) {
        note(result, lane, ordinal, 0, stepped.error().message);
        return done();
      }
      decision = std::move(*stepped);
    }
    const std::string bytes = record::encode(*decision, deployment.source());
    if (bytes == (*accepted)->bytes) {
      if (!lane::is_given(*decision)) ++result.equal;
    } else {
      note(result, lane, ordinal, first_difference((*accepted)->bytes, bytes),
           "the decision in the log is not what the commands and rules give");
    }
    lane::fold(state, books, taken, *decision, bytes);
  }
}

}  // namespace

Result<Redecided> redecide(log::EventLog& log, const Deployment& deployment,
                           const std::function<void(std::int32_t)>& progress) {
  DirectoryLog directory(log, deployment.source());
  if (auto fresh = directory.refresh(); !fresh) return fresh.error();
  Redecided result;
  for (std::int32_t lane = 0; lane < deployment.lanes; ++lane) {
    if (auto checked = redecide_lane(log, deployment, directory, LaneId(lane), result); !checked) return checked.error();
    if (progress) progress(lane + 1);
  }
  return result;
}

}  // namespace lastkm::runtime
