#include <catch2/catch.hpp>

#include "engine/base/time.h"

using namespace lastkm;

TEST_CASE("time: every day from 1583 to 2400 survives the way to a civil date and back") {
  const Date first = to_date({1583, 1, 1});
  const Date last = to_date({2400, 12, 31});
  int day_of_week = weekday(first);
  for (Date date = first; date <= last; date = date + 1) {
    const CivilDate civil = to_civil(date);
    REQUIRE(is_valid(civil));
    REQUIRE(to_date(civil) == date);
    REQUIRE(weekday(date) == day_of_week);
    day_of_week = (day_of_week + 1) % 7;
  }
}

TEST_CASE("time: known days fall on known weekdays") {
  CHECK(weekday(to_date({1970, 1, 1})) == 3);   // Thursday
  CHECK(weekday(to_date({2026, 2, 14})) == 5);  // Saturday
  CHECK(weekday(to_date({2000, 2, 29})) == 1);  // Tuesday
}

TEST_CASE("time: what is no day is no day") {
  CHECK_FALSE(is_valid({2026, 2, 29}));
  CHECK(is_valid({2024, 2, 29}));
  CHECK_FALSE(is_valid({1900, 2, 29}));
  CHECK_FALSE(is_valid({2026, 13, 1}));
  CHECK_FALSE(is_valid({2026, 4, 31}));
  CHECK_FALSE(is_valid({0, 1, 1}));
}

TEST_CASE("time: instants are read in any zone and written in two forms") {
  struct Row {
    const char* text;
    const char* utc;
  };
  const Row rows[] = {
      {"2026-05-21T00:00:00+08:00", "2026-05-20T16:00:00.000Z"},
      {"2026-05-20T16:00:00Z", "2026-05-20T16:00:00.000Z"},
      {"2026-05-20t16:00:00.5z", "2026-05-20T16:00:00.500Z"},
      {"2026-05-20T16:00:00.123456789-00:30", "2026-05-20T16:30:00.123Z"},
      {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    auto instant = parse_instant(row.text);
    REQUIRE(instant);
    CHECK(format_utc(*instant) == row.utc);
  }
  CHECK(format_at_offset(*parse_instant("2026-05-20T16:00:00Z"), 480) == "2026-05-21T00:00:00+08:00");
  CHECK(format_at_offset(*parse_instant("2026-05-20T16:00:00.007Z"), -330) ==
        "2026-05-20T10:30:00.007-05:30");
}

TEST_CASE("time: what is no RFC 3339 time with a zone is refused") {
  for (const char* text :
       {"", "2026-05-21", "2026-05-21T00:00:00", "2026-05-21 00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-05-21T24:00:00Z", "2026-05-21T00:60:00Z", "2026-05-21T00:00:60Z", "2026-05-21T00:00:00.Z",
        "2026-05-21T00:00:00+8:00", "2026-05-21T00:00:00+08:0", "2026-05-21T00:00:00+08-00",
        "2026-05-21T00:00:00+24:00", "2026-05-21T00:00:0:Z", "2026/05/21T00:00:00Z", "026-05-21T00:00:00ZZ",
        "2026-05-21T00:00:00+08:00x", "2026-05-21T00:00:00.1234567890Z"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_instant(text));
    CHECK(parse_instant(text).error().code == "bad-time");
  }
}
