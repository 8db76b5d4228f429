// Checks a command's input against the fields that the workflow declares for it.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/value.h"
#include "engine/directory/context.h"
#include "engine/record/decision.h"
#include "engine/rules/workflow.h"

namespace lastkm::cases {

/// The first thing that is wrong, as "bad-data" or "unknown-body" with the JSON pointer of the member;
/// nullopt: all is well. Values are never repeated in the text: they may be personal data that went to the
/// wrong place.
[[nodiscard]] std::optional<record::Rejection> check_input(const rules::CommandRule& rule, const Value& input,
                                                           const rules::Workflow& workflow,
                                                           const directory::Context& context);

/// A box of the vault, by its shape: {"commit","key","sealed"}, all texts.
[[nodiscard]] bool is_sealed_box(const Value& value);

}  // namespace lastkm::cases
