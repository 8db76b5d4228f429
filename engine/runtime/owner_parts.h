// What the sources that read `decisions` share. Included by sources alone.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/record/decision.h"

namespace lastkm::runtime {

inline constexpr std::size_t kReadBytes = 4U << 20U;

/// integrity "foreign-record": what stands there is neither a decision nor an owner's start;
/// "upgrade-required": it is of a type that a newer program may know.
[[nodiscard]] Error foreign_record(std::int32_t partition, std::int64_t offset, std::string_view bytes);
/// integrity "decision-gap": the decision is not the next after `last`, and no repeat.
[[nodiscard]] Error decision_gap(std::int32_t partition, std::int64_t offset,
                                 const record::Decision& decision, Ordinal last);
/// The same error, with the place of the decision in its message.
[[nodiscard]] Error at_decision(std::int32_t partition, std::int64_t offset, Error why);
/// "decisions, partition 3, offset 17", for messages.
[[nodiscard]] std::string place_of_decision(std::int32_t partition, std::int64_t offset);

}  // namespace lastkm::runtime
