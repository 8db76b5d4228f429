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

/// Moves the state to after everything that is due, or to where kMaxFiredEvents are reached; appends the
/// events.
void fire_due(const rules::Workflow& workflow, const directory::Context& context, const Moment& moment,
              CaseState& state, std::vector<record::Event>& events);

}  // namespace lastkm::cases
