// What is different between two workflows, in sentences that a rules officer would write.
#pragma once

#include <string>
#include <vector>

#include "engine/rules/workflow.h"

namespace lastkm::rules {

struct Change {
  std::string kind;     ///< "added", "removed" or "changed"
  std::string subject;  ///< "stage SIGNED", "clock handle", "command SignCase", "transition SignCase/T08"
  Bilingual text;       ///< a sentence
};

/// In the order: the workflow itself, stages, clocks, commands with their transitions. Empty: they say the
/// same, whatever their notes and versions are. The order of stages, clocks and commands tells nothing and is
/// not compared.
[[nodiscard]] std::vector<Change> diff(const Workflow& before, const Workflow& after);

}  // namespace lastkm::rules
