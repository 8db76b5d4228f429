// Runs one scenario in a deployment of its own: a temporary folder with a virtual clock.
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

/// On Kafka it has topics of its own, which stay there. `file` is what relative paths of "given" stand beside. Errors are those of files and of the deployment; a
/// check that fails is none.
[[nodiscard]] Result<std::vector<Check>> run_scenario(const Scenario& scenario, const std::string& file,
                                                       runtime::LogPlace place);

}  // namespace lastkm::tool
