#include "engine/intake/dates.h"

#include <catch2/catch.hpp>

using namespace lastkm;
using namespace lastkm::intake;

TEST_CASE("dates: each way of writing an instant is read as that instant") {
  struct Row {
    std::string text, utc;
    bool has_time, has_zone;
    DateOrder order = DateOrder::month_first;
  };
  const std::vector<Row> table = {
      {"2026-05-20T09:30:00+08:00", "2026-05-20T01:30:00.000Z", true, true},
      {"2026-05-20T09:30:00Z", "2026-05-20T09:30:00.000Z", true, true},
      {"2026-05-20T09:30:00.5Z", "2026-05-20T09:30:00.500Z", true, true},
      {"2026-05-20t09:30:00.123456789z", "2026-05-20T09:30:00.123Z", true, true},
      {"2026-05-20T09:30", "2026-05-20T01:30:00.000Z", true, false},
      {"2026-05-20 09:30:00", "2026-05-20T01:30:00.000Z", true, false},
      {"2026-05-20 09:30:00 +0530", "2026-05-20T04:00:00.000Z", true, true},
      {"2026-05-20 09:30:00-05", "2026-05-20T14:30:00.000Z", true, true},
      {"2014-05-21 14:18:20 UTC", "2014-05-21T14:18:20.000Z", true, true},
      {"2012-03-14 23:17:08.23", "2012-03-14T15:17:08.230Z", true, false},
      {"2012-03-22 08:30:00.0", "2012-03-22T00:30:00.000Z", true, false},
      {"2026/5/2 9:05", "2026-05-02T01:05:00.000Z", true, false},
      {"2026.05.02", "2026-05-01T16:00:00.000Z", false, false},
      {"2022-01-21", "2022-01-20T16:00:00.000Z", false, false},
      {"03/01/2011 02:27:57 PM", "2011-03-01T06:27:57.000Z", true, false},
      {"03/01/2011 12:00:00 AM", "2011-02-28T16:00:00.000Z", true, false},
      {"03/01/2011 12:00:00 pm", "2011-03-01T04:00:00.000Z", true, false},
      {"3/1/2011", "2011-02-28T16:00:00.000Z", false, false},
      {"21/01/2022 13:47:00", "2022-01-21T05:47:00.000Z", true, false, DateOrder::day_first},
      {"03/01/2011 13:00", "2011-01-03T05:00:00.000Z", true, false, DateOrder::day_first},
      {"21.01.2022 13:47", "2022-01-21T05:47:00.000Z", true, false, DateOrder::day_first},
      {"20220121", "2022-01-20T16:00:00.000Z", false, false},
      {"20220121134700", "2022-01-21T05:47:00.000Z", true, false},
      {"202201211347", "2022-01-21T05:47:00.000Z", true, false},
      {"20220121T134700Z", "2022-01-21T13:47:00.000Z", true, true},
      {"20220121T134700", "2022-01-21T05:47:00.000Z", true, false},
      {"1642772820", "2022-01-21T13:47:00.000Z", true, true},
      {"1642772820123", "2022-01-21T13:47:00.123Z", true, true},
      {"2026-05-20T24:00:00Z", "2026-05-21T00:00:00.000Z", true, true},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z", true, true},
      {"1900-01-01T00:00:00Z", "1900-01-01T00:00:00.000Z", true, true},
      {"  2026-05-20T09:30:00Z\n", "2026-05-20T09:30:00.000Z", true, true},
  };
  for (const Row& row : table) {
    INFO(row.text);
    const auto time = read_time(row.text, row.order, 480);
    REQUIRE(time);
    CHECK(format_utc(time->at) == row.utc);
    CHECK(time->has_time == row.has_time);
    CHECK(time->has_zone == row.has_zone);
  }
}

TEST_CASE("dates: what is no date is not read as one") {
  for (const std::string text : {"",
                                 " ",
                                 "yesterday",
                                 "2026-13-01",
                                 "2026-02-30",
                                 "2025-02-29",
                                 "13/13/2022",
                                 "30/02/2022",
                                 "1/2/22",
                                 "2026-05-20T",
                                 "2026-05-20T25:00",
                                 "2026-05-20T24:01:00",
                                 "2026-05-20 09:60",
                                 "2026-05-20 09",
                                 "2026-05-20 09:30:61",
                                 "2026-05-20 09:30:00.",
                                 "2026-05-20 13:00 PM",
                                 "2026-05-20 0:00 AM",
                                 "2026-05-20 09:30 EST",
                                 "2026-05-20 09:30:00+",
                                 "2026-05-20 09:30:00+8",
                                 "2026-05-20 09:30:00+08:00x",
                                 "2026-05/20",
                                 "20221301",
                                 "20220121256000",
                                 "123",
                                 "99999999999",
                                 "1899-12-31",
                                 "9999-12-31",
                                 "0001-01-01",
                                 "-1642772820",
                                 "2026-05-20 09:30:00 UTC x",
                                 "20220121Txxxxxx",
                                 "2026-05-20-"}) {
    INFO(text);
    CHECK_FALSE(read_time(text, DateOrder::month_first, 480));
  }
}

TEST_CASE("dates: a number above twelve shows whether the day or the month stands first") {
  CHECK(shown_order("21/01/2022 13:47:00") == DateOrder::day_first);
  CHECK(shown_order("01/21/2022") == DateOrder::month_first);
  CHECK_FALSE(shown_order("03/04/2022"));
  CHECK_FALSE(shown_order("2022-01-21"));
  CHECK_FALSE(shown_order("31/31/2022"));
  CHECK(is_ambiguous("03/04/2022"));
  CHECK_FALSE(is_ambiguous("03/03/2022"));
  CHECK_FALSE(is_ambiguous("21/01/2022"));
  CHECK_FALSE(is_ambiguous("2022-03-04"));
}
