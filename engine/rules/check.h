// Proves or refutes what a workflow must hold before it is put in force: every stage can be reached and left
// for an end, clocks begin, end and have consequences, ladders of escalation end, every command has a role, and
// of two transitions of one command at most one can fire. Conditions are decided by cells: their facts take one
// value of each class that the expressions can tell apart, and what can never happen together is proven so.
#pragma once

#include <vector>

#include "engine/rules/workflow.h"

namespace lastkm::rules {

/// Codes of errors: no-opening-command unreachable-stage no-way-to-end dead-transition command-without-role
/// overlap contradictory-guard clock-never-started clock-never-ends clock-without-consequence
/// clock-without-limit dead-limit endless-ladder; of warnings: undecided stage-without-holders. Sorted by
/// pointer; empty: all is proven.
[[nodiscard]] std::vector<Finding> prove(const Workflow& workflow);

}  // namespace lastkm::rules
