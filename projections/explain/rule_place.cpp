#include "projections/explain/rule_place.h"

#include "engine/base/fields.h"

namespace lastkm::explain {

namespace {

std::size_t index_of(const auto& list, const auto& item) {
  return static_cast<std::size_t>(&item - list.data());
}

std::string pointer_of(const rules::Workflow& workflow, const rules::CommandRule& command) {
  return child("/commands", index_of(workflow.commands, command));
}

Rule find_clock_rule(const rules::Workflow& workflow, std::string_view part) {
  for (const rules::ClockRule& clock : workflow.clocks) {
    const std::string prefix = "clock/" + clock.id;
    if (part == prefix + "/due") return {clock.pointer + "/on_due", nullptr, nullptr, &clock, nullptr};
    for (const rules::Mark& mark : clock.marks) {
      if (part == prefix + "/mark/" + mark.id) {
        return {child(clock.pointer + "/marks", index_of(clock.marks, mark)) + "/id", nullptr, nullptr,
                &clock, &mark};
      }
    }
  }
  return {};
}

}  // namespace

Rule find_rule(const rules::Workflow& workflow, std::string_view id) {
  const std::string prefix = workflow.id + "@" + std::to_string(workflow.version) + "/";
  if (!id.starts_with(prefix)) return {};
  const std::string_view part = id.substr(prefix.size());
  if (part == "applies") return {"/applies", nullptr, nullptr, nullptr, nullptr};
  for (const rules::CommandRule& command : workflow.commands) {
    if (part == command.name)
      return {pointer_of(workflow, command) + "/name", &command, nullptr, nullptr, nullptr};
    for (const rules::Transition& transition : command.transitions) {
      if (part == command.name + "/" + transition.id)
        return {transition.pointer + "/id", &command, &transition, nullptr, nullptr};
    }
  }
  return find_clock_rule(workflow, part);
}

const rules::Requirement* find_requirement(const Rule& rule, const record::Rejection& rejection) {
  if (rule.transition == nullptr) return nullptr;
  for (const rules::Requirement& one : rule.transition->require) {
    const std::string& sentence = one.text.en.empty() ? one.text.zh : one.text.en;
    if (one.code == rejection.code && sentence == rejection.text) return &one;
  }
  return nullptr;
}

std::string pointer_of(const Rule& rule, const rules::Requirement& requirement) {
  return child(rule.transition->pointer + "/require", index_of(rule.transition->require, requirement)) +
         "/if";
}

}  // namespace lastkm::explain
