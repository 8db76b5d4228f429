// Where a rule stands: from the rule's id, as events and refusals carry it, to the part of the workflow and
// its line in the published document.
#pragma once

#include <string>
#include <string_view>

#include "engine/record/decision.h"
#include "engine/rules/workflow.h"
#include "projections/explain/document_text.h"

namespace lastkm::explain {

/// The parts of the workflow that a rule id names; nullptr where it names none.
struct Rule {
  std::string pointer;  ///< JSON pointer to its id, name or consequence; empty: it is none of this workflow
  const rules::CommandRule* command = nullptr;
  const rules::Transition* transition = nullptr;
  const rules::ClockRule* clock = nullptr;
  const rules::Mark* mark = nullptr;  ///< of `clock`; nullptr: its due time
};

[[nodiscard]] Rule find_rule(const rules::Workflow& workflow, std::string_view id);

/// The requirement of a transition that refuses with this code and sentence; nullptr: none.
[[nodiscard]] const rules::Requirement* find_requirement(const Rule& rule,
                                                         const record::Rejection& rejection);
/// The JSON pointer of its condition.
[[nodiscard]] std::string pointer_of(const Rule& rule, const rules::Requirement& requirement);

}  // namespace lastkm::explain
