// SHA-256 (FIPS 180-4) of record bytes, and the lane of an aggregate.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/ids.h"

namespace lastkm::record {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest sha256(std::string_view bytes);
[[nodiscard]] std::string hex(std::string_view bytes);
[[nodiscard]] std::string hex(const Digest& digest);
/// The first 8 bytes (big-endian) of SHA-256 of the aggregate id, modulo the count. "lane-N" is lane N
/// itself: it names the lane as an aggregate, for what concerns the lane as a whole.
[[nodiscard]] LaneId lane_of(const AggregateId& id, std::int32_t lanes);
[[nodiscard]] AggregateId lane_aggregate(LaneId lane);
[[nodiscard]] bool is_lane_aggregate(const AggregateId& id);

}  // namespace lastkm::record
