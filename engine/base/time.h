// Instants, dates and their texts. Instants are milliseconds since 1970-01-01T00:00:00Z; there is no time
// zone data here, only an offset that a calendar document names. Proleptic Gregorian calendar. Pure.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace lastkm {

struct Instant {
  std::int64_t ms = 0;
  auto operator<=>(const Instant&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.ms);
  }
};

inline Instant operator+(Instant at, std::int64_t ms) {
  return Instant{at.ms + ms};
}

inline constexpr std::int64_t kMsPerSecond = 1000;
inline constexpr std::int64_t kMsPerMinute = 60 * kMsPerSecond;
inline constexpr std::int64_t kMsPerHour = 60 * kMsPerMinute;
inline constexpr std::int64_t kMsPerDay = 24 * kMsPerHour;

/// Days since 1970-01-01 in local time.
struct Date {
  std::int32_t days = 0;
  auto operator<=>(const Date&) const = default;
};

struct CivilDate {
  std::int32_t year = 1970;
  std::int32_t month = 1;  ///< 1..12
  std::int32_t day = 1;    ///< 1..31
};

inline Date operator+(Date d, std::int32_t n) {
  return Date{d.days + n};
}

[[nodiscard]] Date to_date(CivilDate civil);
[[nodiscard]] CivilDate to_civil(Date date);
[[nodiscard]] bool is_valid(CivilDate civil);
/// 0 is Monday, 6 is Sunday.
[[nodiscard]] int weekday(Date date);
/// The local date of an instant, at an offset from UTC in minutes.
[[nodiscard]] Date local_date(Instant at, std::int32_t offset_minutes);
/// The instant at which a local date begins.
[[nodiscard]] Instant start_of(Date date, std::int32_t offset_minutes);

/// RFC 3339 in UTC with milliseconds, "2026-05-20T16:00:00.000Z": the one form in records.
[[nodiscard]] std::string format_utc(Instant at);
/// The same into room for kUtcBytes, which any year fits in; its end.
[[nodiscard]] char* write_utc(char* out, Instant at);
inline constexpr std::size_t kUtcBytes = 32;
/// RFC 3339 with an offset; milliseconds only where there are some: "2026-05-21T00:00:00+08:00". The form for
/// people and programs.
[[nodiscard]] std::string format_at_offset(Instant at, std::int32_t offset_minutes);
/// "2026-05-21"
[[nodiscard]] std::string format_date(Date date);

/// Reads RFC 3339 (a zone is demanded; up to nine fraction digits, cut to ms). bad_input "bad-time"
/// otherwise.
[[nodiscard]] Result<Instant> parse_instant(std::string_view text);
/// Reads "2026-05-21". bad_input "bad-date" otherwise.
[[nodiscard]] Result<Date> parse_date(std::string_view text);

}  // namespace lastkm
