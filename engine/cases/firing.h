// Fires the clocks and marks of a case that are due, in the order of their times.
#pragma once

#include <vector>

#include "engine/cases/decide.h"
#include "engine/cases/state.h"
#include "engine/directory/context.h"
#include "engine/rules/workflow.h"

namespace lastkm::cases {

/// Whether something is due at or before `now`.
[[nodiscard]] bool is_due(const CaseState& state, Instant now);

/// Whether another calendar is in force than the case's due times were computed by. Some may stay as they
/// are.
[[nodiscard]] bool has_older_calendar(const CaseState& state, const directory::Context& context);

/// Counts due times again by the calendar in force, where that gives others: appends a DueDateRecomputed.
/// What has ended does not change. Years that the calendar lacks are counted on plain weeks.
void follow_calendar(const rules::Workflow& workflow, const directory::Context& context, const Moment& moment,
                     CaseState& state, Answer& into);

/// Moves the state to after everything that is due, or to where kMaxFiredEvents are reached; appends the
/// events and what they ask of other cases.
void fire_due(const rules::Workflow& workflow, const directory::Context& context, const Moment& moment,
              CaseState& state, Answer& into);

}  // namespace lastkm::cases
