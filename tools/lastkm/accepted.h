// The accepted sequence of `decisions`: for each lane and ordinal the first decision of a live epoch. What
// owners wrote twice or too late lies outside it (design section 1).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/base/result.h"
#include "engine/log/event_log.h"
#include "engine/record/decision.h"

namespace lastkm::tool {

/// Calls `visit` with each accepted decision of a partition and its bytes, in order, while it returns true.
/// integrity where a record cannot be read.
[[nodiscard]] Status each_accepted(
    log::EventLog& log, std::int32_t partition,
    const std::function<bool(const record::Decision&, const std::string& bytes)>& visit);

/// Calls `visit` with the bytes and the key of each record of a partition, in order, while it returns true.
[[nodiscard]] Status each_record(log::EventLog& log, log::Topic topic, std::int32_t partition,
                                 const std::function<bool(const log::StoredRecord&)>& visit);

}  // namespace lastkm::tool
