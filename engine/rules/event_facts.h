// The event types of a case: which members their data must and may have, and which facts of the case each
// changes. The one table of shapes; the folds are in cases.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastkm::rules {

/// False for types that nothing knows, and for those that the engine alone causes.
[[nodiscard]] bool is_event(std::string_view type);

/// All types that there are, sorted; also those that the engine alone causes.
[[nodiscard]] std::vector<std::string_view> event_types();

struct EventMember {
  std::string name;
  std::string kind;  ///< text integer boolean bodies co_handlers scores sealed any
  bool required = false;
};
/// What the data of this type must and may have beside what else a command copies into it.
[[nodiscard]] std::vector<EventMember> members_of(std::string_view type);

/// Names after "case.", separated by blanks: "lead co_handlers level". A member of the event's data that has
/// the name of a fact is its new value.
[[nodiscard]] std::string_view facts_changed_by(std::string_view type);

}  // namespace lastkm::rules
