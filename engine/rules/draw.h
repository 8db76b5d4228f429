// A workflow as a picture: stages, what leads from one to the next and who may ask it, and what clocks do
// (dashed).
#pragma once

#include <cstdint>
#include <string>

#include "engine/rules/workflow.h"

namespace lastkm::rules {

/// A Mermaid state diagram (stateDiagram-v2). All that leads from one stage to another is one edge with a
/// line for each command; what can be asked in every open stage starts from one node that stands for them;
/// what leaves the stage as it is stands in the stage.
[[nodiscard]] std::string draw_mermaid(const Workflow& workflow, Language language = Language::english);
/// The same as text for Graphviz' `dot`.
[[nodiscard]] std::string draw_dot(const Workflow& workflow, Language language = Language::english);

}  // namespace lastkm::rules
