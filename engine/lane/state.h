// The state of a lane: what orders its commands and numbers what they cause. The fold of its decisions.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"

namespace lastkm::lane {

/// The decider versions that this program can run. 2: a clock that has run out and whose step is then done is
/// said to be stopped (cases/clocks.cpp); a command of an unknown type of ours stops its lane (step.h); a key
/// that is used anew is refused in other words (repeat.cpp); a co-handler that has become the lead is not
/// pending (cases/facts.cpp). 3: a clock that is stopped while it is suspended keeps what is left of it, and
/// is suspended again once it is restored (cases/clocks.cpp); what a person tells of as earlier than the case
/// was asked for is refused (cases/decide.cpp).
inline constexpr std::int32_t kOldestDecider = 1;
inline constexpr std::int32_t kNewestDecider = 3;

struct LaneState {
  LaneId lane;
  Ordinal ordinal;  ///< of the last decision; 0: none
  Instant time;     ///< largest record time so far
  std::int32_t decider = kOldestDecider;
  DirectoryOrdinal context;                   ///< directory ordinal in force; 0: nothing
  std::map<std::int64_t, Instant> scheduled;  ///< directory ordinals that come into force at an instant ahead
  std::int64_t opened = 0;                    ///< reference numbers given
  std::int64_t version = 0;                   ///< seq of the last event of the lane itself
  std::string last_own;   ///< hex hash of the last decision about the lane itself: its `prev`
  std::string last_hash;  ///< hex hash of the last decision of any aggregate
  std::map<std::int32_t, std::int64_t> made;  ///< follow-ups numbered so far, by target lane
  std::map<std::int32_t, std::int64_t> sent;  ///< of these, known to be in the target's command log
  std::map<std::int32_t, std::int64_t> seen;  ///< follow-ups taken so far, by source lane
  bool operator==(const LaneState&) const = default;
};

/// What is in force for a decision at this lane time: a scheduled ordinal whose instant has come counts.
[[nodiscard]] DirectoryOrdinal context_at(const LaneState& state, Instant time);

[[nodiscard]] Value to_value(const LaneState& state);
[[nodiscard]] Result<LaneState> lane_state_from(const Value& value);

/// "17-000042": the n-th case that the lane opened.
[[nodiscard]] std::string reference_number(LaneId lane, std::int64_t n);

}  // namespace lastkm::lane
