#include "engine/lane/state.h"

#include <algorithm>

#include "engine/record/envelope.h"

namespace lastkm::lane {

namespace {

Value counts(const std::map<std::int32_t, std::int64_t>& by_lane) {
  Object out;
  for (const auto& [lane, n] : by_lane) out.set(std::to_string(lane), n);
  return Value(std::move(out));
}

std::map<std::int32_t, std::int64_t> counts_from(const Value& value) {
  std::map<std::int32_t, std::int64_t> out;
  const Object* object = value.if_object();
  if (object == nullptr) return out;
  for (const Member& member : *object) {
    std::int32_t lane = 0;
    for (const char c : member.name) lane = lane * 10 + (c - '0');
    if (const std::int64_t* n = member.value.if_int()) out[lane] = *n;
  }
  return out;
}

}  // namespace

DirectoryOrdinal context_at(const LaneState& state, Instant time) {
  DirectoryOrdinal out = state.context;
  for (const auto& [ordinal, from] : state.scheduled) {
    if (from <= time) out = std::max(out, DirectoryOrdinal(ordinal));
  }
  return out;
}

Value to_value(const LaneState& state) {
  Object scheduled;
  for (const auto& [ordinal, from] : state.scheduled) scheduled.set(std::to_string(ordinal), from.ms);
  return Value(Object{{"context", state.context.value},
                      {"decider", static_cast<std::int64_t>(state.decider)},
                      {"lane", static_cast<std::int64_t>(state.lane.value)},
                      {"last_hash", state.last_hash},
                      {"last_own", state.last_own},
                      {"made", counts(state.made)},
                      {"opened", state.opened},
                      {"ordinal", state.ordinal.value},
                      {"scheduled", Value(std::move(scheduled))},
                      {"seen", counts(state.seen)},
                      {"sent", counts(state.sent)},
                      {"time", state.time.ms},
                      {"version", state.version}});
}

Result<LaneState> lane_state_from(const Value& value) {
  record::Members members(value, "lane state");
  LaneState state;
  state.context = DirectoryOrdinal(members.demand_number("context"));
  state.decider = static_cast<std::int32_t>(members.demand_number("decider"));
  state.lane = LaneId(static_cast<std::int32_t>(members.demand_number("lane")));
  state.last_hash = members.demand_text("last_hash");
  state.last_own = members.demand_text("last_own");
  state.opened = members.demand_number("opened");
  state.ordinal = Ordinal(members.demand_number("ordinal"));
  state.time = Instant{members.demand_number("time")};
  state.version = members.demand_number("version");
  state.made = counts_from(members.copy("made"));
  state.seen = counts_from(members.copy("seen"));
  state.sent = counts_from(members.copy("sent"));
  for (const auto& [ordinal, ms] : counts_from(members.copy("scheduled"))) {
    state.scheduled[ordinal] = Instant{ms};
  }
  if (!members.good()) return members.error();
  return state;
}

std::string reference_number(LaneId lane, std::int64_t n) {
  std::string digits = std::to_string(n);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return std::to_string(lane.value) + "-" + digits;
}

}  // namespace lastkm::lane
