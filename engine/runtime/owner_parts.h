// What the sources that read `decisions` share. Included by sources alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/log/event_log.h"

namespace lastkm::runtime {

inline constexpr std::size_t kReadBytes = 4U << 20U;
inline constexpr std::string_view kEpochHeader = "epoch";

/// The epoch of the owner that wrote the record; 0: none is named.
[[nodiscard]] std::int64_t epoch_of(const log::Record& record);
/// integrity "foreign-record": what stands there is neither a decision nor an owner's start.
[[nodiscard]] Error foreign_record(std::int32_t partition, std::int64_t offset);
/// "decisions, partition 3, offset 17", for messages.
[[nodiscard]] std::string place_of_decision(std::int32_t partition, std::int64_t offset);

}  // namespace lastkm::runtime
