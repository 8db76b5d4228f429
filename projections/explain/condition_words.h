// A condition of a workflow in words, for those who read file notes and not expressions.
#pragma once

#include <string>

#include "engine/rules/cel.h"
#include "projections/explain/names.h"

namespace lastkm::explain {

/// "the body that asks is the lead" for `actor.body == case.lead`; facts and values are called as `names`
/// calls them. Part of a sentence, without its end. Empty for an empty program.
[[nodiscard]] std::string in_words(const Names& names, const rules::Program& condition);

/// The same, with the expression behind it, so that it can be found in the document.
[[nodiscard]] std::string in_words_and_quoted(const Names& names, const rules::Program& condition);

}  // namespace lastkm::explain
