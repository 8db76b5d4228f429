// The case that people name: by its id, by our reference number, or by the number that the caller's own
// system gave it.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/runtime/engine.h"

namespace lastkm::tool {

/// What every verb on one case says of its argument.
inline constexpr const char* kNamesCase =
    "case id, reference number, or the caller's own number: REFERENCE, or CHANNEL/REFERENCE";

/// The id or reference number of the case that is meant; as it was given where there is none. A caller's
/// reference alone is looked for in the channels that workflows have a word for, and those of imports.
/// bad_input "ambiguous-reference" where several have it.
[[nodiscard]] Result<std::string> case_named(runtime::Engine& engine, const std::string& given);

}  // namespace lastkm::tool
