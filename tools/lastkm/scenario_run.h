// Runs scenarios, each in a deployment of its own: a folder with a virtual clock.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/runtime/log_place.h"
#include "engine/runtime/scratch_folder.h"
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

/// Runs scenarios one after the other. What several of them have given is published once, and each gets a
/// copy.
class ScenarioRunner {
 public:
  explicit ScenarioRunner(runtime::LogPlace place) : place_(std::move(place)) {}
  ScenarioRunner(const ScenarioRunner&) = delete;
  ScenarioRunner& operator=(const ScenarioRunner&) = delete;

  /// `file` is what relative paths of "given" stand beside. The deployment is made in `folder`, or in one
  /// that goes afterwards where it is empty; on Kafka it has topics of its own, which stay there. Errors are
  /// those of files and of the deployment; a check that fails is none.
  [[nodiscard]] Result<Told> run(const Scenario& scenario, const std::string& file,
                                 const std::string& folder);

 private:
  Result<std::string> make_scratch();
  /// The folder of a deployment with these documents in force.
  Result<std::string> deployment_with(const std::vector<std::string>& files);

  const runtime::LogPlace place_;
  std::vector<runtime::ScratchFolder> scratch_;
  std::map<std::vector<std::string>, std::string> deployments_;  ///< by what is published in them
};

}  // namespace lastkm::tool
