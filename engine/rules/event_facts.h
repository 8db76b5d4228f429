// The event types that a workflow may cause, and which facts of the case each changes. The folds are in
// cases.
#pragma once

#include <string_view>

namespace lastkm::rules {

/// False for types that nothing knows, and for those that the engine alone causes.
[[nodiscard]] bool is_event(std::string_view type);
/// Names after "case.", separated by blanks: "lead co_handlers level". A member of the event's data that has
/// the name of a fact is its new value.
[[nodiscard]] std::string_view facts_changed_by(std::string_view type);

}  // namespace lastkm::rules
