#include "engine/cases/clock_changes.h"
#include "engine/cases/facts.h"
#include "tests/cases/world.h"

namespace lastkm::cases {
namespace {

using Names = std::vector<std::string>;
using calendar::Amount;
using calendar::Unit;

const std::string kPscLeads = R"({"lead":"PSC-5101080170060001"})";

Life opened(const std::string& type = "SUGGESTION") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent,
            R"({"type":")" + type + R"(","category":"C15","place":"5101080170060001"})");
  return life;
}

TEST_CASE(
    "clocks: a limit by working days ends with its last day, a limit by working hours inside office time") {
  struct Row {
    const char* type;
    const char* due;
  };
  for (const Row& row : {Row{"ENQUIRY", "2026-03-20T00:00"}, Row{"SUGGESTION", "2026-03-26T00:00"},
                         Row{"REPORT", "2026-04-08T00:00"}}) {
    CHECK(opened(row.type).clock("handle").due == at(row.due));
  }
  Life life = opened();
  life.must("2026-03-16T16:00", "Send", kDispatcher, kPscLeads);
  CHECK(life.clock("sign").due == at("2026-03-17T12:00"));
  CHECK(life.clock("sign").base == at("2026-03-16T16:00"));
}

TEST_CASE("clocks: the first limit that holds counts; where none holds the clock does not start") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent,
            R"({"type":"SUGGESTION","category":"C15","place":"5101080170060001","urgency":"CRITICAL"})");
  life.must("2026-03-16T16:00", "Send", kDispatcher, kPscLeads);
  CHECK(life.clock("sign").due == at("2026-03-16T16:10"));
  // No limit of `handle` speaks of a case without a type.
  Life none = opened();
  none.state.type.clear();
  none.state.stage = "TOLD";
  none.state.clocks.clear();
  none.must("2026-03-16T17:00", "Close", kAgent, R"({"solved":false})");
  CHECK(none.clock("handle").limit == Amount{2, Unit::working_days});
}

TEST_CASE("clocks: suspended with two working days left, resumed after the holidays: S2 of the domain") {
  Life life = opened();
  const Answer paused = life.must("2026-03-23T10:00", "Pause", kSupervisor,
                                  R"({"clock":"handle","reason":"STATUTORY_PROCESS"})");
  CHECK(paused.events[0].clocks ==
        parsed(R"([{"change":"suspended","clock":"handle","left":{"n":2,"unit":"WD"}}])"));
  CHECK(life.clock("handle").state == ClockState::suspended);
  CHECK(life.clock("handle").paused_left == Amount{2, Unit::working_days});
  CHECK_FALSE(life.state.next_due());
  CHECK(life.send("2026-05-01T10:00", "ClockDue", kSupervisor).events.empty());
  const Answer resumed = life.must("2026-05-06T10:00", "GoOn", kSupervisor, R"({"clock":"handle"})");
  CHECK(
      resumed.events[0].clocks ==
      parsed(
          R"([{"base":"2026-05-06T02:00:00.000Z","calendar":"cn@1","change":"resumed","clock":"handle","due":"2026-05-08T16:00:00.000Z",
                    "marks":[{"at":"2026-05-07T01:00:00.000Z","id":"yellow"},{"at":"2026-05-09T01:00:00.000Z","id":"red"}]}])"));
  CHECK(life.clock("handle").due == at("2026-05-09T00:00"));
  CHECK_FALSE(life.clock("handle").paused_left);
}

TEST_CASE(
    "clocks: an extension moves the due time from the old one and the marks that have not fired with it") {
  Life life = opened();
  const Answer answer = life.must("2026-03-17T10:00", "Extend", kSupervisor, R"({"n":2,"unit":"WD"})");
  CHECK(life.clock("handle").due == at("2026-03-28T00:00"));
  CHECK(life.clock("handle").limit == Amount{7, Unit::working_days});
  CHECK(life.clock("handle").marks ==
        std::vector<PendingMark>{{"yellow", at("2026-03-26T09:00")}, {"red", at("2026-03-30T09:00")}});
  CHECK(answer.events[0].clocks.if_array()->front().number("n") == 2);
  life.must("2026-03-18T10:00", "Pause", kSupervisor, R"({"clock":"handle","reason":"X"})");
  life.must("2026-03-19T10:00", "Extend", kSupervisor, R"({"n":3,"unit":"WD"})");
  CHECK(life.clock("handle").paused_left == Amount{10, Unit::working_days});
  CHECK(life.clock("handle").state == ClockState::suspended);
  CHECK(code(life.send("2026-03-19T11:00", "Extend", kSupervisor, R"({"n":3,"unit":"NH"})")) ==
        "guard-failed");
  CHECK(life.state.extensions == 2);
}

TEST_CASE("clocks: suspending all keeps what each has left, resuming all goes on with it") {
  Life life = opened();
  life.must("2026-03-16T10:00", "Send", kDispatcher, kPscLeads);
  life.must("2026-03-16T11:00", "Park", kSupervisor, R"({"reason":"P-ENG","review_on":"2026-06-01"})");
  CHECK(life.clock("sign").paused_left == Amount{180, Unit::working_minutes});
  CHECK(life.clock("level_0").paused_left == Amount{3, Unit::working_days});
  CHECK(code(life.send("2026-03-16T11:30", "Park", kSupervisor,
                       R"({"reason":"P-ENG","review_on":"2026-06-01"})")) == "guard-failed");
  life.must("2026-04-01T09:00", "Unpark", kSupervisor);
  CHECK(life.clock("sign").due == at("2026-04-01T12:00"));
  CHECK(life.clock("level_0").due == at("2026-04-08T00:00"));
  CHECK(code(opened().send("2026-03-16T11:00", "Park", kSupervisor,
                           R"({"reason":"P-ENG","review_on":"2026-03-16"})")) == "review-not-in-future");
}

TEST_CASE("clocks: a due time is exclusive: a millisecond before nothing fires, at it the breach stands") {
  Life life = opened("ENQUIRY");
  life.state.card = "yellow";
  const Instant due = at("2026-03-20T00:00");
  CHECK(types(fire(life.state, *life.context, moment(due + -1)).events) == Names{"MarkPassed"});
  const auto events = fire(life.state, *life.context, moment(due)).events;
  REQUIRE(types(events) == Names{"MarkPassed", "SlaBreached"});
  CHECK(events[0].data == parsed(R"({"clock":"handle","mark":"yellow"})"));
  CHECK(events[0].facts == parsed(R"({"case.card":"yellow"})"));
  CHECK(events[1].occurred_at == due);
  CHECK(events[1].rule == "mini@1/clock/handle/due");
  CHECK(events[1].actor == record::Actor{BodyId("SYSTEM"), "SYSTEM", "", ""});
  CHECK(events[1].data == parsed(R"({"clock":"handle"})"));
}

TEST_CASE(
    "clocks: a clock that has run out is stopped by the step done late; by the decider 1 only with marks") {
  const std::string stopped = R"([{"change":"stopped","clock":"sign"}])";
  for (const std::int32_t decider : {1, 2}) {
    Life life = opened();
    life.decider = decider;
    life.must("2026-03-16T16:00", "Send", kDispatcher, kPscLeads);
    const Answer late = life.must("2026-03-17T13:00", "Sign", kPsc);
    REQUIRE(late.events.size() == 2);
    CHECK(late.events[0].type == "StageBreached");
    CHECK(late.events[1].clocks == (decider == 1 ? Value() : parsed(stopped)));
    CHECK(life.clock("sign").state == ClockState::breached);
    CHECK(life.clock("sign").silenced == (decider == 2));
    // Marks that are still to come wait for a restore at either.
    const Answer told = life.must("2026-03-26T08:00", "Tell", kPsc, kProof);
    CHECK(life.clock("handle").silenced);
    CHECK(record::canonical(told.events.back().clocks).find(R"("clock":"handle")") != std::string::npos);
  }
}

TEST_CASE("clocks: what was stopped late is overdue again once it is restored, and stopped again") {
  Life life = opened();
  life.must("2026-03-16T16:00", "Send", kDispatcher, kPscLeads);
  life.must("2026-03-16T16:30", "Sign", kPsc);
  life.must("2026-04-10T09:00", "Tell", kPsc, kProof);
  CHECK(life.clock("handle").marks.empty());
  CHECK(life.clock("handle").silenced);
  const Answer refused = life.must("2026-04-10T10:00", "Refuse", kAgent, R"({"reason":"X"})");
  CHECK(refused.events.back().clocks ==
        parsed(R"([{"change":"restored","clock":"handle","due":"2026-03-25T16:00:00.000Z"}])"));
  CHECK_FALSE(life.clock("handle").silenced);
  CHECK(life.clock("handle").state == ClockState::breached);
  life.must("2026-04-10T11:00", "Tell", kPsc, kProof);
  CHECK(life.clock("handle").silenced);
}

TEST_CASE("clocks: what was suspended when it was stopped comes back suspended, with what was left of it") {
  for (const std::int32_t decider : {1, 2, 3}) {
    INFO("decider " << decider);
    const bool keeps = decider >= 3;
    Life life = opened();
    life.decider = decider;
    life.must("2026-03-16T10:00", "Send", kDispatcher, kPscLeads);
    life.must("2026-03-16T10:10", "Sign", kPsc);
    life.must("2026-03-23T10:00", "Pause", kSupervisor, R"({"clock":"handle","reason":"X"})");
    const Answer told = life.must("2026-03-24T10:00", "Tell", kPsc, kProof);
    CHECK(told.events.back().clocks.if_array()->front() ==
          parsed(keeps ? R"({"change":"stopped","clock":"handle","left":{"n":2,"unit":"WD"}})"
                       : R"({"change":"stopped","clock":"handle"})"));
    CHECK(life.clock("handle").state == ClockState::met);
    const Answer refused = life.must("2026-03-30T09:00", "Refuse", kAgent, R"({"reason":"EMPTY"})");
    CHECK(refused.events.back().clocks ==
          parsed(keeps ? R"([{"change":"restored","clock":"handle","left":{"n":2,"unit":"WD"}}])"
                       : R"([{"change":"restored","clock":"handle","due":"2026-03-25T16:00:00.000Z"}])"));
    const Answer fired = life.send("2026-03-30T09:00", "ClockDue", kSupervisor);
    CHECK(fired.events.empty() == keeps);
    if (!keeps) {
      CHECK(life.clock("handle").state == ClockState::breached);
      continue;
    }
    CHECK(life.clock("handle").state == ClockState::suspended);
    CHECK_FALSE(life.state.next_due());
    life.must("2026-03-30T10:00", "GoOn", kSupervisor, R"({"clock":"handle"})");
    CHECK(life.clock("handle").due == at("2026-04-02T00:00"));
    CHECK(life.clock("handle").marks ==
          std::vector<PendingMark>{{"yellow", at("2026-03-31T09:00")}, {"red", at("2026-04-02T09:00")}});
    // Resumed, stopped and restored again it runs on: what was left once is not left twice.
    life.must("2026-03-30T11:00", "Tell", kPsc, kProof);
    life.must("2026-03-30T12:00", "Refuse", kAgent, R"({"reason":"EMPTY"})");
    CHECK(life.clock("handle").state == ClockState::running);
    CHECK(life.clock("handle").due == at("2026-04-02T00:00"));
    // What was added to it while it was suspended is left of it too.
    life.must("2026-03-30T13:00", "Pause", kSupervisor, R"({"clock":"handle","reason":"X"})");
    life.must("2026-03-30T13:10", "Extend", kSupervisor, R"({"n":3,"unit":"WD"})");
    life.must("2026-03-30T14:00", "Tell", kPsc, kProof);
    life.must("2026-03-30T15:00", "Refuse", kAgent, R"({"reason":"EMPTY"})");
    CHECK(life.clock("handle").paused_left == Amount{5, Unit::working_days});
    // Begun anew it is as new.
    life.must("2026-03-30T16:00", "Tell", kPsc, kProof);
    life.must("2026-03-30T16:10", "Close", kAgent, R"({"solved":false})");
    CHECK(life.clock("handle").state == ClockState::running);
    CHECK_FALSE(life.clock("handle").paused_left);
  }
}

TEST_CASE("clocks: the decider 3 restores what an older one has stopped as that one would have") {
  Life life = opened();
  life.decider = 2;
  life.must("2026-03-16T10:00", "Send", kDispatcher, kPscLeads);
  life.must("2026-03-16T10:10", "Sign", kPsc);
  life.must("2026-03-23T10:00", "Pause", kSupervisor, R"({"clock":"handle","reason":"X"})");
  life.must("2026-03-24T10:00", "Tell", kPsc, kProof);
  life.decider = 3;
  life.must("2026-03-24T11:00", "Refuse", kAgent, R"({"reason":"EMPTY"})");
  CHECK(life.clock("handle").state == ClockState::running);
  CHECK(life.clock("handle").due == at("2026-03-26T00:00"));
}

TEST_CASE("clocks: the fold of a restore goes by what the event says, not by what was said before") {
  Life life = opened();
  const auto change = [&life](const char* text) { apply_change(life.state, parsed(text)); };
  change(R"({"change":"suspended","clock":"handle","left":{"n":2,"unit":"WD"}})");
  change(R"({"change":"stopped","clock":"handle","left":{"n":2,"unit":"WD"}})");
  CHECK(life.clock("handle").paused_left == Amount{2, Unit::working_days});
  change(R"({"change":"restored","clock":"handle","due":"2026-03-25T16:00:00.000Z"})");
  CHECK(life.clock("handle").state == ClockState::running);
  CHECK_FALSE(life.clock("handle").paused_left);
  change(R"({"change":"stopped","clock":"handle"})");
  change(R"({"change":"restored","clock":"handle","left":{"n":3,"unit":"WD"}})");
  CHECK(life.clock("handle").state == ClockState::suspended);
  CHECK(life.clock("handle").paused_left == Amount{3, Unit::working_days});
}

TEST_CASE("clocks: a guard tells what ran out and is still owed from what was done late") {
  Life life = opened();
  const auto overdue = [&life](std::string_view clock) {
    const CaseFacts facts(life.state, *life.context, at("2026-04-10T12:00"), 2);
    return std::get<bool>(facts.fact("clock." + std::string(clock) + ".overdue"));
  };
  CHECK_FALSE(overdue("sign"));
  CHECK_FALSE(overdue("handle"));
  life.must("2026-03-16T16:00", "Send", kDispatcher, kPscLeads);
  CHECK_FALSE(overdue("sign"));
  life.send("2026-03-17T13:00", "ClockDue", kSupervisor);
  CHECK(overdue("sign"));
  life.must("2026-03-17T13:00", "Sign", kPsc);
  CHECK(life.clock("sign").state == ClockState::breached);
  CHECK_FALSE(overdue("sign"));
}

TEST_CASE("decide: a late command cannot overtake a breach") {
  Life life = opened();
  life.must("2026-03-16T10:00", "Send", kDispatcher, kPscLeads);
  life.must("2026-03-16T10:10", "Sign", kPsc);
  const Answer answer = life.must("2026-03-26T00:00", "Tell", kPsc, kProof);
  REQUIRE(types(answer.events) == Names{"StageBreached", "CaseEscalated", "YellowCardIssued", "SlaBreached",
                                        "StageBreached", "FeedbackSubmitted"});
  CHECK(answer.events[0].occurred_at == at("2026-03-20T00:00"));
  CHECK(answer.events[2].occurred_at == at("2026-03-24T09:00"));
  CHECK(answer.events[3].rule == "mini@1/clock/handle/due");
  CHECK(answer.events[4].rule == "mini@1/clock/level_1/due");
  CHECK(life.clock("handle").state == ClockState::breached);
  CHECK(life.clock("level_1").base == at("2026-03-20T00:00"));
  CHECK(life.state.lead == "COMMUNITY_PARTY-510108017006");
  CHECK(life.state.co_handlers == std::vector<CoHandler>{{kPsc.body, std::nullopt, false}});
  CHECK(life.state.card == "yellow");
}

TEST_CASE("decide: what the clocks cause stands, whatever becomes of the command") {
  Life life = opened();
  const Answer refused = life.send("2026-04-01T09:00", "Sign", kPsc);
  CHECK(code(refused) == "wrong-stage");
  CHECK(types(refused.events) ==
        Names{"YellowCardIssued", "SlaBreached", "RedCardIssued", "SupervisionIssued"});
  CHECK(life.state.supervision == 2);
  Life other = opened();
  const Answer undone = other.send("2026-04-01T09:00", "Begin", kSupervisor, R"({"which":"none"})");
  CHECK(code(undone) == "guard-failed");
  CHECK(other.state == life.state);
  Life stale = opened();
  auto asked = command("Send", kDispatcher, kPscLeads, at("2026-04-01T09:00"));
  asked.expected_version = 1;
  CHECK(code(stale.send(asked)) == "version-conflict");
  CHECK(stale.state == life.state);
}

TEST_CASE("clocks: an escalation hands the case over, and the group's holders say so") {
  Life life = opened();
  life.must("2026-03-16T10:00", "Send", kDispatcher, kPscLeads);
  CHECK(life.state.holders == Names{"PSC-5101080170060001"});
  const Answer answer = life.send("2026-03-20T00:00", "ClockDue", kSupervisor);
  REQUIRE(types(answer.events) == Names{"StageBreached", "StageBreached", "CaseEscalated"});
  CHECK(answer.events[2].holders == Value(Array{Value("COMMUNITY_PARTY-510108017006")}));
  CHECK(answer.events[1].clocks.is_null());
  CHECK(answer.events[2].clocks.if_array()->size() == 2);
  CHECK(answer.events[2].clocks.if_array()->front().text("change") == "breached");
}

TEST_CASE("clocks: a rejected feedback restores the clock with its old due time, breached or not") {
  Life life = opened();
  life.must("2026-03-16T10:00", "Send", kDispatcher, kPscLeads);
  life.must("2026-03-16T10:10", "Sign", kPsc);
  life.must("2026-03-18T10:00", "Tell", kPsc, kProof);
  CHECK(life.clock("handle").state == ClockState::met);
  CHECK(life.send("2026-03-30T09:00", "ClockDue", kSupervisor).events.empty());
  life.must("2026-03-30T09:00", "Refuse", kAgent, R"({"reason":"EMPTY"})");
  CHECK(life.clock("handle").state == ClockState::running);
  const Answer fired = life.send("2026-03-30T09:00", "ClockDue", kSupervisor);
  REQUIRE(types(fired.events) ==
          Names{"YellowCardIssued", "SlaBreached", "RedCardIssued", "SupervisionIssued"});
  CHECK(fired.events[1].occurred_at == at("2026-03-26T00:00"));

  Life late = opened();
  late.must("2026-03-16T10:00", "Send", kDispatcher, kPscLeads);
  late.must("2026-03-16T10:10", "Sign", kPsc);
  late.must("2026-03-26T08:00", "Tell", kPsc, kProof);
  CHECK(late.clock("handle").silenced);
  CHECK(late.send("2026-03-27T09:00", "ClockDue", kSupervisor).events.empty());
  late.must("2026-03-27T10:00", "Refuse", kAgent, R"({"reason":"EMPTY"})");
  CHECK(types(late.send("2026-03-27T10:00", "ClockDue", kSupervisor).events) ==
        Names{"RedCardIssued", "SupervisionIssued"});
}

TEST_CASE(
    "clocks: more than one decision may fire waits for the next ClockDue, and other commands wait too") {
  Life life = opened("REPORT");
  life.must("2026-03-16T10:00", "Begin", kSupervisor, R"({"which":"tick"})");
  const Answer refused = life.send("2026-03-16T11:00", "Begin", kSupervisor, R"({"which":"far"})");
  CHECK(code(refused) == "clocks-pending");
  CHECK(refused.events.size() == kMaxFiredEvents);
  CHECK(life.send("2026-03-16T11:00", "ClockDue", kSupervisor).events.size() == kMaxFiredEvents);
  CHECK(life.send("2026-03-16T11:00", "ClockDue", kSupervisor).events.size() == 40);
  CHECK(life.send("2026-03-16T11:00", "ClockDue", kSupervisor).events.empty());
  CHECK(life.clock("tick").due == at("2026-03-16T11:01"));
}

TEST_CASE("clocks: a command that needs a year without a calendar is refused and changes nothing") {
  Life life = opened();
  const CaseState before = life.state;
  const Answer answer = life.send("2026-03-16T10:00", "Begin", kSupervisor, R"({"which":"far"})");
  CHECK(code(answer) == "calendar-missing");
  CHECK(answer.rejection->rule == "mini@1/Begin/T13");
  CHECK(answer.events.empty());
  CHECK(life.state == before);
}

TEST_CASE(
    "clocks: a fired clock that needs such a year counts on plain weeks and tells so; one without events is "
    "a breach") {
  Life life = opened();
  life.must("2026-03-16T10:00", "Begin", kSupervisor, R"({"which":"fuse"})");
  const Answer fired = life.send("2026-03-16T11:00", "ClockDue", kSupervisor);
  REQUIRE(types(fired.events) == Names{"StageBreached"});
  CHECK(fired.events[0].data == parsed(R"({"clock":"fuse"})"));
  CHECK(fired.events[0].facts.text("engine.problem") == "clock far: calendar-missing");
  CHECK(life.clock("far").state == ClockState::running);
  CHECK(life.clock("far").provisional);
  CHECK(life.clock("far").due > at("2028-11-01T00:00"));
  CHECK(life.clock("far").due < at("2029-02-01T00:00"));
}

TEST_CASE("clocks: an import's clocks count from business time") {
  Life life;
  auto asked = command("Open", kAgent, kOpening, at("2026-03-30T10:00"));
  asked.occurred_at = at("2026-03-16T09:12");
  asked.clocks_from_business_time = true;
  REQUIRE(code(life.send(asked)) == "taken");
  CHECK(life.clock("handle").due == at("2026-03-26T00:00"));
  CHECK(life.state.opened_at == at("2026-03-30T10:00"));
  CHECK(life.state.occurred_at == at("2026-03-16T09:12"));
  CHECK(life.state.next_due() == at("2026-03-24T09:00"));
}

}  // namespace
}  // namespace lastkm::cases
