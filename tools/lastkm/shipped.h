// The documents that come with the program: catalogue, calendars, workflows, and the district that
// scripts/setup makes.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/value.h"

namespace lastkm::tool {

/// Files in the order in which they can be published: places, bodies, catalogue, calendars, registers,
/// workflows. Looked for beside the program (../share/lastkm, ../) and in the source folder. not_found
/// "nothing-shipped".
[[nodiscard]] Result<std::vector<std::string>> shipped_files();

/// Orders documents so that what one names is published before it. Stable.
[[nodiscard]] int publishing_rank(const Value& document);

}  // namespace lastkm::tool
