// What a workflow's clock operations do to a case's clocks: computes due times and marks, and says it as
// changes that the event carries. An operation on a clock that is in no state for it changes nothing (a
// breached clock stays breached), unless the command itself names the clock: then it is refused.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/calendar/calendar.h"
#include "engine/cases/facts.h"
#include "engine/cases/state.h"
#include "engine/rules/workflow.h"

namespace lastkm::cases {

struct ClockWork {
  const rules::Workflow& workflow;
  const calendar::Calendar& calendar;
  const CaseFacts& facts;  ///< over `state`
  CaseState& state;
  Instant base;          ///< when it happens: what a started or resumed clock counts from
  std::int32_t decider;  ///< version
};

/// Applies the operation to the state and appends its changes. Marks of a new clock that would lie at or
/// before its base are left out; marks of a resumed or extended clock come at the earliest now. refused
/// calendar-missing | guard-failed (the clock named by the command is in no state for it); bad_input
/// out-of-range; refused evaluation. A failed operation on one clock has changed nothing.
[[nodiscard]] Status operate(const rules::ClockOperation& operation, const ClockWork& work, Array& changes);

/// Counts every due time that is to come, and the marks, again by this calendar; appends the changes of those
/// that differ. A mark keeps the time that it gets, also where that is past. The errors of operate; a failure
/// leaves the state in between.
[[nodiscard]] Status recompute(const ClockWork& work, Array& changes);

/// The calendar with the years that it lacks around `at` counted as plain weeks, Monday to Friday, and marked
/// provisional.
[[nodiscard]] calendar::Calendar on_plain_weeks(const calendar::Calendar& calendar, Instant at);

}  // namespace lastkm::cases
