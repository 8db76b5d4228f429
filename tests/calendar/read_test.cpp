#include <catch2/catch.hpp>

#include "tests/calendar/shipped.h"

namespace lastkm::calendar {
namespace {

Value parsed(const std::string& text) {
  return json::read_value(text, "test").value();
}

/// A document whose years are these.
std::string with_years(const std::string& years) {
  return R"({"kind":"calendar","id":"cn","version":1,"offset":"+08:00","office":[["09:00","12:00"]],"years":[)" +
         years + "]}";
}

struct Wrong {
  std::string document;
  std::string code;
  std::string pointer;
};

TEST_CASE("read calendar: each fault is named with its pointer") {
  const std::vector<Wrong> wrongs = {
      {"[]", "wrong-type", ""},
      {R"({"kind":"calendar","id":"cn","version":1,"offset":"+08:00","office":[["09:00","12:00"]]})",
       "missing-member", ""},
      {R"({"kind":"calendar","id":"cn","version":1,"offset":"8","office":[["09:00","12:00"]],"years":[{"year":2026,"status":"published","off":[]}]})",
       "bad-time", "/offset"},
      {R"({"kind":"calendar","id":"cn","version":0,"offset":"+08:00","office":[["09:00","12:00"]],"years":[{"year":2026,"status":"published","off":[]}]})",
       "out-of-range", "/version"},
      {R"({"kind":"calendar","id":"cn","version":1,"offset":"+08:00","office":[["12:00","09:00"]],"years":[{"year":2026,"status":"published","off":[]}]})",
       "bad-time", "/office/0"},
      {R"({"kind":"calendar","id":"cn","version":1,"offset":"+08:00","office":[["09:00","12:00"],["11:00","12:30"]],"years":[{"year":2026,"status":"published","off":[]}]})",
       "bad-order", "/office/1"},
      {R"({"kind":"calendar","id":"cn","version":1,"offset":"+08:00","office":[["09:00","12:61"]],"years":[{"year":2026,"status":"published","off":[]}]})",
       "bad-time", "/office/0"},
      {R"({"kind":"bodies","id":"cn","version":1,"offset":"+08:00","office":[["09:00","12:00"]],"years":[{"year":2026,"status":"published","off":[]}]})",
       "bad-value", "/kind"},
      {with_years(""), "empty-list", "/years"},
      {with_years(R"({"year":2026,"status":"draft","off":[]})"), "bad-value", "/years/0/status"},
      {with_years(R"({"year":2026,"status":"published","off":[],"extra/1":1})"), "unknown-member",
       "/years/0/extra~11"},
      {with_years(
           R"({"year":2026,"status":"published","off":[]},{"year":2026,"status":"published","off":[]})"),
       "bad-order", "/years/1/year"},
      {with_years(R"({"year":2026,"status":"published","off":[{"from":"2026-02-30","to":"2026-03-01"}]})"),
       "bad-date", "/years/0/off/0/from"},
      {with_years(R"({"year":2026,"status":"published","off":[{"from":"2026-12-30","to":"2027-01-01"}]})"),
       "bad-date", "/years/0/off/0/to"},
      {with_years(R"({"year":2026,"status":"published","off":[{"from":"2026-03-02","to":"2026-03-01"}]})"),
       "bad-range", "/years/0/off/0/to"},
      {with_years(
           R"({"year":2026,"status":"published","off":[{"from":"2026-03-02","to":"2026-03-04"},{"from":"2026-03-04","to":"2026-03-05"}]})"),
       "bad-order", "/years/0/off/1/from"},
      {with_years(R"({"year":2026,"status":"published","off":[],"makeup":[20260104]})"), "wrong-type",
       "/years/0/makeup/0"},
      {with_years(R"({"year":2026,"status":"published","off":[],"makeup":["2026-02-14","2026-01-04"]})"),
       "bad-order", "/years/0/makeup/1"},
  };
  for (const Wrong& wrong : wrongs) {
    INFO(wrong.document);
    const auto faults = check_calendar(parsed(wrong.document));
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].code == wrong.code);
    CHECK(faults[0].pointer == wrong.pointer);
    CHECK_FALSE(faults[0].text.empty());
    const auto read = read_calendar(parsed(wrong.document));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "bad-calendar");
    CHECK(read.error().path == wrong.pointer);
  }
}

TEST_CASE("read calendar: all faults are told at once") {
  const auto faults = check_calendar(parsed(R"({"kind":"calendar","id":7,"office":[],"years":{},"x":1})"));
  std::vector<std::string> codes;
  for (const Fault& fault : faults) codes.push_back(fault.code + " " + fault.pointer);
  CHECK(codes == std::vector<std::string>{"wrong-type /id", "missing-member ", "missing-member ",
                                          "empty-list /office", "wrong-type /years", "unknown-member /x"});
}

TEST_CASE("read calendar: the shipped document is sound and covers 2025 to 2027") {
  CHECK(check_calendar(shipped_document()).empty());
  const Calendar cn = shipped();
  CHECK(cn.id == "cn");
  CHECK(cn.version == 1);
  CHECK(cn.offset_minutes == 480);
  CHECK(cn.office_minutes == std::vector<std::pair<std::int32_t, std::int32_t>>{{540, 720}, {780, 1020}});
  CHECK(cn.years.size() == 3);
}

}  // namespace
}  // namespace lastkm::calendar
