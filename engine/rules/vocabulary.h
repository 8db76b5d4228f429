// What expressions of a workflow may read: the facts and host functions of the workflow language
// (schemas/workflow.md), with their types and domains. The values come from cases/facts.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/rules/cel.h"
#include "engine/rules/workflow.h"

namespace lastkm::rules {

/// The facts of the case, its clocks and its category; with a command also those of the command and its
/// actor. `workflow` outlives the result; `fields` too.
[[nodiscard]] Vocabulary vocabulary_for(const Workflow& workflow, const std::vector<Field>* fields);

/// A command's field as a fact.
[[nodiscard]] Declaration declaration_of(const Field& field);

}  // namespace lastkm::rules
