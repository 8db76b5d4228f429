#include "engine/calendar/calendar.h"

#include <algorithm>
#include <array>

namespace lastkm::calendar {
namespace {

constexpr std::int64_t kMaxDays = 36525;  // 100 years

struct UnitName {
  Unit unit;
  std::string_view name;
};
constexpr std::array<UnitName, 6> kUnitNames = {{{Unit::natural_minutes, "NM"},
                                                 {Unit::natural_hours, "NH"},
                                                 {Unit::natural_days, "ND"},
                                                 {Unit::working_minutes, "WM"},
                                                 {Unit::working_hours, "WH"},
                                                 {Unit::working_days, "WD"}}};

Error missing(std::int32_t year) {
  return Error{ErrorKind::refused, "calendar-missing",
               "no working calendar in force covers the year " + std::to_string(year) +
                   ": publish and activate a calendar document that has it",
               ""};
}

Error no_office() {
  return Error{ErrorKind::refused, "calendar-missing", "the working calendar in force names no office hours",
               ""};
}

Error out_of_range(Amount amount) {
  return Error{ErrorKind::bad_input, "out-of-range",
               "a period of " + std::to_string(amount.n) + " " + std::string(name_of(amount.unit)) +
                   " is over 100 years, ends after the year 9999, or counts hours backwards",
               ""};
}

std::int32_t year_of(Date day) {
  return to_civil(day).year;
}

/// A period's length in ms where its unit is hours or minutes; 0 for days.
std::int64_t unit_ms(Unit unit) {
  switch (unit) {
    case Unit::natural_minutes:
    case Unit::working_minutes:
      return kMsPerMinute;
    case Unit::natural_hours:
    case Unit::working_hours:
      return kMsPerHour;
    case Unit::natural_days:
    case Unit::working_days:
      return 0;
  }
  return 0;
}

bool in_range(Amount amount) {
  const std::int64_t ms = unit_ms(amount.unit);
  if (ms == 0) return amount.n >= -kMaxDays && amount.n <= kMaxDays;
  return amount.n >= 0 && amount.n <= kMaxDays * (kMsPerDay / ms);
}

std::int64_t whole_minutes(std::int64_t ms) {
  return (ms + kMsPerMinute - 1) / kMsPerMinute;
}

}  // namespace

std::string_view name_of(Unit unit) {
  for (const UnitName& entry : kUnitNames) {
    if (entry.unit == unit) return entry.name;
  }
  return {};
}

std::optional<Unit> unit_of(std::string_view name) {
  for (const UnitName& entry : kUnitNames) {
    if (entry.name == name) return entry.unit;
  }
  return std::nullopt;
}

void Calendar::index() {
  working_days_.clear();
  for (const Year& year : years) {
    const Date first = to_date({year.year, 1, 1});
    const Date end = to_date({year.year + 1, 1, 1});
    for (Date day = first; day < end; day = day + 1) {
      const bool makeup = std::binary_search(year.makeup.begin(), year.makeup.end(), day);
      const bool off = std::any_of(year.off.begin(), year.off.end(), [day](const auto& range) {
        return range.first <= day && day <= range.second;
      });
      if (makeup || (!off && weekday(day) < 5)) working_days_.push_back(day);
    }
  }
}

bool Calendar::covers(Date first, Date last) const {
  if (working_days_.empty() || last < first) return !working_days_.empty();
  const auto at = [this](std::int32_t year) {
    return std::lower_bound(years.begin(), years.end(), year,
                            [](const Year& y, std::int32_t n) { return y.year < n; });
  };
  const std::int32_t from = year_of(first);
  const std::int32_t to = year_of(last);
  const auto begin = at(from);
  const auto end = at(to);
  return end != years.end() && begin->year == from && end->year == to && end - begin == to - from;
}

Result<bool> Calendar::is_working_day(Date day) const {
  if (!covers(day, day)) return missing(year_of(day));
  return std::binary_search(working_days_.begin(), working_days_.end(), day);
}

bool Calendar::is_provisional(Date day) const {
  const std::int32_t wanted = year_of(day);
  return std::any_of(years.begin(), years.end(),
                     [wanted](const Year& year) { return year.year == wanted && year.provisional; });
}

Result<Date> Calendar::nth_working_day(Date base, std::int64_t n) const {
  if (n == 0) return base;
  const auto begin = working_days_.begin();
  const auto end = working_days_.end();
  if (n > 0) {
    const auto after = std::upper_bound(begin, end, base);
    if (end - after < n)
      return missing(end == begin || end[-1] < base ? year_of(base + 1) : year_of(end[-1]) + 1);
    const Date found = after[n - 1];
    if (!covers(base + 1, found)) return missing(year_of(base + 1));
    return found;
  }
  const auto from = std::lower_bound(begin, end, base);
  if (from - begin < -n)
    return missing(end == begin || base < *begin ? year_of(base + -1) : year_of(*begin) - 1);
  const Date found = from[n];
  if (!covers(found, base + -1)) return missing(year_of(base + -1));
  return found;
}

Result<std::int64_t> Calendar::working_days_between(Date after, Date until) const {
  if (until <= after) return std::int64_t{0};
  if (!covers(after + 1, until))
    return missing(covers(after + 1, after + 1) ? year_of(until) : year_of(after + 1));
  const auto begin = working_days_.begin();
  const auto end = working_days_.end();
  return static_cast<std::int64_t>(std::upper_bound(begin, end, until) - std::upper_bound(begin, end, after));
}

std::int64_t Calendar::office_day_ms() const {
  std::int64_t minutes = 0;
  for (const auto& [opens, closes] : office_minutes) minutes += closes - opens;
  return minutes * kMsPerMinute;
}

Result<Instant> Calendar::due_in_office_time(Instant base, std::int64_t ms) const {
  const std::int64_t per_day = office_day_ms();
  if (per_day == 0) return no_office();
  const Date day = local_date(base, offset_minutes);
  const auto works = is_working_day(day);
  if (!works) return works.error();
  // Where in the day's office time the count begins; the whole day is gone on a day off.
  std::int64_t gone = per_day;
  if (*works) {
    gone = 0;
    for (const auto& [opens, closes] : office_minutes) {
      const Instant from = start_of(day, offset_minutes) + opens * kMsPerMinute;
      gone += std::clamp(base.ms - from.ms, std::int64_t{0}, (closes - opens) * kMsPerMinute);
    }
  }
  // A period that ends exactly when the office closes ends there, not at the next opening.
  const std::int64_t days = (gone + ms - 1) / per_day;
  std::int64_t left = gone + ms - days * per_day;
  const auto last = nth_working_day(day, days);
  if (!last) return last.error();
  for (const auto& [opens, closes] : office_minutes) {
    const std::int64_t length = (closes - opens) * kMsPerMinute;
    if (left <= length) return start_of(*last, offset_minutes) + (opens * kMsPerMinute + left);
    left -= length;
  }
  return no_office();
}

Result<Instant> Calendar::due(Instant base, Amount amount) const {
  if (!in_range(amount)) return out_of_range(amount);
  const std::int64_t ms = amount.n * unit_ms(amount.unit);
  const Date day = local_date(base, offset_minutes);
  Result<Instant> found = base + ms;
  if (amount.unit == Unit::working_minutes || amount.unit == Unit::working_hours) {
    if (ms > 0) found = due_in_office_time(base, ms);
  } else if (amount.unit == Unit::natural_days) {
    found = start_of(day + (static_cast<std::int32_t>(amount.n) + (amount.n < 0 ? 0 : 1)), offset_minutes);
  } else if (amount.unit == Unit::working_days) {
    const auto last = nth_working_day(day, amount.n);
    if (!last) return last.error();
    found = start_of(*last + (amount.n < 0 ? 0 : 1), offset_minutes);
  }
  if (found && found->ms > start_of(to_date({10000, 1, 1}), 0).ms) return out_of_range(amount);
  return found;
}

Result<std::int64_t> Calendar::office_time_between(Instant from, Instant to) const {
  if (office_day_ms() == 0) return no_office();
  const Date first = local_date(from, offset_minutes);
  const Date last = local_date(to, offset_minutes);
  if (!covers(first, last)) return missing(covers(first, first) ? year_of(last) : year_of(first));
  // Office time of a day before an instant of it.
  const auto before = [this](Date day, Instant at) {
    std::int64_t ms = 0;
    if (!std::binary_search(working_days_.begin(), working_days_.end(), day)) return ms;
    for (const auto& [opens, closes] : office_minutes) {
      const Instant open = start_of(day, offset_minutes) + opens * kMsPerMinute;
      ms += std::clamp(at.ms - open.ms, std::int64_t{0}, (closes - opens) * kMsPerMinute);
    }
    return ms;
  };
  const auto days = working_days_between(first + -1, last + -1);
  if (!days) return days.error();
  return *days * office_day_ms() + before(last, to) - before(first, from);
}

Result<Amount> Calendar::left(Instant at, Instant due, Unit unit) const {
  const std::int64_t ms = std::max(std::int64_t{0}, due.ms - at.ms);
  const Date today = local_date(at, offset_minutes);
  const Date last = local_date(due + -1, offset_minutes);
  switch (unit) {
    case Unit::natural_minutes:
    case Unit::natural_hours:
      return Amount{whole_minutes(ms), Unit::natural_minutes};
    case Unit::working_minutes:
    case Unit::working_hours: {
      if (ms == 0) return Amount{0, Unit::working_minutes};
      const auto office = office_time_between(at, due);
      if (!office) return office.error();
      return Amount{whole_minutes(*office), Unit::working_minutes};
    }
    case Unit::natural_days:
      return Amount{std::max(0, last.days - today.days), unit};
    case Unit::working_days: {
      const auto days = working_days_between(today, last);
      if (!days) return days.error();
      return Amount{*days, unit};
    }
  }
  return Amount{0, unit};
}

Result<Instant> Calendar::office_opens(Date base, std::int64_t n) const {
  if (office_minutes.empty()) return no_office();
  if (n < -kMaxDays || n > kMaxDays) return out_of_range({n, Unit::working_days});
  const auto day = nth_working_day(base, n);
  if (!day) return day.error();
  return start_of(*day, offset_minutes) + office_minutes.front().first * kMsPerMinute;
}

}  // namespace lastkm::calendar
