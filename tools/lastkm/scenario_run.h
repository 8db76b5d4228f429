// Runs one scenario in a deployment of its own: a folder with a virtual clock.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/runtime/log_place.h"
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

/// `file` is what relative paths of "given" stand beside. The deployment is made in `folder`, or in one that
/// goes afterwards where it is empty; on Kafka it has topics of its own, which stay there. Errors are those
/// of files and of the deployment; a check that fails is none.
[[nodiscard]] Result<Told> run_scenario(const Scenario& scenario, const std::string& file,
                                        runtime::LogPlace place, const std::string& folder = {});

}  // namespace lastkm::tool
