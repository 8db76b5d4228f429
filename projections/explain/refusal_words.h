// A refusal in words: which guard said no, what it saw, and what would have been needed.
#pragma once

#include <string>

#include "projections/explain/explain.h"
#include "projections/explain/names.h"
#include "projections/explain/rule_place.h"

namespace lastkm::explain {

struct Refused {
  const record::Rejection& rejection;
  const Turn& turn;
  const cases::CaseState& state;  ///< the case as the command met it
  const rules::Workflow* workflow;
  Rule rule;
};

/// Why it was refused: the workflow's own sentence, or the engine's for its code.
[[nodiscard]] std::string reason_text(const Names& names, const Refused& refused);
/// What would have been needed.
[[nodiscard]] std::string needed_text(const Names& names, const Refused& refused);

}  // namespace lastkm::explain
