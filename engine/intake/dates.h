// Dates and times as other systems write them. There is no time zone data here: what bears no zone is read at
// a fixed offset that the format or the operator names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/time.h"

namespace lastkm::intake {

/// Which number of 03/04/2022 is the month.
enum class DateOrder : std::uint8_t { month_first, day_first };

struct ReadTime {
  Instant at;
  bool has_time = true;  ///< false: a date alone, read as the start of its day
  bool has_zone = true;  ///< false: read at the offset that was given
};

/// ISO 8601 with T or blank, with or without zone ("Z", "+08:00", "+0800", " UTC", " GMT"), seconds and
/// fraction; year first with - / or .; month or day first with / - or ., with AM and PM; compact
/// 20220121[T]134700; epoch seconds (9, 10 digits) and milliseconds (13 digits); a date alone. nullopt where
/// it is none of these, or no real date of the years 1900 to 2199.
[[nodiscard]] std::optional<ReadTime> read_time(std::string_view text, DateOrder order,
                                                std::int32_t offset_minutes);

/// "+08:00", "-0500", "+08", "Z" as minutes east of UTC; nullopt where it is none of these.
[[nodiscard]] std::optional<std::int32_t> read_zone(std::string_view text);

/// What one text shows about the order of its file: only one order gives a date. nullopt: both do, or it is
/// of another form.
[[nodiscard]] std::optional<DateOrder> shown_order(std::string_view text);
/// Whether the order matters: both orders give a date, and they differ.
[[nodiscard]] bool is_ambiguous(std::string_view text);

}  // namespace lastkm::intake
