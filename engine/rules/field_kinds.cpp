#include "engine/rules/field_kinds.h"

#include <algorithm>
#include <array>

namespace lastkm::rules {

namespace {
/// In the order of FieldKind.
constexpr std::array<std::string_view, 17> kNames = {
    "code",        "text",  "caller",   "integer", "boolean",  "time",   "date",   "body", "bodies",
    "co_handlers", "place", "category", "clock",   "evidence", "scores", "person", "value"};
static_assert(kNames.size() == static_cast<std::size_t>(FieldKind::value) + 1);
}  // namespace

std::string_view name_of(FieldKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<FieldKind> field_kind(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<FieldKind>(found - kNames.begin());
}

}  // namespace lastkm::rules
