// Moves a deployment to another log, or to another number of partitions: commands and accepted decisions,
// lane by lane, byte for byte. A command with a foreign key stays with the lane that refused it. What
// repeats, what a lost owner wrote and who owned when stay behind: they lie outside the accepted sequence. A
// copy that was cut short goes on where it stopped; it is a deployment only once it is whole.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/log/event_log.h"
#include "engine/runtime/deployment.h"

namespace lastkm::runtime {

/// What a lane holds: how many records, and a hash over their values in their order.
struct LaneContent {
  std::int64_t commands = 0, decisions = 0;
  std::string commands_sha256, decisions_sha256;
  bool operator==(const LaneContent&) const = default;
};

/// Reads the whole log. integrity where a decision cannot be read, is of another partition or leaves a gap
/// ("decision-gap").
[[nodiscard]] Result<std::map<LaneId, LaneContent>> content_of(log::EventLog& log, std::int32_t lanes);

struct Copied {
  std::int64_t documents = 0, commands = 0, decisions = 0;  ///< in the new log, all of them
  std::int64_t had_before = 0;                              ///< of these, from a copy that was cut short
};

/// Copies, and compares what both hold. `progress` is told how many records were looked at. Neither log is
/// written by anybody else meanwhile. refused "log-not-empty" where `to` is a deployment; difference
/// "copy-differs" where `to` holds something else.
[[nodiscard]] Result<Copied> copy_log(log::EventLog& from, log::EventLog& to, const Deployment& deployment,
                                      const std::function<void(std::int64_t)>& progress);

}  // namespace lastkm::runtime
