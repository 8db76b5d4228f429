// The three rates as people read them: "—" where the base is empty, never 100.
#pragma once

#include <string>

#include "engine/base/value.h"
#include "tools/lastkm/table.h"

namespace lastkm::tool {

/// "87.50% (7/8)", or "—" for null. Rounded half up to two decimals.
[[nodiscard]] std::string percent(const Value* fraction);
/// A table of lines of `rates`.
[[nodiscard]] Table rates_table(const Array& lines, const std::string& key_title);

}  // namespace lastkm::tool
