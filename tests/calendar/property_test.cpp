// The calendar against the slowest implementation that can be read at a glance: day by day, minute by minute.
#include <catch2/catch.hpp>
#include <map>

#include "tests/calendar/shipped.h"

namespace lastkm::calendar {
namespace {

/// Working days straight from the document.
std::map<Date, bool> days_of(const Value& document) {
  std::map<Date, bool> days;
  for (const Value& year : *document.find("years")->if_array()) {
    const auto number = static_cast<std::int32_t>(year.number("year"));
    for (Date day = to_date({number, 1, 1}); day < to_date({number + 1, 1, 1}); day = day + 1) {
      days[day] = weekday(day) < 5;
    }
    for (const Value& range : *year.find("off")->if_array()) {
      for (Date day = date(std::string(range.text("from"))); day <= date(std::string(range.text("to")));
           day = day + 1) {
        days[day] = false;
      }
    }
    for (const Value& day : *year.find("makeup")->if_array()) days[date(*day.if_string())] = true;
  }
  return days;
}

Date nth(const std::map<Date, bool>& days, Date from, std::int64_t n) {
  const std::int32_t step = n < 0 ? -1 : 1;
  for (std::int64_t seen = 0; seen != n;) {
    from = from + step;
    if (days.at(from)) seen += step;
  }
  return from;
}

bool open(std::int64_t minute) {
  return (minute >= 540 && minute < 720) || (minute >= 780 && minute < 1020);
}

TEST_CASE("calendar: working days equal a walk day by day, for every day of every year") {
  const Calendar cn = shipped();
  const auto days = days_of(shipped_document());
  const Date end = date("2027-09-20");  // 60 working days on, the last year with a calendar is still there
  for (Date day = date("2025-02-20"); day < end; day = day + 1) {
    REQUIRE(cn.is_working_day(day).value() == days.at(day));
    const Instant base = start_of(day, 480) + (day.days * 7919LL) % kMsPerDay;
    for (const std::int64_t n : {-20, -7, -3, -2, -1, 1, 2, 3, 5, 7, 15, 22, 60}) {
      const Date expected = nth(days, day, n);
      INFO(format_date(day) << " + " << n << " WD");
      REQUIRE(cn.due(base, {n, Unit::working_days})->ms == start_of(expected + (n < 0 ? 0 : 1), 480).ms);
      REQUIRE(cn.office_opens(day, n)->ms == start_of(expected, 480).ms + 9 * kMsPerHour);
      // Paused at once, as much is left as was given.
      if (n > 0) REQUIRE(cn.left(base, *cn.due(base, {n, Unit::working_days}), Unit::working_days)->n == n);
    }
  }
}

TEST_CASE("calendar: office hours equal a walk minute by minute, from every day of every year") {
  const Calendar cn = shipped();
  const auto days = days_of(shipped_document());
  const Date end = date("2027-12-20");
  const std::int64_t furthest = 1000;
  for (Date day = date("2025-01-01"); day < end; day = day + 1) {
    const std::int64_t start = (day.days * 977LL) % 1440;
    const Instant base = start_of(day, 480) + start * kMsPerMinute;
    std::int64_t seen = 0;
    std::int64_t minute = start;
    for (Date walk = day; seen < furthest; walk = walk + 1, minute = 0) {
      const bool works = days.at(walk);
      for (; works && minute < 1440 && seen < furthest; ++minute) {
        if (!open(minute)) continue;
        ++seen;
        const Instant due = start_of(walk, 480) + (minute + 1) * kMsPerMinute;
        if (seen % 60 != 0 && seen % 97 != 0 && seen != 1) continue;
        INFO(format_date(day) << " minute " << start << " + " << seen << " WM");
        REQUIRE(cn.due(base, {seen, Unit::working_minutes})->ms == due.ms);
        REQUIRE(cn.left(base, due, Unit::working_minutes)->n == seen);
        if (seen % 60 == 0) REQUIRE(cn.due(base, {seen / 60, Unit::working_hours})->ms == due.ms);
      }
    }
  }
}

TEST_CASE("calendar: a later start is never due earlier") {
  const Calendar cn = shipped();
  for (const Amount amount :
       {Amount{7, Unit::working_days}, Amount{4, Unit::working_hours}, Amount{24, Unit::natural_hours},
        Amount{7, Unit::natural_days}, Amount{50, Unit::working_minutes}}) {
    Instant before{0};
    for (Instant base = at("2026-01-01T00:00"); base < at("2026-03-10T00:00");
         base = base + 17 * kMsPerMinute) {
      const Instant due = cn.due(base, amount).value();
      REQUIRE(due >= before);
      REQUIRE(due > base);
      before = due;
    }
  }
}

}  // namespace
}  // namespace lastkm::calendar
