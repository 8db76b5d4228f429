#include "tests/runtime/bed.h"

namespace lastkm::runtime {

namespace {

/// (lane time, event) of everything that clocks caused, in the order of the log.
std::vector<std::pair<Instant, std::string>> fired(Bed& bed) {
  std::vector<std::pair<Instant, std::string>> out;
  for (const auto& [lane, decisions] : bed.sequences().decisions) {
    for (const std::string& bytes : decisions) {
      const auto decision = record::decode_decision(bytes);
      for (const record::Event& event : decision->events) {
        if (event.rule.find("/clock/") != std::string::npos)
          out.emplace_back(decision->lane_time, event.type + "@" + event.rule);
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE("virtual clock: everything due fires once, at its time and in order, however the time is reached") {
  const auto life = [](const std::vector<std::string>& stops, bool restart) {
    Bed bed(1, 1);
    auto engine = bed.open_with_rules();
    const auto id = must(*engine, at(opening("a"), "2026-05-20T09:00")).aggregate;
    must(*engine, act("Send", id.value, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "b"));
    for (const std::string& stop : stops) {
      REQUIRE(engine->advance(cases::at(stop)).has_value());
      if (!restart) continue;
      engine.reset();
      engine = bed.open();
    }
    return fired(bed);
  };
  const auto at_once = life({"2026-06-20T09:00"}, false);
  REQUIRE(at_once.size() >= 4);
  for (std::size_t i = 1; i < at_once.size(); ++i) CHECK(at_once[i - 1].first <= at_once[i].first);
  const std::vector<std::string> steps{"2026-05-20T12:00", "2026-05-23T00:00", "2026-05-28T08:59",
                                       "2026-05-28T09:00", "2026-06-20T09:00"};
  CHECK(life(steps, false) == at_once);
  CHECK(life(steps, true) == at_once);
}

TEST_CASE("virtual clock: it never goes back, and a late command does not overtake what is due") {
  Bed bed(1, 1);
  auto engine = bed.open_with_rules();
  const auto id = must(*engine, at(opening("a"), "2026-05-20T09:00")).aggregate;
  must(*engine, act("Send", id.value, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "b"));
  auto back = engine->advance(cases::at("2026-05-19T09:00"));
  REQUIRE_FALSE(back.has_value());
  CHECK(back.error().code == "clock-backwards");
  CHECK(back.error().message ==
        "the clock stands at 2026-05-20T09:00:00+08:00, which is after 2026-05-19T09:00:00+08:00");
  auto early = send(*engine, at(act("Sign", id.value, cases::kPsc, "{}", "c"), "2026-05-19T09:00"));
  REQUIRE_FALSE(early.has_value());
  CHECK(early.error().code == "clock-backwards");
  must(*engine, at(act("Sign", id.value, cases::kPsc, "{}", "d"), "2026-05-25T09:00"));
  CHECK(engine->find_case(id.value)->find_clock("sign")->state == cases::ClockState::breached);
}

TEST_CASE("virtual clock: what is sent again has its outcome, however late it is by then") {
  Bed bed(1, 1);
  auto engine = bed.open_with_rules();
  const intake::Submission with_key = opening("a");
  intake::Submission named = at(opening(""), "2026-05-20T09:05");
  named.channel = "CH-12345";
  named.reference = "1";
  const auto first = must(*engine, at(with_key, "2026-05-20T09:00"));
  const auto second = must(*engine, named);
  const auto refused =
      must(*engine, at(act("Sign", second.aggregate.value, cases::kPsc, "{}", "c"), "2026-05-20T09:10"));
  REQUIRE(refused.status == OutcomeStatus::rejected);
  must(*engine, at(opening("d"), "2026-05-21T09:00"));
  const auto again = must(*engine, at(with_key, "2026-05-20T09:00"));
  CHECK(again.status == OutcomeStatus::duplicate);
  CHECK(again.command == first.command);
  CHECK(must(*engine, named).status == OutcomeStatus::duplicate);
  const auto still =
      must(*engine, at(act("Sign", second.aggregate.value, cases::kPsc, "{}", "c"), "2026-05-20T09:10"));
  CHECK(still.status == OutcomeStatus::rejected);
  CHECK(still.ordinal == refused.ordinal);
  intake::Submission changed = named;
  changed.data = Value(Object{{"text", "something else"}});
  auto new_content = send(*engine, changed);
  REQUIRE_FALSE(new_content.has_value());
  CHECK(new_content.error().code == "clock-backwards");
  auto without_key =
      send(*engine, at(act("Sign", second.aggregate.value, cases::kPsc, "{}", ""), "2026-05-20T09:10"));
  REQUIRE_FALSE(without_key.has_value());
  CHECK(without_key.error().code == "clock-backwards");
  intake::Submission same_key = at(opening("a"), "2026-05-20T09:00");
  same_key.data = changed.data;
  const auto reused = must(*engine, same_key);
  REQUIRE(reused.rejection);
  CHECK(reused.rejection->code == "key-reused");
  intake::Submission advance = at(with_key, "2026-05-20T09:00");
  advance.name = "AdvanceClock";
  auto back = send(*engine, advance);
  REQUIRE_FALSE(back.has_value());
  CHECK(back.error().code == "clock-backwards");
}

TEST_CASE("virtual clock: rows of an import are recorded after all that they tell of") {
  Bed bed(1, 1);
  *bed.time = cases::at("2026-06-01T09:00").ms;
  auto engine = bed.open_with_rules();
  std::vector<intake::Submission> rows{opening("a"), opening("b"), opening("c")};
  const char* const times[] = {"2026-05-20T09:00", "2026-05-22T09:00", "2026-05-21T09:00"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].historical = true;
    rows[i].occurred_at = cases::at(times[i]);
  }
  const auto closed_at = [](intake::Submission& row, const char* when) {
    row.data.if_object()->set("closed_at", when);
  };
  const auto all_at = [&](const std::vector<Result<Outcome>>& outcomes, const char* when) {
    REQUIRE(outcomes.size() == rows.size());
    for (const auto& outcome : outcomes) {
      REQUIRE(outcome.has_value());
      CHECK(outcome->lane_time == cases::at(when));
    }
  };
  const auto rehearsal = engine->rehearse();
  REQUIRE(rehearsal);
  all_at((*rehearsal)->submit(rows), "2026-05-22T09:00");
  all_at(engine->submit(rows), "2026-05-22T09:00");
  // A row that is closed later; and one of a year that has not come, which moves nothing and is refused.
  for (auto& row : rows) row.idempotency_key += "2";
  closed_at(rows[0], "2026-05-23T01:00:00.000Z");
  closed_at(rows[1], "2072-05-23T01:00:00.000Z");
  const auto second = engine->rehearse();
  const auto to_come = engine->rehearse();
  CHECK((*to_come)->submit(std::span(&rows[1], 1)).front().error().path == "/data/closed_at");
  rows.erase(rows.begin() + 1);
  REQUIRE(second);
  all_at((*second)->submit(rows), "2026-05-23T09:00");
  all_at(engine->submit(rows), "2026-05-23T09:00");
  auto ahead = at(opening("d"), "2026-05-23T10:00");
  ahead.occurred_at = cases::at("2026-05-25T09:00");
  auto refused = send(*engine, ahead);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().path == "/occurred_at");
}

TEST_CASE("virtual clock: AdvanceClock stands after a restart") {
  Bed bed(2, 2);
  auto engine = bed.open_with_rules();
  intake::Submission advance;
  advance.name = "AdvanceClock";
  advance.actor = cases::kAgent;
  advance.data = Value(Object{});
  CHECK(must(*engine, at(advance, "2026-07-01T00:00")).status == OutcomeStatus::accepted);
  engine.reset();
  CHECK(bed.open()->now() == cases::at("2026-07-01T00:00"));
}

TEST_CASE(
    "system clock: a clock more than a minute behind the log is refused, and what fell due meanwhile fires "
    "at the start") {
  Bed bed(2, 2, false);
  auto engine = bed.open_with_rules();
  const auto id = must(*engine, opening("a")).aggregate;
  must(*engine, act("Send", id.value, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "b"));
  auto told = send(*engine, at(opening("c"), "2026-05-20T09:00"));
  REQUIRE_FALSE(told.has_value());
  CHECK(told.error().path == "/at");
  engine.reset();
  *bed.time -= 61 * kMsPerSecond;
  auto refused = bed.try_open(log::open_simulated_log(bed.storage));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == "clock-behind-log");
  *bed.time += 20 * kMsPerSecond;
  CHECK(bed.try_open(log::open_simulated_log(bed.storage)).has_value());
  *bed.time += 10 * kMsPerDay;
  engine = bed.open();
  CHECK(engine->find_case(id.value)->find_clock("sign")->state == cases::ClockState::breached);
}

}  // namespace lastkm::runtime
