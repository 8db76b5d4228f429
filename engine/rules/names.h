// How the parts of a workflow are called: names stand in expressions, in the ids of rules and in URLs. The
// same forms are in schemas/workflows/workflow.schema.json and schemas/workflow.md.
#pragma once

#include <string_view>

namespace lastkm::rules {

enum class NameForm {
  id,       ///< the workflow, stages, clocks, marks, transitions: A-Z a-z 0-9 _ -, a letter first
  command,  ///< A-Z a-z, a capital first
  role,     ///< A-Z _, a capital first
  field,    ///< a-z 0-9 _, a small letter first
  refusal,  ///< a-z 0-9 -, a small letter first
};

/// At most 64 characters of the form.
[[nodiscard]] bool is_name(std::string_view name, NameForm form);
/// What is_name() demands: "a letter first, then letters, digits, _ and -; at most 64".
[[nodiscard]] std::string_view words_for(NameForm form);

}  // namespace lastkm::rules
