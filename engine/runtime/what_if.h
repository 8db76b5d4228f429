// Plays the commands of a log again under a draft of a workflow, and says what would have become of each
// case: which would have ended, waited or escalated differently, and which commands would have been answered
// otherwise. Writes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/cases/state.h"
#include "engine/log/event_log.h"
#include "engine/runtime/deployment.h"

namespace lastkm::runtime {

/// One case that would be another. A case that is on one side alone has version 0 on the other.
struct Differing {
  cases::CaseState was;
  cases::CaseState would;
  bool ended = false;      ///< another stage, or over on one side alone
  bool waited = false;     ///< a clock that broke, or is due, at another time or on one side alone
  bool escalated = false;  ///< another level, lead, card or supervision
};

struct WhatIf {
  std::int64_t commands = 0;
  std::int64_t cases = 0;
  std::int64_t differing = 0;
  std::int64_t ended = 0;
  std::int64_t waited = 0;
  std::int64_t escalated = 0;
  std::int64_t newly_refused = 0;   ///< commands that were taken and would be refused
  std::int64_t newly_taken = 0;     ///< the other way round
  std::vector<Differing> examples;  ///< the first ones by lane and case id
};

struct WhatIfOptions {
  std::size_t examples = 20;
  int threads = 2;
};

/// `draft` is a workflow document; it stands in for every version of the workflow with its id. What a draft
/// would newly ask of other cases is not played. `progress` is told how many lanes are done, by one thread at
/// a time. bad_input where the draft has errors or no such workflow was published; errors of reading the log.
[[nodiscard]] Result<WhatIf> what_if(log::EventLog& log, const Deployment& deployment, const Value& draft,
                                     const WhatIfOptions& options,
                                     const std::function<void(std::int32_t lanes_done)>& progress);

}  // namespace lastkm::runtime
