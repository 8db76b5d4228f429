// Lanes in memory, and commands for them.
#pragma once

#include "engine/lane/step.h"
#include "engine/record/digest.h"
#include "tests/cases/world.h"

namespace lastkm::lane {

inline constexpr std::int32_t kLanes = 4;

/// A lane in memory. `decide` is what an owner does: take, step, encode, fold.
struct Lane final : Books {
  explicit Lane(std::int32_t number = 0) {
    state.lane = LaneId(number);
    state.decider = kNewestDecider;
  }
  const cases::CaseState* find_case(const AggregateId& id) override {
    const auto found = cases.find(id);
    return found == cases.end() ? nullptr : &found->second;
  }
  std::optional<cases::Remembered> find_answered(const AggregateId& about, const CommandId& id) override {
    const auto found = answered.find({about, id});
    if (found == answered.end()) return std::nullopt;
    return found->second;
  }
  std::shared_ptr<const directory::Context> context(DirectoryOrdinal ordinal) override {
    return ordinal.value > reach ? nullptr : cases::world();
  }
  cases::CaseState& edit_case(const AggregateId& id) override {
    edited = find_case(id) == nullptr ? cases::CaseState() : cases[id];
    edited.id = id;
    return edited;
  }
  void keep_case() override { cases[edited.id] = edited; }
  void remember(const AggregateId& about, cases::Remembered one) override {
    Asked asked{about, one.command};
    answered[std::move(asked)] = std::move(one);
  }

  record::Decision decide_bytes(const std::string& key, const std::string& bytes) {
    const Taken taken = take(key, bytes, kLanes, state.lane);
    auto decision = step(state, taken, kLanes, *this);
    if (!decision) FAIL(decision.error().message);
    last_bytes = record::encode(*decision, "/lastkm/test");
    const auto again = record::decode_decision(last_bytes);
    REQUIRE(again.has_value());
    CHECK(*again == *decision);
    fold(state, *this, taken, *decision, last_bytes);
    CHECK(state.ordinal == decision->ordinal);
    return *decision;
  }
  record::Decision decide(const record::Command& command) {
    return decide_bytes(command.aggregate.value, record::encode(command, "/lastkm/test"));
  }

  LaneState state;
  std::map<AggregateId, cases::CaseState> cases;
  cases::CaseState edited;  ///< given out to be changed
  std::unordered_map<Asked, cases::Remembered, Asked::Hash> answered;
  std::int64_t reach = 5;
  std::string last_bytes;
};

inline CommandId id_of(int n) {
  return CommandId(record::hex(record::sha256("command " + std::to_string(n))).substr(0, 32));
}

/// The n-th aggregate of a lane.
inline AggregateId aggregate_of(int n, LaneId lane = LaneId(0)) {
  for (int i = 0;; ++i) {
    AggregateId id(record::hex(record::sha256("case " + std::to_string(i))).substr(0, 32));
    if (record::lane_of(id, kLanes) == lane && n-- == 0) return id;
  }
}

inline record::Command asked(int id, const AggregateId& about, const std::string& name,
                             const record::Actor& actor, const std::string& input,
                             const std::string& when = "2026-05-20T09:00") {
  record::Command out = cases::command(name, actor, input, cases::at(when));
  out.id = id_of(id);
  out.aggregate = about;
  out.lane = record::lane_of(about, kLanes);
  out.fingerprint = record::hex(record::sha256(input));
  return out;
}

inline std::string code(const record::Decision& decision) {
  return decision.rejection ? decision.rejection->code : "taken";
}

}  // namespace lastkm::lane
