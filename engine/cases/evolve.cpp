#include "engine/cases/evolve.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/cases/clock_changes.h"
#include "engine/cases/vocabulary.h"
#include "engine/record/digest.h"

namespace lastkm::cases {

void evolve(CaseState& state, const record::Event& event, Instant recorded_at) {
  state.version = event.seq;
  if (state.makers.empty() || state.makers.back().body != event.actor.body)
    state.makers.push_back({event.actor.body, event.seq});
  if (const Row* row = find_row(event.type)) {
    if (row->fold != nullptr) row->fold(state, event, recorded_at);
    if (row->parts != nullptr) row->parts(state, event);
  }
  if (!event.stage.empty()) {
    state.stage = event.stage;
    state.ended = event.ended;
  }
  if (const Array* changes = event.clocks.if_array()) {
    for (const Value& change : *changes) apply_change(state, change);
  }
  if (const Array* holders = event.holders.if_array()) {
    state.holders.clear();
    for (const Value& holder : *holders) {
      if (const std::string* body = holder.if_string()) state.holders.push_back(*body);
    }
  }
}

void evolve(Parts& parts, const record::Event& event) {
  const Row* row = find_row(event.type);
  if (row != nullptr && row->parts != nullptr) row->parts(parts, event);
}

bool is_known(const AggregateId& of, const record::Event& event) {
  static constexpr std::array<std::string_view, 5> of_lanes = {
      "ClockAdvanced", "DeciderActivated", "DirectoryActivated", "DirectoryScheduled", "FollowUpsNoted"};
  if (event.version != 1) return false;
  if (!record::is_lane_aggregate(of)) return find_row(event.type) != nullptr;
  return std::find(of_lanes.begin(), of_lanes.end(), event.type) != of_lanes.end();
}

}  // namespace lastkm::cases
