#include "engine/rules/check.h"

#include <algorithm>
#include <tuple>
#include <utility>

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

std::vector<Finding> prove(const Workflow& workflow) {
  Findings findings;
  Never never;
  check_conditions(workflow, findings, never);
  const Reach reached = reach(workflow, never);
  check_stages(workflow, reached, findings);
  check_clocks(workflow, reached, findings);
  check_ladders(workflow, findings);
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.pointer, a.code, a.text) < std::tie(b.pointer, b.code, b.text);
  });
  return findings;
}

}  // namespace lastkm::rules
