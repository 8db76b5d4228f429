// A case in the shapes of the contract (design section 12). Times are RFC 3339 at an offset.
#pragma once

#include <cstdint>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "projections/views/case_row.h"

namespace lastkm::projections {

/// As of `case show`: with clocks, which of them are overdue at `now`, and the position that the answer
/// reflects.
[[nodiscard]] Value case_show(const CaseRow& row, Ordinal ordinal, std::int32_t offset_minutes, Instant now);
/// As of `case list`: like case show without clocks, and with "due" and "overdue" at `now`.
[[nodiscard]] Value case_line(const CaseRow& row, Ordinal ordinal, std::int32_t offset_minutes, Instant now);
/// As of `case history`, from {"event","lane","ordinal","recorded_at"}: the event as it stands in its record,
/// with the lane, ordinal and record time of its decision.
[[nodiscard]] Value history_line(Value row, std::int32_t offset_minutes);
/// Puts a time that stands in a row at the offset.
void at_offset(Object& object, std::string_view name, std::int32_t offset_minutes);

}  // namespace lastkm::projections
