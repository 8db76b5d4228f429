// What the effects of a rule ask of other cases: the workflow's `asks` made into requests. The lane numbers
// them as follow-ups.
#pragma once

#include <vector>

#include "engine/base/result.h"
#include "engine/cases/decide.h"
#include "engine/cases/facts.h"
#include "engine/rules/workflow.h"

namespace lastkm::cases {

/// In the order of the document, a list of cases in its own order. Refused "bad-case" where something is
/// asked of what is no case id; the errors of evaluation otherwise.
[[nodiscard]] Result<std::vector<Request>> react(const std::vector<rules::AskRule>& asks,
                                                 const CaseFacts& facts);

}  // namespace lastkm::cases
