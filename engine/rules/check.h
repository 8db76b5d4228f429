// Proves or refutes what a workflow must hold before it is put in force: every stage can be reached and left
// for an end, clocks begin, end and have consequences, ladders of escalation end, every command has a role,
// and of two transitions of one command at most one can fire. Conditions are decided by cells: their facts
// take one value of each class that the expressions can tell apart, and what can never happen together is
// proven so.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/rules/workflow.h"

namespace lastkm::rules {

/// Codes of errors: contradictory-guard overlap dead-limit unreachable-stage no-way-to-end dead-transition
/// clock-never-started clock-never-ends clock-without-limit endless-ladder reserved-name no-case-yet, and
/// those of literals (check_parts.h); of warnings: undecided stage-without-holders clock-runs-on
/// never-suspended never-stopped optional-unasked. Sorted by pointer; empty: all is proven. That every clock
/// has a consequence, every command a role, and that no guard reads personal data is demanded on reading:
/// no-event, no-role, cel-personal-data. With the roles that bodies play: role-nobody-plays.
[[nodiscard]] std::vector<Finding> prove(const Workflow& workflow,
                                         const std::set<std::string>* played = nullptr);

}  // namespace lastkm::rules
