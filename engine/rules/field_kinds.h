// The kinds of fields as workflows write them.
#pragma once

#include <optional>
#include <string_view>

#include "engine/rules/workflow.h"

namespace lastkm::rules {

[[nodiscard]] std::string_view name_of(FieldKind kind);
/// nullopt: no kind has this name.
[[nodiscard]] std::optional<FieldKind> field_kind(std::string_view name);

}  // namespace lastkm::rules
