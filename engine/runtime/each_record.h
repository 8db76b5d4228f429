// All of a partition, one record after the other, and of its decisions the accepted sequence: for those who
// go through a whole log.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/base/result.h"
#include "engine/log/event_log.h"
#include "engine/record/decision.h"

namespace lastkm::runtime {

/// Calls `visit` with each record, while it returns true; what it leaves of the record is nobody's. Its error
/// ends the reading, and is returned.
[[nodiscard]] Status each_record(log::EventLog& log, log::Topic topic, std::int32_t partition,
                                 const std::function<Result<bool>(log::StoredRecord&)>& visit);

/// The same with each accepted decision and its record. integrity, with the place in the log, where one does
/// not follow from those before it ("decision-gap"), belongs to a lane of another partition
/// ("wrong-partition") or cannot be read ("foreign-record", "bad-epoch", "undecodable").
[[nodiscard]] Status each_accepted(
    log::EventLog& log, std::int32_t partition,
    const std::function<Result<bool>(const record::Decision&, log::Record&)>& visit);

}  // namespace lastkm::runtime
