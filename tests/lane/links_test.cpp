// Work across cases: lanes that ask each other, with every message delayed, repeated and answered after
// restarts.
#include <deque>
#include <random>

#include "tests/lane/lane.h"

namespace lastkm::lane {

namespace {

/// Some lanes and what is under way between them. A lane's follow-ups to another one arrive in their order,
/// between other things, sometimes twice.
struct Town {
  Town() {
    for (std::int32_t n = 0; n < kLanes; ++n) {
      lanes.emplace_back(n);
      lanes.back().decide(engine_command(kActivate, record::lane_aggregate(LaneId(n)), LaneId(n),
                                         id_of(1000 + n), Object{{"directory", std::int64_t{5}}},
                                         cases::at("2026-05-20T08:00")));
    }
    logs.resize(kLanes);
  }

  record::Decision send(const record::Command& command) {
    const auto to = static_cast<std::size_t>(command.lane.value);
    logs[to].push_back(command);
    const auto decision = lanes[to].decide(command);
    decisions.push_back(lanes[to].last_bytes);
    for (const record::FollowUp& asked : decision.follow_ups) {
      under_way[{command.lane.value, asked.target.value}].push_back(
          follow_up_command(decision, asked, decision.lane_time));
    }
    return decision;
  }
  record::Decision ask(const std::string& name, const AggregateId& about, const std::string& input,
                       const record::Actor& actor = cases::kDispatcher) {
    return send(asked(++ids, about, name, actor, input));
  }
  /// Delivers the first of one queue; `twice` leaves it there to come again.
  void deliver(std::pair<std::int32_t, std::int32_t> from_to, bool twice) {
    auto& queue = under_way.at(from_to);
    const record::Command command = queue.front();
    if (!twice) queue.pop_front();
    if (queue.empty()) under_way.erase(from_to);
    send(command);
  }
  void settle() {
    while (!under_way.empty()) deliver(under_way.begin()->first, false);
  }
  /// A new owner makes the lane again from its commands alone.
  void restart(std::size_t n) {
    Lane again(static_cast<std::int32_t>(n));
    again.decide(engine_command(kActivate, record::lane_aggregate(again.state.lane), again.state.lane,
                                id_of(1000 + static_cast<int>(n)), Object{{"directory", std::int64_t{5}}},
                                cases::at("2026-05-20T08:00")));
    for (const record::Command& command : logs[n]) again.decide(command);
    REQUIRE(again.state == lanes[n].state);
    REQUIRE(again.cases == lanes[n].cases);
    REQUIRE(again.last_bytes == lanes[n].last_bytes);
    lanes[n] = std::move(again);
  }
  [[nodiscard]] const cases::CaseState& at(const AggregateId& id) const {
    return lanes[static_cast<std::size_t>(record::lane_of(id, kLanes).value)].cases.at(id);
  }

  std::vector<Lane> lanes;
  std::vector<std::vector<record::Command>> logs;
  std::vector<std::string> decisions;
  std::map<std::pair<std::int32_t, std::int32_t>, std::deque<record::Command>> under_way;
  int ids = 0;
};

std::string master(const AggregateId& id) {
  return R"({"master":")" + id.value + R"("})";
}

std::vector<AggregateId> opened(Town& town, int n) {
  std::vector<AggregateId> out;
  for (int i = 0; i < n; ++i) {
    out.push_back(aggregate_of(i / kLanes, LaneId(i % kLanes)));
    town.ask("Open", out.back(), cases::kOpening, cases::kAgent);
  }
  return out;
}

/// A case is merged into one that knows it, and that is merged nowhere itself.
void check_links(const Town& town, const std::vector<AggregateId>& ids) {
  const auto has = [](const std::vector<std::string>& list, const AggregateId& id) {
    return std::find(list.begin(), list.end(), id.value) != list.end();
  };
  for (const AggregateId& id : ids) {
    const cases::CaseState& one = town.at(id);
    INFO(id.value << " " << one.stage);
    if (one.stage == "HELD") {
      REQUIRE(!one.master.empty());
      REQUIRE(one.merged.empty());
      REQUIRE(has(town.at(AggregateId(one.master)).merged, id));
      REQUIRE(town.at(AggregateId(one.master)).master.empty());
    }
  }
}

void check_quiet(const Town& town, const std::vector<AggregateId>& ids) {
  check_links(town, ids);
  for (const AggregateId& id : ids) {
    CHECK(town.at(id).merging.empty());
    for (const std::string& child : town.at(id).merged) CHECK(town.at(AggregateId(child)).master == id.value);
  }
}

}  // namespace

TEST_CASE("links: the child asks, the master adopts, the child confirms, across lanes and within one") {
  for (const LaneId lane : {LaneId(0), LaneId(3)}) {
    Town town;
    const AggregateId child = aggregate_of(0);
    const AggregateId other = aggregate_of(1, lane);
    town.ask("Open", child, cases::kOpening, cases::kAgent);
    town.ask("Open", other, cases::kOpening, cases::kAgent);
    const auto asked_now = town.ask("Merge", child, master(other));
    REQUIRE(asked_now.follow_ups.size() == 1);
    CHECK(asked_now.follow_ups.front().number == 1);
    CHECK(town.at(child).merging == other.value);
    CHECK(town.at(child).stage == "NEW");
    town.deliver({0, lane.value}, false);
    CHECK(town.at(other).merged == std::vector<std::string>{child.value});
    CHECK(town.at(child).stage == "NEW");
    town.deliver({lane.value, 0}, false);
    CHECK(town.at(child).stage == "HELD");
    CHECK(town.at(child).master == other.value);
    CHECK(town.under_way.empty());
  }
}

TEST_CASE("links: two cases that ask each other at once both hear no, whatever comes first") {
  for (const bool a_first : {true, false}) {
    Town town;
    const AggregateId a = aggregate_of(0);
    const AggregateId b = aggregate_of(0, LaneId(1));
    opened(town, 2);
    town.ask("Merge", a, master(b));
    town.ask("Merge", b, master(a));
    town.deliver(a_first ? std::pair(0, 1) : std::pair(1, 0), false);
    town.settle();
    CHECK(town.at(a).stage == "NEW");
    CHECK(town.at(b).stage == "NEW");
    check_quiet(town, {a, b});
    // Nothing is left over: now one of them can.
    town.ask("Merge", a, master(b));
    town.settle();
    CHECK(town.at(a).master == b.value);
    check_quiet(town, {a, b});
  }
}

TEST_CASE("links: who goes its own way before the answer comes is let go again") {
  Town town;
  const auto ids = opened(town, 2);
  town.ask("Merge", ids[0], master(ids[1]));
  town.ask("Send", ids[0], R"({"lead":"PSC-5101080170060001"})");
  town.settle();
  CHECK(town.at(ids[0]).stage == "SENT");
  CHECK(town.at(ids[1]).merged.empty());
  check_quiet(town, ids);
}

TEST_CASE("links: a case that is not there refuses, and the child hears why") {
  Town town;
  const auto ids = opened(town, 1);
  town.ask("Merge", ids[0], master(aggregate_of(5, LaneId(2))));
  town.settle();
  CHECK(town.at(ids[0]).merging.empty());
  CHECK(town.at(ids[0]).version == 3);
  CHECK(town.decisions.back().find(R"("reason":"unknown-case")") != std::string::npos);
}

TEST_CASE("links: an operator's skip of a follow-up is a refusal too") {
  Town town;
  const auto ids = opened(town, 2);
  town.ask("Merge", ids[0], master(ids[1]));
  const record::Command command = town.under_way.at({0, 1}).front();
  Lane& lane = town.lanes[1];
  const std::string bytes = record::encode(command, "/lastkm/test");
  const Taken taken = take(command.aggregate.value, bytes, kLanes, LaneId(1));
  const auto skipped = given(lane.state, taken, kLanes, lane, "P-9", "kills the engine");
  REQUIRE(skipped.follow_ups.size() == 1);
  CHECK(skipped.follow_ups.front().command == "Unheard");
  CHECK(skipped.follow_ups.front().aggregate == ids[0]);
  fold(lane.state, lane, taken, skipped, record::encode(skipped, "/lastkm/test"));
  CHECK(lane.state.seen.at(0) == 1);
}

TEST_CASE("links: a follow-up to a case with more clocks due than one decision fires comes after them") {
  Town town;
  const auto ids = opened(town, 2);
  town.ask("Begin", ids[1], R"({"which":"tick"})", cases::kSupervisor);
  town.send(asked(++town.ids, ids[0], "Merge", cases::kDispatcher, master(ids[1]), "2026-05-20T10:00"));
  int again = 0;
  while (town.under_way.contains({0, 1}) || town.under_way.contains({1, 1})) {
    town.deliver(town.under_way.contains({0, 1}) ? std::pair(0, 1) : std::pair(1, 1), false);
    ++again;
  }
  CHECK(again > 1);
  CHECK(town.at(ids[1]).merged == std::vector<std::string>{ids[0].value});
  CHECK(*town.at(ids[1]).next_due() > cases::at("2026-05-20T10:00"));
  town.settle();
  check_quiet(town, ids);
}

TEST_CASE("links: closing the master closes who is merged; who was split off goes on") {
  Town town;
  const auto ids = opened(town, 4);
  for (const int child : {1, 2, 3}) town.ask("Merge", ids[static_cast<std::size_t>(child)], master(ids[0]));
  town.settle();
  town.ask("Split", ids[2], R"({"reason":"X"})");
  town.ask("Send", ids[0], R"({"lead":"PSC-5101080170060001"})");
  town.ask("Sign", ids[0], "{}", cases::kPsc);
  town.ask("Tell", ids[0], cases::kProof, cases::kPsc);
  // The split is under way while the master closes.
  town.ask("Close", ids[0], R"({"solved":true})", cases::kAgent);
  town.settle();
  CHECK(town.at(ids[1]).stage == "DONE");
  CHECK(town.at(ids[3]).stage == "DONE");
  CHECK(town.at(ids[2]).stage == "NEW");
  check_quiet(town, ids);
}

TEST_CASE("links: random lives with delays, repeats and restarts: no case swallows one that swallows it") {
  std::map<std::string, int> seen;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    Town town;
    const auto ids = opened(town, 6);
    for (int step = 0; step < 80; ++step) {
      const AggregateId& one = ids[below(ids.size())];
      const AggregateId& other = ids[below(ids.size())];
      switch (below(12)) {
        case 0:
        case 1:
        case 2:
          ++seen[code(town.ask("Merge", one, master(other)))];
          break;
        case 3:
          ++seen["split " + code(town.ask("Split", one, R"({"reason":"X"})"))];
          break;
        case 4:
          if (below(6) == 0) town.ask("Send", one, R"({"lead":"PSC-5101080170060001"})");
          break;
        case 5:
          if (below(4) == 0) town.restart(below(kLanes));
          break;
        default:
          if (town.under_way.empty()) break;
          auto queue = town.under_way.begin();
          std::advance(queue, static_cast<std::ptrdiff_t>(below(town.under_way.size())));
          town.deliver(queue->first, below(4) == 0);
          break;
      }
      check_links(town, ids);
    }
    town.settle();
    check_quiet(town, ids);
    for (const AggregateId& id : ids) ++seen[town.at(id).stage];
    for (std::size_t n = 0; n < kLanes; ++n) town.restart(n);
  }
  for (const char* reached : {"taken", "no-merge", "wrong-stage", "split taken", "HELD", "SENT"}) {
    INFO(reached);
    CHECK(seen[reached] > 0);
  }
}

}  // namespace lastkm::lane
