#include "engine/calendar/calendar.h"

#include <catch2/catch.hpp>

#include "tests/calendar/shipped.h"

namespace lastkm::calendar {
namespace {

struct Vector {
  std::string base;
  std::int64_t n;
  Unit unit;
  std::string due;
};

TEST_CASE("calendar: both published years have the working days of the notices, month by month") {
  const Calendar cn = shipped();
  const std::vector<std::vector<int>> months = {{19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23},
                                                {21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23}};
  for (std::int32_t year = 2025; year <= 2026; ++year) {
    int all = 0;
    for (std::int32_t month = 1; month <= 12; ++month) {
      int count = 0;
      for (std::int32_t day = 1; is_valid({year, month, day}); ++day) {
        count += cn.is_working_day(to_date({year, month, day})).value() ? 1 : 0;
      }
      INFO(year << "-" << month);
      CHECK(count == months[static_cast<std::size_t>(year - 2025)][static_cast<std::size_t>(month - 1)]);
      all += count;
    }
    CHECK(all == 248);
  }
}

TEST_CASE("calendar: periods end where the domain's vectors and scenarios say") {
  const Calendar cn = shipped();
  const std::vector<Vector> vectors = {
      // section 6
      {"2025-09-26T10:00", 3, Unit::working_days, "2025-10-01T00:00"},
      {"2025-09-30T10:00", 1, Unit::working_days, "2025-10-10T00:00"},
      {"2025-09-30T10:00", 7, Unit::working_days, "2025-10-17T00:00"},
      {"2026-02-13T10:00", 3, Unit::working_days, "2026-02-26T00:00"},
      {"2026-02-13T10:00", 7, Unit::working_days, "2026-03-03T00:00"},
      {"2026-04-30T10:00", 3, Unit::working_days, "2026-05-09T00:00"},
      {"2026-05-08T10:00", 1, Unit::working_days, "2026-05-10T00:00"},
      // S1
      {"2026-03-11T18:43", 2, Unit::natural_hours, "2026-03-11T20:43"},
      {"2026-03-11T18:45", 30, Unit::natural_minutes, "2026-03-11T19:15"},
      {"2026-03-11T19:40", 7, Unit::working_days, "2026-03-21T00:00"},
      // S2
      {"2026-03-16T09:12", 7, Unit::working_days, "2026-03-26T00:00"},
      {"2026-05-06T10:00", 2, Unit::working_days, "2026-05-09T00:00"},
      // S3
      {"2026-04-27T20:15", 15, Unit::working_days, "2026-05-21T00:00"},
      {"2026-04-27T20:31", 4, Unit::working_hours, "2026-04-28T14:00"},
      {"2026-04-29T09:10", 2, Unit::working_days, "2026-05-07T00:00"},
      {"2026-04-30T15:00", 3, Unit::working_days, "2026-05-09T00:00"},
      // S4
      {"2026-01-29T14:20", 15, Unit::working_days, "2026-02-27T00:00"},
      {"2026-01-29T14:35", 3, Unit::working_days, "2026-02-04T00:00"},
      {"2026-02-04T00:00", 3, Unit::working_days, "2026-02-10T00:00"},
      {"2026-02-27T10:30", 2, Unit::natural_hours, "2026-02-27T12:30"},
      // S5, S8
      {"2026-07-18T19:05", 24, Unit::natural_hours, "2026-07-19T19:05"},
      {"2026-06-17T10:00", 15, Unit::working_days, "2026-07-10T00:00"},
      // natural days do not ask the calendar and do not roll
      {"2026-03-19T09:00", 7, Unit::natural_days, "2026-03-27T00:00"},
      {"2031-01-31T09:00", 30, Unit::natural_days, "2031-03-03T00:00"},
      // backwards: the start of the n-th day before
      {"2026-02-26T12:00", -1, Unit::working_days, "2026-02-25T00:00"},
      {"2026-02-25T12:00", -2, Unit::working_days, "2026-02-14T00:00"},
      {"2026-02-24T12:00", -1, Unit::natural_days, "2026-02-23T00:00"},
      // none: the end of the day; hours: at once
      {"2026-05-02T12:00", 0, Unit::working_days, "2026-05-03T00:00"},
      {"2026-05-02T12:00", 0, Unit::natural_days, "2026-05-03T00:00"},
      {"2026-05-02T12:00", 0, Unit::working_hours, "2026-05-02T12:00"},
  };
  for (const Vector& v : vectors) {
    INFO(v.base << " + " << v.n << " " << name_of(v.unit));
    CHECK(text_of(cn.due(at(v.base), {v.n, v.unit})) == v.due);
  }
}

TEST_CASE("calendar: hours of office time pause at noon, at night and on days off") {
  const Calendar cn = shipped();
  const std::vector<Vector> vectors = {
      {"2026-03-11T09:00", 3, Unit::working_hours, "2026-03-11T12:00"},  // due exactly at closing stays there
      {"2026-03-11T09:00", 181, Unit::working_minutes, "2026-03-11T13:01"},
      {"2026-03-11T09:00", 7, Unit::working_hours, "2026-03-11T17:00"},
      {"2026-03-11T08:00", 7, Unit::working_hours, "2026-03-11T17:00"},  // starts at the next opening
      {"2026-03-11T12:30", 1, Unit::working_hours, "2026-03-11T14:00"},
      {"2026-03-11T12:00", 1, Unit::working_hours, "2026-03-11T14:00"},
      {"2026-03-11T17:00", 1, Unit::working_hours, "2026-03-12T10:00"},
      {"2026-03-11T23:59", 14, Unit::working_hours, "2026-03-13T17:00"},
      {"2026-03-11T11:30", 7, Unit::working_hours, "2026-03-12T11:30"},
      {"2026-02-13T16:00", 2, Unit::working_hours, "2026-02-14T10:00"},    // a Saturday that works
      {"2026-02-14T16:59", 2, Unit::working_minutes, "2026-02-24T09:01"},  // then nine days off
      {"2026-02-18T10:00", 7, Unit::working_hours, "2026-02-24T17:00"},
  };
  for (const Vector& v : vectors) {
    INFO(v.base << " + " << v.n << " " << name_of(v.unit));
    CHECK(text_of(cn.due(at(v.base), {v.n, v.unit})) == v.due);
  }
  CHECK(cn.due(at("2026-03-11T09:00:30") + 250, {3, Unit::working_hours})->ms ==
        at("2026-03-11T13:00:30").ms + 250);
}

TEST_CASE("calendar: what is left when a clock is paused is what it gets when it goes on") {
  const Calendar cn = shipped();
  const Instant due = at("2026-03-26T00:00");
  const auto left = cn.left(at("2026-03-23T10:00"), due, Unit::working_days);
  CHECK(*left == Amount{2, Unit::working_days});
  CHECK(text_of(cn.due(at("2026-05-06T10:00"), *left)) == "2026-05-09T00:00");
  CHECK(*cn.left(at("2026-03-25T23:59"), due, Unit::working_days) == Amount{0, Unit::working_days});
  CHECK(*cn.left(at("2026-03-20T10:00"), due, Unit::natural_days) == Amount{5, Unit::natural_days});
  CHECK(*cn.left(at("2026-04-20T10:00"), due, Unit::natural_days) == Amount{0, Unit::natural_days});
  CHECK(*cn.left(at("2026-04-20T10:00"), due, Unit::working_days) == Amount{0, Unit::working_days});

  const Instant hours = at("2026-04-28T14:00");
  CHECK(*cn.left(at("2026-04-27T16:30"), hours, Unit::working_hours) == Amount{270, Unit::working_minutes});
  CHECK(*cn.left(at("2026-04-28T12:10"), hours, Unit::working_minutes) == Amount{60, Unit::working_minutes});
  CHECK(*cn.left(hours, hours, Unit::working_hours) == Amount{0, Unit::working_minutes});
  CHECK(*cn.left(at("2026-04-28T13:58:30"), hours, Unit::natural_hours) == Amount{2, Unit::natural_minutes});
  CHECK(*cn.left(at("2026-04-29T00:00"), hours, Unit::natural_hours) == Amount{0, Unit::natural_minutes});
}

TEST_CASE("calendar: marks stand at the opening of the office on working days around the due day") {
  const Calendar cn = shipped();
  CHECK(text_of(cn.office_opens(date("2026-02-26"), -1)) == "2026-02-25T09:00");
  CHECK(text_of(cn.office_opens(date("2026-02-26"), 0)) == "2026-02-26T09:00");
  CHECK(text_of(cn.office_opens(date("2026-02-26"), 1)) == "2026-02-27T09:00");
  CHECK(text_of(cn.office_opens(date("2026-02-24"), -2)) == "2026-02-13T09:00");
  CHECK(text_of(cn.office_opens(date("2026-02-27"), 1)) == "2026-02-28T09:00");
}

TEST_CASE("calendar: a year without a calendar is refused, a provisional one is said to be so") {
  const Calendar cn = shipped();
  CHECK(text_of(cn.due(at("2027-12-31T10:00"), {1, Unit::working_days})) == "calendar-missing");
  CHECK(text_of(cn.due(at("2025-01-01T10:00"), {-1, Unit::working_days})) == "calendar-missing");
  CHECK(text_of(cn.due(at("2024-12-30T10:00"), {1, Unit::working_days})) == "calendar-missing");
  CHECK(text_of(cn.due(at("2024-12-31T10:00"), {1, Unit::working_days})) == "2025-01-03T00:00");
  CHECK(text_of(cn.due(at("2027-12-31T16:00"), {2, Unit::working_hours})) == "calendar-missing");
  CHECK(text_of(cn.due(at("2028-03-01T10:00"), {1, Unit::working_minutes})) == "calendar-missing");
  CHECK(text_of(cn.office_opens(date("2029-01-05"), 1)) == "calendar-missing");
  CHECK(cn.is_working_day(date("2024-12-31")).error().code == "calendar-missing");
  CHECK(cn.left(at("2027-12-30T10:00"), at("2028-01-05T00:00"), Unit::working_days).error().code ==
        "calendar-missing");
  CHECK(cn.left(at("2027-12-30T10:00"), at("2028-01-05T00:00"), Unit::working_hours).error().code ==
        "calendar-missing");
  CHECK_FALSE(cn.is_provisional(date("2026-12-31")));
  CHECK(cn.is_provisional(date("2027-01-01")));
  CHECK_FALSE(cn.is_provisional(date("2028-01-01")));

  Calendar gap = cn;
  gap.years.erase(gap.years.begin() + 1);
  gap.index();
  CHECK(text_of(gap.due(at("2025-12-30T10:00"), {1, Unit::working_days})) == "2026-01-01T00:00");
  CHECK(text_of(gap.due(at("2025-12-31T10:00"), {1, Unit::working_days})) == "calendar-missing");
  CHECK(text_of(gap.due(at("2027-01-01T10:00"), {-1, Unit::working_days})) == "calendar-missing");
  CHECK(gap.left(at("2025-12-30T10:00"), at("2027-01-05T00:00"), Unit::working_days).error().code ==
        "calendar-missing");

  const Calendar none;
  CHECK(text_of(none.due(at("2026-03-11T09:00"), {1, Unit::working_days})) == "calendar-missing");
  CHECK(text_of(none.due(at("2026-03-11T09:00"), {-1, Unit::working_days})) == "calendar-missing");
  CHECK(text_of(none.due(at("2026-03-11T09:00"), {1, Unit::working_hours})) == "calendar-missing");
  CHECK(text_of(none.office_opens(date("2026-03-11"), 0)) == "calendar-missing");
}

TEST_CASE(
    "calendar: periods beyond a hundred years or the year 9999, and hours backwards, are out of range") {
  const Calendar cn = shipped();
  const Instant base = at("2026-03-11T09:00");
  CHECK(text_of(cn.due(base, {36525, Unit::natural_days})) == "2126-03-13T00:00");
  for (const Unit unit :
       {Unit::natural_days, Unit::working_days, Unit::natural_hours, Unit::working_minutes}) {
    CHECK(cn.due(base, {INT64_MAX, unit}).error().code == "out-of-range");
    CHECK(cn.due(base, {INT64_MIN, unit}).error().code == "out-of-range");
  }
  CHECK(cn.due(base, {36526, Unit::working_days}).error().code == "out-of-range");
  CHECK(cn.due(base, {-1, Unit::working_hours}).error().code == "out-of-range");
  CHECK(cn.due(base, {-1, Unit::natural_minutes}).error().code == "out-of-range");
  CHECK(cn.due(at("9999-12-01T00:00"), {100, Unit::natural_days}).error().code == "out-of-range");
  CHECK(cn.office_opens(date("2026-03-11"), INT64_MIN).error().code == "out-of-range");
}

TEST_CASE("calendar: units have the names of the documents") {
  for (const std::string_view name : {"NM", "NH", "ND", "WM", "WH", "WD"}) {
    REQUIRE(unit_of(name));
    CHECK(name_of(*unit_of(name)) == name);
  }
  CHECK_FALSE(unit_of("wd"));
  CHECK_FALSE(unit_of(""));
}

}  // namespace
}  // namespace lastkm::calendar
