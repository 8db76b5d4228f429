// A workflow as a picture: stages, what leads from one to the next and who may ask it, and what clocks do (dashed).
#pragma once

#include <cstdint>
#include <string>

#include "engine/rules/workflow.h"

namespace lastkm::rules {

enum class Language : std::uint8_t { zh, en };  ///< of the titles

/// A Mermaid state diagram. Edges between the same two stages are one edge with several lines.
[[nodiscard]] std::string draw_mermaid(const Workflow& workflow, Language language = Language::en);
/// Text for Graphviz' `dot`.
[[nodiscard]] std::string draw_dot(const Workflow& workflow, Language language = Language::en);

}  // namespace lastkm::rules
