#include "engine/base/time.h"

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace lastkm {

// Conversions between days and civil dates after Howard Hinnant, "chrono-Compatible Low-Level Date
// Algorithms".
Date to_date(CivilDate c) {
  const std::int32_t y = c.year - (c.month <= 2 ? 1 : 0);
  const std::int32_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int32_t yoe = y - era * 400;
  const std::int32_t doy = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
  const std::int32_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return Date{era * 146097 + doe - 719468};
}

CivilDate to_civil(Date date) {
  const std::int32_t z = date.days + 719468;
  const std::int32_t era = (z >= 0 ? z : z - 146096) / 146097;
  const std::int32_t doe = z - era * 146097;
  const std::int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int32_t mp = (5 * doy + 2) / 153;
  const std::int32_t month = mp + (mp < 10 ? 3 : -9);
  return CivilDate{yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1};
}

bool is_valid(CivilDate c) {
  if (c.year < 1 || c.year > 9999 || c.month < 1 || c.month > 12 || c.day < 1) return false;
  static constexpr std::array<std::int32_t, 12> lengths = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (c.year % 4 == 0 && c.year % 100 != 0) || c.year % 400 == 0;
  const std::int32_t length = lengths[static_cast<std::size_t>(c.month - 1)] + (c.month == 2 && leap ? 1 : 0);
  return c.day <= length;
}

int weekday(Date date) {
  // 1970-01-01 was a Thursday.
  const std::int32_t n = (date.days + 3) % 7;
  return n < 0 ? n + 7 : n;
}

namespace {
std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - ((a % b != 0 && (a % b < 0) != (b < 0)) ? 1 : 0);
}

constexpr std::size_t kYearBytes = 8;  // of the first year that a Date can lie in, -5877641

/// "00" to "99", one after the other.
constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t n = 0; n < 100; ++n) {
    pairs[n * 2] = static_cast<char>('0' + n / 10);
    pairs[n * 2 + 1] = static_cast<char>('0' + n % 10);
  }
  return pairs;
}();

/// Two digits of a number below 100.
char* write_pair(char* out, std::int32_t n) {
  std::memcpy(out, &kPairs[static_cast<std::size_t>(n) * 2], 2);
  return out + 2;
}

char* write_date(char* out, CivilDate c) {
  if (c.year >= 0 && c.year <= 9999) {
    out = write_pair(write_pair(out, c.year / 100), c.year % 100);
  } else {
    out = std::to_chars(out, out + kYearBytes, c.year).ptr;
  }
  *out++ = '-';
  out = write_pair(out, c.month);
  *out++ = '-';
  return write_pair(out, c.day);
}

char* write_civil(char* out, Instant local, bool always_ms) {
  const std::int64_t days = floor_div(local.ms, kMsPerDay);
  const auto rest = static_cast<std::int32_t>(local.ms - days * kMsPerDay);
  constexpr auto second = static_cast<std::int32_t>(kMsPerSecond);
  const std::int32_t seconds = rest / second;
  const std::int32_t ms = rest % second;
  out = write_date(out, to_civil(Date{static_cast<std::int32_t>(days)}));
  *out++ = 'T';
  out = write_pair(out, seconds / 3600);
  *out++ = ':';
  out = write_pair(out, seconds / 60 % 60);
  *out++ = ':';
  out = write_pair(out, seconds % 60);
  if (always_ms || ms != 0) {
    *out++ = '.';
    *out++ = static_cast<char>('0' + ms / 100);
    out = write_pair(out, ms % 100);
  }
  return out;
}

/// The number that these two characters are; -1 where one is no digit.
std::int32_t pair_at(const char* at) {
  const auto tens = static_cast<unsigned>(at[0]) - '0';
  const auto ones = static_cast<unsigned>(at[1]) - '0';
  return tens > 9 || ones > 9 ? -1 : static_cast<std::int32_t>(tens * 10 + ones);
}

constexpr std::size_t kDateBytes = 10;

/// The date that these kDateBytes characters are; nullopt where they are none.
std::optional<Date> date_at(const char* at) {
  const std::int32_t century = pair_at(at);
  const CivilDate c{century * 100 + pair_at(at + 2), pair_at(at + 5), pair_at(at + 8)};
  if (century < 0 || pair_at(at + 2) < 0 || at[4] != '-' || at[7] != '-' || !is_valid(c)) return std::nullopt;
  return to_date(c);
}

bool literal(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

Error bad_time(std::string_view text) {
  return Error{
      ErrorKind::bad_input, "bad-time",
      "'" + std::string(text) + "' is no RFC 3339 time with a zone, such as 2026-05-20T09:30:00+08:00", ""};
}
}  // namespace

Date local_date(Instant at, std::int32_t offset_minutes) {
  return Date{static_cast<std::int32_t>(floor_div(at.ms + offset_minutes * kMsPerMinute, kMsPerDay))};
}

Instant start_of(Date date, std::int32_t offset_minutes) {
  return Instant{date.days * kMsPerDay - offset_minutes * kMsPerMinute};
}

char* write_utc(char* out, Instant at) {
  out = write_civil(out, at, true);
  *out++ = 'Z';
  return out;
}

std::string format_utc(Instant at) {
  std::array<char, kUtcBytes> out{};
  return {out.data(), write_utc(out.data(), at)};
}

std::string format_at_offset(Instant at, std::int32_t offset_minutes) {
  std::array<char, kUtcBytes + 8> out{};
  char* end = write_civil(out.data(), at + offset_minutes * kMsPerMinute, false);
  *end++ = offset_minutes < 0 ? '-' : '+';
  const std::int32_t size = offset_minutes < 0 ? -offset_minutes : offset_minutes;
  end = write_pair(end, size / 60);
  *end++ = ':';
  return {out.data(), write_pair(end, size % 60)};
}

std::string format_date(Date date) {
  std::array<char, kUtcBytes> out{};
  return {out.data(), write_date(out.data(), to_civil(date))};
}

Result<Date> parse_date(std::string_view text) {
  const auto date = text.size() == kDateBytes ? date_at(text.data()) : std::nullopt;
  if (date) return *date;
  return Error{ErrorKind::bad_input, "bad-date", "'" + std::string(text) + "' is no date such as 2026-05-20",
               ""};
}

Result<Instant> parse_instant(std::string_view text) {
  constexpr std::size_t behind_seconds = 19;
  if (text.size() <= behind_seconds) return bad_time(text);
  const char* const fixed = text.data();
  const auto date = date_at(fixed);
  const std::int32_t hour = pair_at(fixed + 11);
  const std::int32_t minute = pair_at(fixed + 14);
  const std::int32_t second = pair_at(fixed + 17);
  const bool shaped = date && (fixed[10] == 'T' || fixed[10] == 't') && fixed[13] == ':' && fixed[16] == ':';
  if (!shaped || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return bad_time(text);
  std::size_t at = behind_seconds;
  std::int32_t ms = 0;
  if (literal(text, at, '.')) {
    std::int32_t scale = 100;
    std::size_t seen = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++seen, scale /= 10) {
      ms += (text[at] - '0') * scale;
    }
    if (seen == 0 || seen > 9) return bad_time(text);
  }
  std::int32_t offset = 0;
  if (literal(text, at, 'Z') || literal(text, at, 'z')) {
    if (at != text.size()) return bad_time(text);
  } else {
    constexpr std::size_t zone_bytes = 6;
    if (text.size() - at != zone_bytes || (text[at] != '+' && text[at] != '-')) return bad_time(text);
    const std::int32_t hours = pair_at(fixed + at + 1);
    const std::int32_t minutes = pair_at(fixed + at + 4);
    if (hours < 0 || hours > 23 || text[at + 3] != ':' || minutes < 0 || minutes > 59) return bad_time(text);
    offset = (hours * 60 + minutes) * (text[at] == '-' ? -1 : 1);
  }
  return start_of(*date, offset) + (hour * kMsPerHour + minute * kMsPerMinute + second * kMsPerSecond + ms);
}

}  // namespace lastkm
