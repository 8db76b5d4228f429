#include "engine/rules/check.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/fields.h"
#include "engine/rules/check_parts.h"

namespace lastkm::rules {

void add_error(Findings& findings, std::string code, std::string pointer, std::string text) {
  findings.push_back({std::move(code), "error", std::move(pointer), std::move(text)});
}

void add_warning(Findings& findings, std::string code, std::string pointer, std::string text) {
  findings.push_back({std::move(code), "warning", std::move(pointer), std::move(text)});
}

std::string quoted(std::string_view name) {
  return "'" + std::string(name) + "'";
}

namespace {

void check_roles(const Workflow& workflow, const std::set<std::string>& played, Findings& findings) {
  for (std::size_t i = 0; i < workflow.commands.size(); ++i) {
    const CommandRule& command = workflow.commands[i];
    if (command.from_cases) continue;
    const bool somebody = std::any_of(command.roles.begin(), command.roles.end(),
                                      [&played](const std::string& role) { return played.count(role) > 0; });
    if (somebody) continue;
    std::string known;
    for (const std::string& role : played) known += (known.empty() ? "" : ", ") + role;
    add_error(findings, "role-nobody-plays", child(child("/commands", i), "roles"),
              "no body plays a role that may ask " + quoted(command.name) + "; bodies play " +
                  (known.empty() ? "none" : known));
  }
}

}  // namespace

std::vector<Finding> prove(const Workflow& workflow, const std::set<std::string>* played) {
  Findings findings;
  if (played != nullptr) check_roles(workflow, *played, findings);
  check_values(workflow, findings);
  check_fields(workflow, findings);
  Never never;
  check_conditions(workflow, findings, never);
  const Reach reached = reach(workflow, never);
  check_stages(workflow, reached, findings);
  check_clocks(workflow, reached, findings);
  check_left_clocks(workflow, reached, never, findings);
  check_ladders(workflow, findings);
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.pointer, a.code, a.text) < std::tie(b.pointer, b.code, b.text);
  });
  return findings;
}

}  // namespace lastkm::rules
