#include "tests/lane/lane.h"

namespace lastkm::lane {

namespace {

record::Command opening(int id, int about) {
  return asked(id, aggregate_of(about), "Open", cases::kAgent, cases::kOpening);
}

record::Command activation(int id, std::int64_t directory) {
  return engine_command(kActivate, record::lane_aggregate(LaneId(0)), LaneId(0), id_of(id),
                        Object{{"directory", directory}}, cases::at("2026-05-20T08:00"));
}

Lane open_lane() {
  Lane lane;
  lane.decide(activation(1000, 5));
  return lane;
}

}  // namespace

TEST_CASE("step: each command has one decision, the next ordinal, and a lane time that never goes back") {
  Lane lane = open_lane();
  CHECK(lane.decide(opening(1, 0)).ordinal == Ordinal(2));
  const auto late = lane.decide(
      asked(2, aggregate_of(0), "Begin", cases::kSupervisor, R"({"which":"fuse"})", "2026-05-19T09:00"));
  CHECK(late.ordinal == Ordinal(3));
  CHECK(late.lane_time == cases::at("2026-05-20T09:00"));
  CHECK(code(late) == "taken");
}

TEST_CASE("step: a repeat by id changes nothing; the same key with other content is refused") {
  Lane lane = open_lane();
  const auto first = lane.decide(opening(1, 0));
  const auto before = lane.cases.at(aggregate_of(0));
  const auto repeat = lane.decide(opening(1, 0));
  CHECK(repeat.duplicate_of == first.ordinal);
  CHECK(repeat.events.empty());
  auto other = opening(1, 0);
  other.fingerprint = "other";
  CHECK(code(lane.decide(other)) == "key-reused");
  CHECK(lane.cases.at(aggregate_of(0)).version == before.version);
  CHECK(lane.decide(opening(1, 0)).duplicate_of == first.ordinal);
  CHECK(lane.state.opened == 1);
  // A refusal is remembered as well.
  const auto refused = lane.decide(asked(7, aggregate_of(0), "Sign", cases::kPsc, "{}"));
  CHECK(code(refused) == "wrong-stage");
  CHECK(lane.decide(asked(7, aggregate_of(0), "Sign", cases::kPsc, "{}")).duplicate_of == refused.ordinal);
}

TEST_CASE("step: the same external reference is a repeat, or a supplement where the content changed") {
  Lane lane = open_lane();
  const auto with_reference = [](int id, const std::string& fingerprint) {
    auto command = opening(id, 0);
    command.channel = "CH-12345";
    command.reference = "R1";
    command.fingerprint = fingerprint;
    return command;
  };
  const auto first = lane.decide(with_reference(1, "a"));
  CHECK(lane.decide(with_reference(2, "a")).duplicate_of == first.ordinal);
  const auto more = lane.decide(with_reference(3, "b"));
  REQUIRE(more.events.size() == 1);
  CHECK(more.events.front().type == "SupplementReceived");
  CHECK(lane.decide(with_reference(4, "b")).duplicate_of == more.ordinal);
  CHECK(lane.decide(with_reference(5, "a")).duplicate_of == first.ordinal);
}

TEST_CASE("step: what cannot be decided on is refused visibly, and the lane goes on") {
  Lane lane = open_lane();
  CHECK(code(lane.decide(asked(1, aggregate_of(0), "Sign", cases::kPsc, "{}"))) == "unknown-case");
  CHECK(lane.cases.empty());
  lane.decide(opening(2, 0));
  auto stale = asked(3, aggregate_of(0), "Begin", cases::kSupervisor, R"({"which":"fuse"})");
  stale.expected_version = 7;
  CHECK(code(lane.decide(stale)) == "version-conflict");
  CHECK(code(lane.decide_bytes("x", "{\"not\":\"a command\"}")) == "undecodable");
  CHECK(code(lane.decide_bytes("x", "\xff")) == "undecodable");
  CHECK(code(lane.decide_bytes("x", std::string(record::kMaxCommandBytes + 1, ' '))) == "undecodable");
  const std::string good = record::encode(opening(4, 1), "/lastkm/test");
  CHECK(code(lane.decide_bytes(aggregate_of(0).value, good)) == "undecodable");
  auto wrong_lane = opening(5, 1);
  wrong_lane.lane = LaneId(1);
  CHECK(code(lane.decide(wrong_lane)) == "undecodable");
  Lane other(1);
  CHECK(code(other.decide_bytes(aggregate_of(1).value, good)) == "undecodable");
  CHECK(other.cases.empty());
  CHECK(code(lane.decide(opening(6, 1))) == "taken");
}

TEST_CASE("step: a command of a type from the future stops the lane; the decider 1 could not decode it") {
  Lane lane = open_lane();
  std::string future = record::encode(opening(1, 0), "/lastkm/test");
  future.replace(future.find("command.v1"), 10, "command.v2");
  const auto taken = take(aggregate_of(0).value, future, kLanes, LaneId(0));
  const auto stopped = step(lane.state, taken, kLanes, lane);
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().code == "upgrade-required");
  // What is no type of ours is nothing from the future.
  std::string other = future;
  other.replace(other.find("org.lastkm.command"), 18, "com.example.x.y.zz");
  CHECK(code(Lane(lane).decide_bytes(aggregate_of(0).value, other)) == "undecodable");
  // An operator can pass it over.
  CHECK(code(given(lane.state, taken, kLanes, lane, "P-1", "not ours")) == "skipped");
  lane.state.decider = 1;
  CHECK(code(lane.decide_bytes(aggregate_of(0).value, future)) == "undecodable");
}

TEST_CASE("step: one command id about two cases is two commands") {
  Lane lane = open_lane();
  const auto first = lane.decide(opening(1, 0));
  CHECK(code(lane.decide(opening(1, 1))) == "taken");
  CHECK(lane.decide(opening(1, 0)).duplicate_of == first.ordinal);
}

TEST_CASE("step: what a newer program has decided is not folded by one that does not know it") {
  Lane lane = open_lane();
  auto decision = lane.decide(opening(1, 0));
  CHECK(check_known(decision).has_value());
  CHECK(check_known(lane.decide(engine_command(kAdvanceClock, record::lane_aggregate(LaneId(0)), LaneId(0),
                                               id_of(3), Object{}, cases::at("2026-05-20T08:00"))))
            .has_value());
  ++decision.events.front().version;
  CHECK(check_known(decision).error().code == "upgrade-required");
  --decision.events.front().version;
  decision.events.front().type = "CaseForgotten";
  CHECK(check_known(decision).error().code == "upgrade-required");
  decision.aggregate = record::lane_aggregate(LaneId(0));
  decision.events.front().type = "ClockAdvanced";
  CHECK(check_known(decision).has_value());
  decision.events.front().type = "CaseRegistered";
  CHECK(check_known(decision).error().code == "upgrade-required");
  decision.events.clear();
  decision.decider = kNewestDecider + 1;
  CHECK(check_known(decision).error().code == "upgrade-required");
}

TEST_CASE("step: activations only go up; a missing document or a newer decider stops the lane") {
  Lane lane;
  CHECK(code(lane.decide(activation(1, 3))) == "taken");
  CHECK(lane.state.context == DirectoryOrdinal(3));
  CHECK(code(lane.decide(activation(2, 3))) == "already-active");
  CHECK(code(lane.decide(activation(3, 2))) == "already-active");
  CHECK(code(lane.decide(activation(4, 0))) == "bad-data");
  CHECK(lane.state.context == DirectoryOrdinal(3));

  const auto beyond = record::encode(activation(5, 6), "/lastkm/test");
  auto stopped = step(lane.state, take("lane-0", beyond, kLanes, LaneId(0)), kLanes, lane);
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().code == "document-missing");

  const auto decider =
      record::encode(engine_command(kActivate, record::lane_aggregate(LaneId(0)), LaneId(0), id_of(6),
                                    Object{{"decider", kNewestDecider + 1}}, cases::at("2026-05-20T08:00")),
                     "/lastkm/test");
  stopped = step(lane.state, take("lane-0", decider, kLanes, LaneId(0)), kLanes, lane);
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().code == "upgrade-required");
  // Where a newer program has taken it, nothing more is decided here.
  lane.state.decider = kNewestDecider + 1;
  const auto next_command = record::encode(opening(7, 0), "/lastkm/test");
  stopped = step(lane.state, take(aggregate_of(0).value, next_command, kLanes, LaneId(0)), kLanes, lane);
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().code == "upgrade-required");
}

TEST_CASE("fold: each aggregate's decisions are chained by hash, and reference numbers are dense") {
  Lane lane = open_lane();
  std::map<AggregateId, std::string> last;
  last[record::lane_aggregate(LaneId(0))] = record::hex(record::sha256(lane.last_bytes));
  std::vector<std::string> refs;
  for (int i = 0; i < 12; ++i) {
    const int about = i % 3;
    const auto decision = i < 3 ? lane.decide(opening(i, about))
                                : lane.decide(asked(i, aggregate_of(about), i % 2 == 0 ? "Begin" : "Sign",
                                                    cases::kSupervisor, R"({"which":"none"})"));
    CHECK(decision.prev == last[decision.aggregate]);
    last[decision.aggregate] = record::hex(record::sha256(lane.last_bytes));
    if (i < 3) refs.push_back(lane.cases.at(aggregate_of(about)).ref);
  }
  CHECK(refs == std::vector<std::string>{"0-000001", "0-000002", "0-000003"});
  CHECK(lane.decide(activation(50, 4)).prev == last[record::lane_aggregate(LaneId(0))]);
}

TEST_CASE("step: of follow-ups of a lane only the next number is taken") {
  Lane lane = open_lane();
  lane.decide(opening(1, 0));
  const auto follow_up = [](int id, std::int64_t number) {
    auto out = asked(id, aggregate_of(0), "Adopt", cases::kDispatcher,
                     R"({"follow_up":{"lane":2,"number":)" + std::to_string(number) +
                         R"(},"from":"0123456789abcdef0123456789abcdef","input":{"child":"c"}})");
    out.client = record::kEngineClient;
    return out;
  };
  CHECK(code(lane.decide(follow_up(2, 2))) == "follow-up-gap");
  CHECK(code(lane.decide(follow_up(3, 1))) == "bad-case");  // 'c' is no case: refused, and taken as number 1
  CHECK(code(lane.decide(follow_up(4, 1))) == "follow-up-repeat");
  CHECK(code(lane.decide(follow_up(5, 3))) == "follow-up-gap");
  // What came too early is taken when it comes again.
  CHECK(code(lane.decide(follow_up(2, 2))) == "bad-case");
  CHECK(code(lane.decide(follow_up(5, 3))) == "bad-case");
  CHECK(lane.state.seen.at(2) == 3);
  // From anybody but the engine it is a command with a wrong field.
  auto forged = follow_up(9, 4);
  forged.client = "cli";
  CHECK(code(lane.decide(forged)) == "forbidden-role");
  CHECK(lane.state.seen.at(2) == 3);
}

TEST_CASE(
    "step: remembered outcomes expire 400 days after the archive, and what comes then is remembered anew") {
  Lane lane = open_lane();
  const auto with_reference = [](int id, const std::string& fingerprint, const std::string& when) {
    auto command = asked(id, aggregate_of(0), "Open", cases::kAgent, cases::kOpening, when);
    command.channel = "CH-12345";
    command.reference = "R1";
    command.fingerprint = fingerprint;
    return command;
  };
  const auto first = lane.decide(with_reference(1, "a", "2026-05-20T09:00"));
  lane.cases.at(aggregate_of(0)).archived_at = cases::at("2026-06-20T00:00");
  const std::string before = "2027-07-24T23:59";
  const std::string after = "2027-07-25T00:00";
  CHECK(lane.decide(with_reference(1, "a", before)).duplicate_of == first.ordinal);
  CHECK(lane.decide(with_reference(2, "a", before)).duplicate_of == first.ordinal);
  const auto anew = lane.decide(with_reference(1, "a", after));
  CHECK_FALSE(anew.duplicate_of);
  REQUIRE_FALSE(anew.events.empty());
  CHECK(anew.events.back().type == "SupplementReceived");
  CHECK(lane.decide(with_reference(1, "a", after)).duplicate_of == anew.ordinal);
  CHECK(lane.decide(with_reference(3, "a", "2030-01-01T00:00")).duplicate_of == anew.ordinal);
}

TEST_CASE("given: an operator's decision takes the ordinal and says who and why") {
  Lane lane = open_lane();
  lane.decide(opening(1, 0));
  const std::string bytes =
      record::encode(asked(2, aggregate_of(0), "Begin", cases::kSupervisor, "{}"), "/lastkm/test");
  const Taken taken = take(aggregate_of(0).value, bytes, kLanes, LaneId(0));
  const auto decision = given(lane.state, taken, kLanes, lane, "P-9", "kills the engine");
  CHECK(is_given(decision));
  CHECK(decision.ordinal == next(lane.state.ordinal));
  CHECK(decision.prev == lane.cases.at(aggregate_of(0)).last_decision);
  CHECK(decision.rejection->facts.text("by") == "P-9");
  CHECK(decision.rejection->text == "kills the engine");
  auto stepped = step(lane.state, taken, kLanes, lane);
  REQUIRE(stepped.has_value());
  CHECK_FALSE(is_given(*stepped));
}

TEST_CASE("lane state: it survives its value") {
  Lane lane = open_lane();
  lane.decide(opening(1, 0));
  lane.state.made[3] = 4;
  lane.state.sent[3] = 2;
  lane.state.seen[11] = 7;
  const auto again = lane_state_from(to_value(lane.state));
  REQUIRE(again.has_value());
  CHECK(*again == lane.state);
}

}  // namespace lastkm::lane
