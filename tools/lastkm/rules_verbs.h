// What the verbs of `lastkm rules` share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/rules/diff.h"
#include "engine/rules/workflow.h"
#include "tools/lastkm/program.h"

namespace lastkm::tool {

struct WorkflowFile {
  Value document;
  rules::Workflow workflow;
};
/// A workflow that could be published: bad_input with every error and its place where it could not.
[[nodiscard]] Result<WorkflowFile> read_workflow_file(Session& session, const std::string& file);
/// nullopt where the text is empty. bad_input where it is no RFC 3339 time with a zone.
[[nodiscard]] Result<std::optional<Instant>> instant_of(const std::string& text);
/// A line each; `language` is zh, en or both.
void print_changes(Session& session, const std::vector<rules::Change>& changes, const std::string& language);

/// rules draw, rules diff.
void add_rules_pictures(Program& program, Verb group);
/// rules try, rules migrate.
void add_rules_cases(Program& program, Verb group);

}  // namespace lastkm::tool
