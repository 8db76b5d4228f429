// What happened to a clock, and how its due time came about: base, limit, unit, calendar, the days that were
// skipped and the make-up days that were counted, in words.
#pragma once

#include <string>

#include "engine/base/value.h"
#include "engine/cases/state.h"
#include "engine/record/decision.h"
#include "projections/explain/names.h"

namespace lastkm::explain {

/// One clock change of an event, and what is needed to understand it.
struct ClockStory {
  const Value& change;         ///< as in the event, see engine/cases/state.h
  const cases::Clock* before;  ///< the clock as it was; nullptr: it did not exist
  const Value* calendar;  ///< the calendar document that the change names, or the one in force; may be null
  Instant at;             ///< what a started, resumed or suspended clock counts from
  std::string limit;      ///< a sentence that says which limit was chosen and why; may be empty
};

/// A sentence or more: "Started. Due at the end of 8 June 2026: 15 working days …"
[[nodiscard]] std::string clock_text(const Names& names, const ClockStory& story);

/// Which days between the base and the due time did not count, and which days off did: a sentence for units
/// of working time; empty for others, and where no calendar is known.
[[nodiscard]] std::string days_text(const Names& names, const Value* calendar, Instant base, Instant due,
                                    calendar::Unit unit);

}  // namespace lastkm::explain
