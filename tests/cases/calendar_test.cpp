// A notice arrives: another calendar is in force, and open cases follow it.
#include "tests/cases/world.h"

namespace lastkm::cases {
namespace {

std::string calendar_text(std::int64_t version, const std::string& years) {
  return R"({"kind":"calendar","id":"cn","version":)" + std::to_string(version) +
         R"(,"title":{"zh":"x","en":"x"},"offset":"+08:00","office":[["09:00","12:00"],["13:00","17:00"]],"years":[)" +
         years + "]}";
}
const std::string kPlain2026 = R"({"year":2026,"status":"published","source":"x","off":[],"makeup":[]})";
const std::string kProvisional2027 =
    R"({"year":2027,"status":"provisional","source":"x","off":[],"makeup":[]})";

std::shared_ptr<const directory::Context> under(const std::vector<std::string>& calendars) {
  std::vector<Value> documents = {parsed(kBodies), parsed(kPlaces), parsed(kCatalogue), parsed(kWorkflow)};
  for (const std::string& calendar : calendars) documents.push_back(parsed(calendar));
  return world_of(documents);
}

const std::string kBefore = calendar_text(1, kPlain2026 + "," + kProvisional2027);
std::string notice(const std::string& off, const std::string& makeup = "") {
  return calendar_text(2, R"({"year":2026,"status":"published","source":"x","off":[)" + off +
                              R"(],"makeup":[)" + makeup +
                              R"(]},{"year":2027,"status":"published","source":"y","off":[],"makeup":[]})");
}
const std::string kOffMonday = R"({"from":"2026-03-23","to":"2026-03-23","zh":"x","en":"x"})";

/// Opened on Monday 16 March 2026 with 7 working days: due at the end of Wednesday 25 March.
Life open_life() {
  Life life;
  life.context = under({kBefore});
  life.must("2026-03-16T10:00", "Open", kAgent, kOpening);
  return life;
}

TEST_CASE(
    "calendar: a new one moves the due times and marks of an open case once, in a decision of its own") {
  Life life = open_life();
  CHECK(life.clock("handle").due == at("2026-03-26T00:00"));
  CHECK_FALSE(is_behind_calendar(life.state, *life.context, at("2026-03-17T10:00")));
  life.context = under({kBefore, notice(kOffMonday)});
  CHECK(is_behind_calendar(life.state, *life.context, at("2026-03-17T10:00")));
  const auto answer = fire(life.state, *life.context, moment(at("2026-03-17T10:00")));
  REQUIRE(types(answer.events) == std::vector<std::string>{"DueDateRecomputed"});
  CHECK(answer.events.front().data.text("calendar") == "cn@2");
  const CaseState& after = *answer.after;
  CHECK(after.find_clock("handle")->due == at("2026-03-27T00:00"));
  CHECK(after.find_clock("handle")->marks.front().at == at("2026-03-25T09:00"));
  CaseState folded = life.state;
  evolve(folded, answer.events.front(), at("2026-03-17T10:00"));
  CHECK(after == folded);
  CHECK_FALSE(is_behind_calendar(after, *life.context, at("2026-03-17T10:00")));
  CHECK(fire(after, *life.context, moment(at("2026-03-17T10:00"))).events.empty());
}

TEST_CASE("calendar: the next command about the case brings it under the new one first") {
  Life life = open_life();
  life.context = under({kBefore, notice(kOffMonday)});
  // By the old calendar the clock would have run out before this command.
  const auto answer =
      life.must("2026-03-26T08:00", "Send", kDispatcher, R"({"lead":"PSC-5101080170060001"})");
  CHECK(types(answer.events) ==
        std::vector<std::string>{"DueDateRecomputed", "YellowCardIssued", "CaseDispatched"});
  CHECK(life.clock("handle").state == ClockState::running);
}

TEST_CASE("calendar: extensions and pauses are counted again as they came") {
  Life life = open_life();
  life.must("2026-03-17T10:00", "Pause", kSupervisor, R"({"clock":"handle","reason":"X"})");
  life.must("2026-03-19T10:00", "GoOn", kSupervisor, R"({"clock":"handle"})");
  life.must("2026-03-19T11:00", "Extend", kSupervisor, R"({"n":2,"unit":"WD"})");
  const Instant before = life.clock("handle").due;
  Life other = open_life();
  other.context = under({kBefore, notice(kOffMonday)});
  other.state = life.state;
  (void)other.send("2026-03-20T10:00", "ClockDue", kSupervisor);
  CHECK(other.clock("handle").due == before + kMsPerDay);  // one day off lies in it, next to a weekend or not

  // The same steps under the new calendar alone come to the same.
  Life straight;
  straight.context = under({notice(kOffMonday)});
  straight.must("2026-03-16T10:00", "Open", kAgent, kOpening);
  straight.must("2026-03-17T10:00", "Pause", kSupervisor, R"({"clock":"handle","reason":"X"})");
  straight.must("2026-03-19T10:00", "GoOn", kSupervisor, R"({"clock":"handle"})");
  straight.must("2026-03-19T11:00", "Extend", kSupervisor, R"({"n":2,"unit":"WD"})");
  CHECK(straight.clock("handle").due == other.clock("handle").due);
}

TEST_CASE("calendar: what has ended never changes; natural hours do not move") {
  Life life = open_life();
  life.must("2026-03-16T10:05", "Begin", kSupervisor, R"({"which":"fuse"})");
  life.context = under({kBefore, notice(kOffMonday)});
  CaseState ended = life.state;
  ended.ended = true;
  CHECK_FALSE(is_behind_calendar(ended, *life.context, at("2026-03-17T10:00")));
  CHECK(fire(ended, *life.context, moment(at("2026-03-16T10:10"))).events.empty());
  const Instant fuse = life.clock("fuse").due;
  (void)life.send("2026-03-16T10:10", "ClockDue", kSupervisor);
  CHECK(life.clock("fuse").due == fuse);
  CHECK(life.clock("handle").due == at("2026-03-27T00:00"));
}

TEST_CASE("calendar: a provisional due time says so until the notice comes, even where it stays") {
  Life life;
  life.context = under({kBefore});
  life.must("2026-12-28T10:00", "Open", kAgent, kOpening);
  CHECK(life.clock("handle").provisional);
  const Instant due = life.clock("handle").due;
  life.context = under({kBefore, notice("")});
  const auto answer = life.send("2026-12-29T10:00", "ClockDue", kSupervisor);
  CHECK(types(answer.events) == std::vector<std::string>{"DueDateRecomputed"});
  CHECK_FALSE(life.clock("handle").provisional);
  CHECK(life.clock("handle").due == due);
}

TEST_CASE(
    "calendar: a year that no calendar has is an answer; a due time already given stays in force without "
    "it") {
  Life life;
  life.context = under({kBefore});
  CHECK(code(life.send("2027-12-28T10:00", "Open", kAgent, kOpening)) == "calendar-missing");
  life.must("2026-12-28T10:00", "Open", kAgent, kOpening);
  const Instant due = life.clock("handle").due;
  life.context = under({kBefore, calendar_text(2, kPlain2026)});
  const auto answer = life.send("2026-12-29T10:00", "ClockDue", kSupervisor);
  CHECK(answer.events.empty());
  CHECK(life.clock("handle").provisional);
  CHECK(life.clock("handle").due == due);
}

}  // namespace
}  // namespace lastkm::cases
