#include "engine/rules/workflow.h"

#include <algorithm>

namespace lastkm::rules {

namespace {
template <class T, class Name>
const T* find_by(const std::vector<T>& list, std::string_view wanted, Name name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const T& item) { return item.*name == wanted; });
  return found == list.end() ? nullptr : &*found;
}
}  // namespace

const Stage* Workflow::find_stage(std::string_view wanted) const {
  return find_by(stages, wanted, &Stage::id);
}
const ClockRule* Workflow::find_clock(std::string_view wanted) const {
  return find_by(clocks, wanted, &ClockRule::id);
}
const CommandRule* Workflow::find_command(std::string_view wanted) const {
  return find_by(commands, wanted, &CommandRule::name);
}

}  // namespace lastkm::rules
