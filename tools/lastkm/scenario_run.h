// Runs one scenario in a deployment of its own: a temporary folder with a virtual clock.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "tools/lastkm/scenario_text.h"

namespace lastkm::tool {

struct Check {
  std::string id;
  bool ok = false;
  std::string expected, got;
};

struct Told {
  std::vector<Check> checks;
  std::vector<std::string> rules;  ///< that caused its events: sorted, each once
};

/// `file` is what relative paths of "given" stand beside. Errors are those of files and of the deployment; a
/// check that fails is none.
[[nodiscard]] Result<Told> run_scenario(const Scenario& scenario, const std::string& file);

}  // namespace lastkm::tool
