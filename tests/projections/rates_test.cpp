#include <catch2/catch.hpp>

#include <map>

#include "engine/base/packed.h"
#include "engine/record/canonical.h"
#include "projections/query/queries.h"
#include "projections/query/rate_count.h"
#include "projections/views/outcome.h"
#include "tests/projections/fakes.h"

using namespace lastkm;
using namespace lastkm::projections;
using namespace lastkm::projections::test;

namespace {
constexpr std::string_view kPlace = "5101080170010001";

record::Event registered(bool anonymous = false) {
  return event("CaseRegistered", Object{{"ref", "R-1"}, {"place", kPlace}, {"anonymous", anonymous}},
               "REGISTERED");
}
record::Event imported() {
  return event("CaseRegistered", Object{{"ref", "R-1"}, {"place", kPlace}, {"imported", true}}, "REGISTERED");
}
record::Event dispatched(std::string_view lead = "PSC-1", int hours = 1) {
  record::Event made = event("CaseDispatched", Object{{"lead", lead}}, "DISPATCHED");
  made.clocks = Array{clock_change("first_contact", "started", kBegin + hours * kMsPerHour)};
  return made;
}
record::Event suspended() {
  record::Event made = event("ClockSuspended", Object{{"clock", "first_contact"}, {"reason", "X"}});
  made.clocks = Array{standing("first_contact", "suspended")};
  return made;
}
/// What happens to the clock while it stands still.
record::Event standing_still(std::string type, std::string stage, std::string_view change) {
  record::Event made = event(std::move(type), Object{}, std::move(stage));
  made.clocks = Array{standing("first_contact", change)};
  return made;
}
record::Event contacted() {
  return event("FirstContactMade", Object{{"channel", "PHONE"}}, "IN_PROGRESS");
}
record::Event callback(Object data) {
  return event("CallbackRecorded", std::move(data));
}
record::Event happy() {
  return callback(Object{{"reached", true}, {"contacted", true}, {"solved", "yes"}, {"satisfied", "yes"}});
}
record::Event closed() {
  return event("CaseClosed", Object{}, "CLOSED", true);
}

/// One life: events and when each is recorded, in minutes after the beginning.
using Life = std::vector<std::pair<int, record::Event>>;

Array rates_of(const std::vector<Life>& lives, RatesBy by, RatesBasis basis, const Period& period = {}) {
  Author author;
  FakeLog log(1);
  char name = 'a';
  for (const Life& life : lives) {
    const std::string id(32, name++);
    for (const auto& [minutes, event] : life)
      log.add(author.decide(id, {event}, kBegin + minutes * kMsPerMinute));
  }
  FakeStore store;
  const auto projector = open(log, store, 3);
  REQUIRE(projector->catch_up());
  const Queries queries(*projector, query_options());
  auto lines = queries.rates(by, basis, period);
  REQUIRE(lines);
  // From the sums, and from the outcomes one by one.
  auto counted =
      queries.rates(by, basis, period.from || period.before ? period : Period{Instant{0}, std::nullopt});
  REQUIRE(counted);
  CHECK(lines->lines == counted->lines);
  return lines->lines;
}

std::string one_line(const Life& life, RatesBasis basis = RatesBasis::callback) {
  std::string text;
  for (const Value& line : rates_of({life}, RatesBy::month, basis)) {
    text += line.text("key");
    text += " " + std::to_string(line.number("base"));
    for (const std::string_view name : {"response", "resolution", "satisfaction"}) {
      const Value& rate = *line.find(name);
      text += rate.is_null()
                  ? " null"
                  : " " + std::to_string(rate.number("num")) + "/" + std::to_string(rate.number("den"));
    }
    for (const Value& excluded : *line.find("excluded")->if_array()) {
      text += " " + std::string(excluded.text("code")) + ":" + std::string(excluded.text("approver")) + ":" +
              std::to_string(excluded.number("count"));
    }
  }
  return text;
}
}  // namespace

TEST_CASE("rates: what each life counts (domain 1.10)") {
  struct Row {
    std::string claim;
    Life life;
    std::string expected;
  };
  const record::Event unreached = callback(Object{{"reached", false}});
  const record::Event unlimited = event("CaseDispatched", Object{{"lead", "PSC-1"}}, "DISPATCHED");
  const auto reason = [](std::string_view type, std::string_view code, std::string_view stage, bool ended) {
    return event(std::string(type), Object{{"reason", code}, {"approver", "STREET-1"}}, std::string(stage),
                 ended);
  };
  const std::vector<Row> rows = {
      {"all well",
       {{0, registered()}, {1, dispatched()}, {59, contacted()}, {90, happy()}},
       "2026-01 1 1/1 1/1 1/1"},
      {"contact at the due instant is late",
       {{0, registered()}, {1, dispatched()}, {60, contacted()}, {90, happy()}},
       "2026-01 1 0/1 1/1 1/1"},
      {"contact while its clock stands still is in time",
       {{0, registered()}, {1, dispatched()}, {30, suspended()}, {120, contacted()}, {180, happy()}},
       "2026-01 1 1/1 1/1 1/1"},
      {"also when it was stopped meanwhile, and restored",
       {{0, registered()},
        {1, dispatched()},
        {30, suspended()},
        {40, standing_still("ReturnRequested", "RETURN_PENDING", "stopped")},
        {50, standing_still("ReturnRefused", "DISPATCHED", "restored")},
        {120, contacted()},
        {180, happy()}},
       "2026-01 1 1/1 1/1 1/1"},
      {"where contact has no limit, whoever makes it is in time",
       {{0, registered()}, {1, unlimited}, {500, contacted()}, {600, happy()}},
       "2026-01 1 1/1 1/1 1/1"},
      {"and whoever makes none has not responded",
       {{0, registered()}, {1, unlimited}, {600, happy()}},
       "2026-01 1 0/1 1/1 1/1"},
      {"what was imported without a limit says nothing of response",
       {{0, imported()}, {90, happy()}},
       "2026-01 1 null 1/1 1/1"},
      {"but where contact is made after all",
       {{0, imported()}, {60, contacted()}, {90, happy()}},
       "2026-01 1 1/1 1/1 1/1"},
      {"and from its first limit on it counts as any other",
       {{0, imported()}, {1, dispatched()}, {90, happy()}},
       "2026-01 1 0/1 1/1 1/1"},
      {"never contacted", {{0, registered()}, {1, dispatched()}, {90, happy()}}, "2026-01 1 0/1 1/1 1/1"},
      {"the caller denies the contact",
       {{0, registered()},
        {1, dispatched()},
        {2, contacted()},
        {90,
         callback(Object{{"reached", true}, {"contacted", false}, {"solved", "yes"}, {"satisfied", "no"}})}},
       "2026-01 1 0/1 1/1 0/1"},
      {"a contact by the former lead is not the new lead's",
       {{0, registered()}, {1, dispatched()}, {2, contacted()}, {3, dispatched("PSC-2")}, {90, happy()}},
       "2026-01 1 0/1 1/1 1/1"},
      {"partly solved counts nothing, basically satisfied counts",
       {{0, registered()},
        {1, dispatched()},
        {2, contacted()},
        {90, callback(Object{{"reached", true}, {"solved", "partly"}, {"satisfied", "basic"}})}},
       "2026-01 1 1/1 0/1 1/1"},
      {"a question without an answer has no valid call-back",
       {{0, registered()},
        {1, dispatched()},
        {2, contacted()},
        {90, callback(Object{{"reached", true}, {"solved", "yes"}})}},
       "2026-01 1 1/1 1/1 null"},
      {"the first call-back that reached counts",
       {{0, registered()},
        {1, dispatched()},
        {2, contacted()},
        {80, unreached},
        {90, callback(Object{{"reached", true}, {"solved", "no"}, {"satisfied", "no"}})},
        {99, happy()}},
       "2026-01 1 1/1 0/1 0/1"},
      {"not reached leaves solve and satisfaction",
       {{0, registered()}, {1, dispatched()}, {2, contacted()}, {90, unreached}},
       "2026-01 1 1/1 null null X-UNREACH:HOTLINE-510108:1"},
      {"anonymous leaves response",
       {{0, registered(true)}, {1, dispatched()}, {2, contacted()}, {90, happy()}},
       "2026-01 1 null 1/1 1/1 X-ANON:HOTLINE-510108:1"},
      {"parked leaves solve and satisfaction",
       {{0, registered()},
        {1, dispatched()},
        {2, contacted()},
        {90, happy()},
        {91, reason("CaseParked", "P-ENG", "PARKED", false)}},
       "2026-01 1 1/1 null null X-PARKED:STREET-1:1"},
      {"and comes back",
       {{0, registered()},
        {1, dispatched()},
        {2, contacted()},
        {90, happy()},
        {91, reason("CaseParked", "P-ENG", "PARKED", false)},
        {92, event("CaseUnparked", Object{})}},
       "2026-01 1 1/1 1/1 1/1"},
      {"answered on the spot",
       {{0, registered()}, {1, event("CaseAnswered", Object{}, "ANSWERED", true)}},
       "2026-01 0 null null null X-CONSULT:HOTLINE-510108:1"},
      {"another legal channel",
       {{0, registered()}, {1, reason("CaseRedirected", "PETITION", "REDIRECTED", true)}},
       "2026-01 0 null null null X-OTHERLAW:STREET-1:1"},
      {"malicious",
       {{0, registered()}, {1, reason("CaseTerminated", "X-ABUSE", "TERMINATED", true)}},
       "2026-01 0 null null null X-ABUSE:STREET-1:1"},
      {"withdrawn is in no base",
       {{0, registered()}, {1, reason("CaseTerminated", "WITHDRAWN", "TERMINATED", true)}},
       ""},
      {"a child of a master",
       {{0, registered()}, {1, event("CasesMerged", Object{{"master", "m"}}, "MERGED")}, {90, happy()}},
       "2026-01 0 null null null X-MERGED:HOTLINE-510108:1"},
      {"split off again",
       {{0, registered()},
        {1, event("CasesMerged", Object{{"master", "m"}}, "MERGED")},
        {2, event("CaseUnmerged", Object{{"reason", "X"}}, "ACCEPTED")},
        {3, dispatched()},
        {4, contacted()},
        {90, happy()}},
       "2026-01 1 1/1 1/1 1/1"},
      {"the new lead's contact after a reopening is not the former lead's, who was called back about",
       {{0, registered()},
        {1, dispatched()},
        {60, contacted()},
        {90, happy()},
        {91, event("CaseReopened", Object{}, "REOPENED")},
        {92, dispatched("PSC-2", 5)},
        {93, contacted()}},
       "2026-01 1 0/1 1/1 1/1"},
      {"nor does a contact that is still to come take from one that was in time",
       {{0, registered()},
        {1, dispatched()},
        {2, contacted()},
        {90, happy()},
        {91, event("CaseReopened", Object{}, "REOPENED")},
        {92, dispatched("PSC-2", 5)}},
       "2026-01 1 1/1 1/1 1/1"},
      {"not called back yet", {{0, registered()}, {1, dispatched()}, {2, contacted()}}, ""},
  };
  for (const Row& row : rows) {
    INFO(row.claim);
    CHECK(one_line(row.life) == row.expected);
  }
}

TEST_CASE("rates: by close a case counts in the month of its last closing, and not while it is open again") {
  Life life = {{0, registered()}, {1, dispatched()}, {2, contacted()}, {90, happy()}};
  CHECK(one_line(life, RatesBasis::close).empty());
  // Nobody called, so nobody was not reached.
  CHECK(one_line({{0, registered(true)}, {1, dispatched()}, {90, closed()}}, RatesBasis::close) ==
        "2026-01 1 null null null X-ANON:HOTLINE-510108:1");
  life.emplace_back(100, closed());
  CHECK(one_line(life, RatesBasis::close) == "2026-01 1 1/1 1/1 1/1");
  life.emplace_back(200, event("CaseReopened", Object{{"reason", "X"}}, "REOPENED"));
  CHECK(one_line(life, RatesBasis::close).empty());
  life.emplace_back(60 * 24 * 40, closed());
  CHECK(one_line(life, RatesBasis::close) == "2026-02 1 1/1 1/1 1/1");
  CHECK(one_line(life, RatesBasis::callback) == "2026-01 1 1/1 1/1 1/1");
}

TEST_CASE("rates: what another system closed counts in the month in which that was") {
  const Life life = {
      {0, imported()},
      {0, event("CaseClosed", Object{{"closed_at", "2026-03-02T01:00:00.000Z"}}, "CLOSED", true)}};
  // How soon the caller was contacted there, nobody knows here.
  CHECK(one_line(life, RatesBasis::close) == "2026-03 1 null null null");
}

TEST_CASE("rates: by close a body answers for what was said about it, not for what was said about another") {
  const record::Event unhappy =
      callback(Object{{"reached", true}, {"contacted", true}, {"solved", "no"}, {"satisfied", "no"}});
  const auto reopened_for = [&unhappy](std::string_view lead, const Life& then) {
    Life life = {{0, registered()},
                 {1, dispatched("PSC-1", 5)},
                 {2, contacted()},
                 {90, unhappy},
                 {91, event("CaseReopened", Object{}, "REOPENED")},
                 {92, dispatched(lead, 5)},
                 {93, contacted()}};
    life.insert(life.end(), then.begin(), then.end());
    life.emplace_back(120, closed());
    return life;
  };
  const Array lines = rates_of({reopened_for("PSC-2", {{100, happy()}})}, RatesBy::body, RatesBasis::close);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("key") == "PSC-2");
  CHECK(one_line(reopened_for("PSC-2", {{100, happy()}}), RatesBasis::close) == "2026-01 1 1/1 1/1 1/1");
  CHECK(one_line(reopened_for("PSC-2", {{100, happy()}}), RatesBasis::callback) == "2026-01 1 1/1 0/1 0/1");
  CHECK(one_line(reopened_for("PSC-2", {}), RatesBasis::close) == "2026-01 1 1/1 null null");
  const record::Event unreached = callback(Object{{"reached", false}});
  CHECK(one_line(reopened_for("PSC-2", {{100, unreached}}), RatesBasis::close) ==
        "2026-01 1 1/1 null null X-UNREACH:HOTLINE-510108:1");
  CHECK(one_line(reopened_for("PSC-2", {{100, unreached}, {101, happy()}, {102, unreached}}),
                 RatesBasis::close) == "2026-01 1 1/1 1/1 1/1");
  // Its own first call-back stays the first, though it was asked again.
  CHECK(one_line(reopened_for("PSC-1", {{100, happy()}}), RatesBasis::close) == "2026-01 1 1/1 0/1 0/1");
}

TEST_CASE("rates: rows of the layouts before are read until the new ones are there") {
  const CallbackOutcome first{kBegin, "PSC-1", true, true, false, "no", "no", "HOTLINE"};
  const CallbackOutcome last{kBegin + 1, "PSC-2", true, false, false, "yes", "yes", "HOTLINE"};
  const std::string row = pack(std::string(kPlace)) + pack(std::string("PSC-2")) + pack(std::string("H")) +
                          pack(std::string("test@1")) + pack(false) + pack(std::optional<Instant>()) +
                          pack(std::optional(true)) + pack(std::optional(first)) + pack(std::optional(last)) +
                          pack(std::optional(kBegin + 2)) + pack(std::string("PSC-2")) +
                          pack(std::vector<Exclusion>()) + pack(std::vector<Exclusion>());
  const auto outcome = outcome_of(5, "case/a", row);
  REQUIRE(outcome);
  REQUIRE(outcome->callbacks.size() == 2);
  CHECK(outcome->callbacks[0].solved == "no");
  CHECK(outcome->callbacks[1].lead == "PSC-2");
  CHECK(outcome->closed_lead == "PSC-2");
  // Their sums count the first call-back of all by close; so the cases in them do, until both are made anew.
  const auto by_close = [](const Outcome& one) {
    const std::vector<Brought> all = brought_by(one);
    const auto found =
        std::find_if(all.begin(), all.end(), [](const Brought& b) { return b.basis == RatesBasis::close; });
    REQUIRE(found != all.end());
    return found->score->first.solved;
  };
  CHECK(by_close(*outcome) == "no");
  CHECK_FALSE(brought_by(*outcome).front().score->contact_unknown);
  const std::string of_now = pack(*outcome);
  const auto now = outcome_of(6, "case/a", of_now);
  REQUIRE(now);
  CHECK(pack(*now) == of_now);
  CHECK(by_close(*now) == "yes");
  // They counted what was imported without a limit for the first contact in response.
  Outcome unknown = *outcome;
  unknown.contacted.reset();
  unknown.contact_expected = false;
  const auto without = outcome_of(6, "case/a", pack(unknown));
  REQUIRE(without);
  CHECK(brought_by(*without).front().score->contact_unknown);
  CHECK_FALSE(outcome_of(5, "case/a", row.substr(1)));
}

TEST_CASE("rates: months are local, the first instant of one belongs to it") {
  const int last_minute = (31 * 24 - 8) * 60;
  CHECK(one_line({{0, registered()}, {last_minute - 1, happy()}}).starts_with("2026-01 1"));
  CHECK(one_line({{0, registered()}, {last_minute, happy()}}).starts_with("2026-02 1"));
}

TEST_CASE(
    "rates: a returned order leaves the base of the body that returned it, and counts for the next lead") {
  const Life life = {
      {0, registered()},        {1, dispatched()}, {2, event("ReturnAccepted", Object{}, "ACCEPTED")},
      {3, dispatched("PSC-2")}, {4, contacted()},  {90, happy()}};
  const Array lines = rates_of({life}, RatesBy::body, RatesBasis::callback);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text("key") == "PSC-1");
  CHECK(lines[0].number("base", -1) == 0);
  CHECK(lines[0].find("response")->is_null());
  CHECK(lines[0].find("excluded")->if_array()->at(0).text("code") == "X-RETURN");
  CHECK(lines[1].text("key") == "PSC-2");
  CHECK(lines[1].number("base") == 1);
  CHECK(lines[1].find("excluded")->if_array()->empty());
}

namespace {
/// Each number of a line is the sum of those of its orders.
void check_sums(const Value& line, const Array& orders) {
  std::int64_t base = 0;
  std::map<std::pair<std::string, std::string>, std::int64_t> excluded;
  for (const Value& order : orders) {
    base += order.number("base");
    for (const Value& one : *order.find("excluded")->if_array())
      excluded[{std::string(one.text("code")), std::string(one.text("approver"))}] += one.number("count");
  }
  CHECK(line.number("base") == base);
  CHECK(line.find("excluded")->if_array()->size() == excluded.size());
  for (const Value& one : *line.find("excluded")->if_array())
    CHECK(one.number("count") ==
          excluded[{std::string(one.text("code")), std::string(one.text("approver"))}]);
  for (const std::string_view rate : {"response", "resolution", "satisfaction"}) {
    std::int64_t hundredths = 0;
    std::int64_t counted = 0;
    for (const Value& order : orders) {
      const Value& fraction = *order.find(rate);
      if (fraction.is_null()) continue;
      ++counted;
      hundredths += fraction.number("num") * 100 / fraction.number("den");
    }
    const Value& whole = *line.find(rate);
    CHECK(whole.is_null() == (counted == 0));
    if (counted > 0) CHECK(whole.number("num") * counted * 100 == hundredths * whole.number("den"));
  }
}
}  // namespace

TEST_CASE(
    "rates: each number is the sum of its orders, and months, bodies and communities have the same sum") {
  FakeLog log(2);
  for (const record::Decision& decision : invent_lives(31, 900)) log.add(decision);
  FakeStore store;
  const auto projector = open(log, store);
  REQUIRE(projector->catch_up());
  const Queries queries(*projector, query_options());
  const auto basis = GENERATE(RatesBasis::callback, RatesBasis::close);
  Period period;
  if (GENERATE(false, true)) period = Period{kBegin + 25 * kMsPerDay, kBegin + 90 * kMsPerDay};
  std::map<std::string, std::int64_t> sums;
  for (const auto& [name, by] : {std::pair("month", RatesBy::month), std::pair("body", RatesBy::body),
                                 std::pair("community", RatesBy::community)}) {
    auto lines = queries.rates(by, basis, period);
    REQUIRE(lines);
    for (const Value& line : lines->lines) {
      auto listed = queries.rates_cases(by, basis, line.text("key"), period);
      REQUIRE(listed);
      check_sums(line, listed->lines);
      sums[name] += line.number("base");
      for (const std::string_view rate : {"response", "resolution", "satisfaction"}) {
        if (line.find(rate)->is_null()) continue;
        CHECK(line.find(rate)->number("num") <= line.find(rate)->number("den"));
        CHECK(line.find(rate)->number("den") > 0);
        CHECK(line.find(rate)->number("den") <= line.number("base"));
      }
    }
  }
  CHECK(queries.rates_cases(RatesBy::month, basis, "no month", period).error().code == "no-such-line");
  CHECK(sums["month"] > 0);
  CHECK(sums["month"] == sums["body"]);
  CHECK(sums["month"] == sums["community"]);
}

TEST_CASE("rates: what partly, basically, which attempt and which exclusion count is the rule set's to say") {
  const Life life = {{0, registered(true)},
                     {1, dispatched()},
                     {2, contacted()},
                     {90, callback(Object{{"reached", true}, {"solved", "partly"}, {"satisfied", "basic"}})},
                     {99, happy()}};
  const auto line_under = [&life](void (*change)(rules::Evaluation&)) {
    FakeLog log(1);
    Author author;
    for (const auto& [minutes, event] : life)
      log.add(author.decide(std::string(32, 'a'), {event}, kBegin + minutes * kMsPerMinute));
    FakeStore store;
    const auto projector = open(log, store);
    REQUIRE(projector->catch_up());
    QueryOptions options = query_options();
    options.evaluations = [change](std::string_view) {
      rules::Evaluation evaluation = test_evaluation();
      change(evaluation);
      return evaluation;
    };
    auto lines = Queries(*projector, options).rates(RatesBy::month, RatesBasis::callback);
    REQUIRE(lines);
    return lines->lines.empty() ? std::string("none") : record::canonical(lines->lines.front());
  };
  CHECK_THAT(line_under([](rules::Evaluation&) {}),
             Catch::Contains(R"("resolution":{"den":1,"num":0})") &&
                 Catch::Contains(R"("satisfaction":{"den":1,"num":1})") &&
                 Catch::Contains(R"("response":null)") && Catch::Contains(R"("score":null)"));
  CHECK_THAT(line_under([](rules::Evaluation& e) { e.partly_percent = 50; }),
             Catch::Contains(R"("resolution":{"den":100,"num":50})"));
  CHECK_THAT(line_under([](rules::Evaluation& e) { e.basic_percent = 0; }),
             Catch::Contains(R"("satisfaction":{"den":1,"num":0})"));
  CHECK_THAT(line_under([](rules::Evaluation& e) { e.last_attempt = true; }),
             Catch::Contains(R"("resolution":{"den":1,"num":1})"));
  CHECK_THAT(line_under([](rules::Evaluation& e) { e.exclusions["X-ANON"] = {}; }),
             Catch::Contains(R"("response":{"den":1,"num":1})") && Catch::Contains(R"("excluded":[])") &&
                 Catch::Contains(R"("score":{"den":20,"num":13})"));
  CHECK_THAT(line_under([](rules::Evaluation& e) {
               e.exclusions["X-ANON"] = {};
               e.weights = {10, 45, 45};
               e.partly_percent = 50;
             }),
             Catch::Contains(R"("score":{"den":40,"num":31})"));
  CHECK_THAT(line_under([](rules::Evaluation& e) {
               e.exclusions["X-ANON"] = {true, false, false, false};
             }),
             Catch::Contains(R"("base":0)") && Catch::Contains(R"("response":null)"));
}

TEST_CASE("rates: a score is the exact sum of its parts, and near it where that would not fit") {
  const auto score_of = [](std::int64_t orders, std::int64_t response, std::int64_t resolution,
                           std::int64_t satisfaction) {
    RateLine line;
    rules::Evaluation evaluation = test_evaluation();
    const auto add = [&](std::int64_t n, bool contacted, bool solved, bool satisfied) {
      if (n == 0) return;
      Score score;
      score.first = {true, contacted, false, solved ? "yes" : "no", satisfied ? "yes" : "no"};
      line.add(score, n, evaluation);
    };
    // In the order of the counts, which fall: so many in all three, in two, in one, in none.
    add(satisfaction, true, true, true);
    add(resolution - satisfaction, true, true, false);
    add(response - resolution, true, false, false);
    add(orders - response, false, false, false);
    return record::canonical(line.score());
  };
  // 30 of 9/9, 35 of 8/9, 35 of 7/9: of 900 parts 270 + 280 + 245.
  CHECK(score_of(9, 9, 8, 7) == R"({"den":60,"num":53})");
  CHECK(score_of(48, 48, 48, 48) == R"({"den":1,"num":1})");
  CHECK(score_of(7000000000000, 7000000000000, 0, 0) == R"({"den":10,"num":3})");
  CHECK(score_of(6999999999989, 3, 2, 1) == R"({"den":10000000,"num":0})");
}
