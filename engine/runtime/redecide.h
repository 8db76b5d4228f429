// The auditor's act: recompute every decision of a log from the commands and the directory alone, and compare
// bytes. Trusts no state, no snapshot, no outcome; reads nothing but the log.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/log/event_log.h"
#include "engine/runtime/deployment.h"

namespace lastkm::runtime {

struct Redecided {
  std::int64_t commands = 0;  ///< commands that have a decision
  std::int64_t equal = 0;
  std::int64_t different = 0;
  std::int64_t newer =
      0;  ///< of the different ones: from where on only a newer program can decide their lane
  std::int64_t given = 0;      ///< decisions that an operator gave
  std::int64_t undecided = 0;  ///< commands at the end that no decision answers yet
  std::set<std::int32_t> deciders;
  struct Difference {
    LaneId lane;
    Ordinal ordinal;
    std::int64_t byte = 0;  ///< first differing byte of the decision record, from 0
    std::string what;       ///< a sentence
  };
  std::optional<Difference> first;   ///< the first in order of lane and ordinal
  std::optional<Error> needs_newer;  ///< why, of the first of `newer`
};

/// `progress` is told after each lane how many lanes are done. An error is what keeps the log from being
/// read.
[[nodiscard]] Result<Redecided> redecide(log::EventLog& log, const Deployment& deployment,
                                         const std::function<void(std::int32_t lanes_done)>& progress);

}  // namespace lastkm::runtime
