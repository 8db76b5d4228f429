#include "engine/cases/facts.h"
#include "tests/cases/world.h"

namespace lastkm::cases {
namespace {

using Names = std::vector<std::string>;

TEST_CASE(
    "decide: an opening command makes a case with a number, its workflow pinned, on the worklist of its "
    "holder") {
  Life life;
  auto asked = command("Open", kAgent, kOpening, at("2026-03-16T09:12"));
  asked.channel = "CH-12345";
  asked.reference = "R-1";
  const Answer answer = life.send(asked);
  REQUIRE_FALSE(answer.rejection);
  REQUIRE(types(answer.events) == Names{"CaseRegistered"});
  const record::Event& event = answer.events[0];
  CHECK(event.seq == 1);
  CHECK(event.rule == "mini@1/Open/T1");
  CHECK(event.stage == "NEW");
  CHECK(event.data.text("ref") == "17-000001");
  CHECK(event.data.text("workflow") == "mini");
  CHECK(event.data.number("workflow_version") == 1);
  CHECK(event.data.text("channel") == "CH-12345");
  CHECK(event.data.text("reference") == "R-1");
  CHECK(event.holders == Value(Array{Value("HOTLINE-510108")}));
  CHECK(life.state.ref == "17-000001");
  CHECK(life.state.id.value == asked.aggregate.value);
  CHECK(life.state.opened_at == at("2026-03-16T09:12"));
}

TEST_CASE("decide: refusals name the rule that spoke, in a fixed order") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent, kOpening);
  const record::Actor stranger{BodyId("ULE-999999"), "AGENT", "", ""};
  const record::Actor wrong_role{BodyId("HOTLINE-510108"), "HANDLER", "", ""};
  struct Row {
    const char* name;
    record::Actor actor;
    const char* input;
    const char* code;
    const char* path;
    const char* rule;
  };
  const std::vector<Row> rows = {
      {"Fly", stranger, R"({"x":1})", "unknown-command", "", ""},
      {"Sign", stranger, R"({"x":1})", "unknown-body", "", ""},
      {"Sign", kAgent, R"({"x":1})", "forbidden-role", "", "mini@1/Sign"},
      {"Sign", wrong_role, R"({"x":1})", "forbidden-role", "", "mini@1/Sign"},
      {"Sign", kPsc, R"({"x":1})", "wrong-stage", "", "mini@1/Sign"},
      {"Send", kDispatcher, R"({"x":1})", "bad-data", "/lead", "mini@1/Send"},
      {"Send", kDispatcher, R"({"lead":"PSC-5101080170060001","x":1})", "bad-data", "/x", "mini@1/Send"},
      {"Send", kDispatcher, R"({"lead":"PSC-1"})", "unknown-body", "/lead", "mini@1/Send"},
      {"Send", kDispatcher, R"({"lead":"HOTLINE-510108"})", "bad-lead", "", "mini@1/Send/T2"},
      {"Unpark", kSupervisor, "{}", "guard-failed", "", "mini@1/Unpark"},
      {"GoOn", kSupervisor, R"({"clock":"handle"})", "guard-failed", "", "mini@1/GoOn/T5"},
      {"Begin", kSupervisor, R"({"which":"none"})", "guard-failed", "", "mini@1/Begin/T13"},
      {"Open", kAgent, kOpening.c_str(), "wrong-stage", "", "mini@1/Open"},
  };
  const CaseState before = life.state;
  for (const Row& row : rows) {
    INFO(row.name << " " << row.input);
    const Answer answer = life.send("2026-03-16T09:30", row.name, row.actor, row.input);
    REQUIRE(answer.rejection);
    CHECK(answer.rejection->code == row.code);
    CHECK(answer.rejection->path == row.path);
    CHECK(answer.rejection->rule == row.rule);
    CHECK(answer.rejection->text.ends_with("."));
    CHECK(answer.events.empty());
    CHECK_FALSE(answer.after);
    CHECK(life.state == before);
  }
}

TEST_CASE("decide: a refusal by a stale version comes after the role and before the stage") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent, kOpening);
  auto asked = command("Sign", kPsc, "{}", at("2026-03-16T09:30"));
  asked.expected_version = 7;
  CHECK(code(life.send(asked)) == "version-conflict");
  asked.actor = kAgent;
  CHECK(code(life.send(asked)) == "forbidden-role");
  asked.actor = kPsc;
  asked.expected_version = 1;
  CHECK(code(life.send(asked)) == "wrong-stage");
}

TEST_CASE("decide: what a case that does not exist can be asked") {
  Life life;
  CHECK(code(life.send("2026-03-16T09:12", "Sign", kPsc)) == "unknown-case");
  CHECK(code(life.send("2026-03-16T09:12", "ClockDue", kPsc)) == "unknown-case");
  CHECK(code(life.send("2026-03-16T09:12", "Fly", kPsc)) == "unknown-command");
  CHECK(code(life.send("2026-03-16T09:12", "Open", kPsc, kOpening)) == "forbidden-role");
  CHECK(code(life.send("2026-03-16T09:12", "Open", kAgent, R"({"type":"SUGGESTION","category":"C15"})")) ==
        "bad-data");
  const std::string elsewhere = R"({"type":"SUGGESTION","category":"C15","place":"110101"})";
  const Answer foreign = life.send("2026-03-16T09:12", "Open", kAgent, elsewhere);
  CHECK(code(foreign) == "guard-failed");
  CHECK(foreign.rejection->text.find("mini@1/applies") != std::string::npos);
}

TEST_CASE("decide: the same external reference with other content supplements the case, whatever its stage") {
  Life life;
  auto asked = command("Open", kAgent, kOpening, at("2026-03-16T09:12"));
  asked.channel = "CH-12345";
  asked.reference = "R-1";
  REQUIRE(code(life.send(asked)) == "taken");
  life.must("2026-03-16T09:20", "Send", kDispatcher, R"({"lead":"PSC-5101080170060001"})");
  asked.input = parsed(R"({"type":"REPORT","category":"C15","place":"510108"})");
  asked.recorded_at = at("2026-03-16T10:00");
  const Answer answer = life.send(asked);
  REQUIRE(types(answer.events) == Names{"SupplementReceived"});
  CHECK(answer.events[0].rule == "engine/supplement");
  CHECK(answer.events[0].data == asked.input);
  CHECK(life.state.stage == "SENT");
  CHECK(life.state.type == "SUGGESTION");
  CHECK(life.state.version == 3);
  asked.input = parsed(R"({"type":"REPORT"})");
  CHECK(code(life.send(asked)) == "bad-data");
}

TEST_CASE("decide: nothing that is told of happened before the case was asked for, from the decider 3 on") {
  struct Row {
    const char* what;
    const char* occurred;
    const char* recorded;
    const char* answer;
  };
  const auto open = [](const std::string& occurred, std::int32_t decider) {
    Life life;
    life.decider = decider;
    auto asked = command("Open", kAgent, kOpening, at("2026-03-02T09:00"));
    asked.occurred_at = at(occurred);
    REQUIRE(code(life.send(asked)) == "taken");
    return life;
  };
  const auto send = [](Life& life, const Row& row) {
    auto asked = command("Send", kDispatcher, R"({"lead":"PSC-5101080170060001"})", at(row.recorded));
    asked.occurred_at = at(row.occurred);
    return life.send(asked);
  };
  for (const Row& row : {Row{"before it", "2026-02-27T17:59", "2026-03-02T10:00", "before-opening"},
                         Row{"with it", "2026-02-27T18:00", "2026-03-02T10:00", "taken"},
                         Row{"before it was recorded", "2026-03-01T09:00", "2026-03-02T10:00", "taken"},
                         Row{"now", "2026-03-02T10:00", "2026-03-02T10:00", "taken"}}) {
    INFO(row.what);
    Life life = open("2026-02-27T18:00", 3);
    const Answer answer = send(life, row);
    CHECK(code(answer) == row.answer);
    if (answer.rejection) {
      CHECK(answer.rejection->text ==
            "Send is told of as of 2026-02-27T17:59:00+08:00 (occurred_at), before the case was asked for, "
            "2026-02-27T18:00:00+08:00. Give the time at which it happened, or leave occurred_at out if it "
            "happens now.");
      CHECK(life.state.version == 1);
    }
    for (const std::int32_t decider : {1, 2}) {
      Life older = open("2026-02-27T18:00", decider);
      CHECK(code(send(older, row)) == "taken");
    }
  }
  // People tell times by the minute.
  Life quick = open("2026-02-27T18:00:25+08:00", 3);
  CHECK(code(send(quick, {"a minute before", "2026-02-27T17:59", "2026-03-02T10:00", ""})) ==
        "before-opening");
  CHECK(code(send(quick, {"in its minute", "2026-02-27T18:00", "2026-03-02T10:00", ""})) == "taken");
  // An opening that lies ahead keeps nobody from what happens now, only from what is told of before.
  Life ahead = open("2026-03-02T18:00", 3);
  CHECK(code(send(ahead, {"told", "2026-03-02T09:59", "2026-03-02T10:00", ""})) == "before-opening");
  CHECK(code(send(ahead, {"now", "2026-03-02T10:00", "2026-03-02T10:00", ""})) == "taken");
}

TEST_CASE("decide: what another case asks, and what is told anew of the request, may bear an earlier time") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent, kOpening);
  auto asked =
      command("Adopt", {}, R"({"child":"0123456789abcdef0123456789abcdef"})", at("2026-03-16T10:00"));
  asked.occurred_at = at("2026-03-16T09:00");
  auto as_case = moment(asked.recorded_at);
  as_case.from_case = true;
  CHECK(code(decide(life.state, asked, *life.context, as_case)) == "taken");
  auto again = command("Open", kAgent, kOpening, at("2026-03-16T10:00"));
  again.reference = "R1";
  again.occurred_at = at("2026-03-15T09:00");
  CHECK(types(life.send(again).events) == std::vector<std::string>{"SupplementReceived"});
}

TEST_CASE("decide: a co-handler that a new dispatch makes the lead waits for no report of its own") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent, kOpening);
  life.must(
      "2026-03-16T10:00", "Send", kDispatcher,
      R"({"lead":"PSC-5101080170060001","co_handlers":[{"body":"OC-5101080170060001","due":"2026-03-20T00:00:00+08:00"}]})");
  const auto pending = [&life](std::int32_t decider) {
    const CaseFacts facts(life.state, *life.context, at("2026-03-16T12:00"), decider);
    return std::get<std::int64_t>(facts.fact("case.co_handlers_pending"));
  };
  CHECK(pending(1) == 1);
  CHECK(pending(2) == 1);
  CHECK(life.state.pending().size() == 1);
  life.must("2026-03-16T11:00", "Send", kDispatcher, R"({"lead":"OC-5101080170060001"})");
  CHECK(pending(1) == 1);
  CHECK(pending(2) == 0);
  CHECK(life.state.pending().empty());
}

TEST_CASE("decide: list() makes a list of two texts, without the empty ones") {
  const Life life;
  const CaseFacts facts(life.state, *life.context, at("2026-03-16T12:00"), 2);
  using Bodies = std::vector<std::string_view>;
  const auto list = [&facts](std::string_view one, std::string_view other) {
    const rules::CelValue arguments[] = {one, other};
    const rules::CelValue made = facts.call("list", arguments);
    const auto held = std::get<std::span<const std::string_view>>(made);
    return Bodies(held.begin(), held.end());
  };
  CHECK(list("A", "B") == Bodies{"A", "B"});
  CHECK(list("A", "") == Bodies{"A"});
  CHECK(list("", "B") == Bodies{"B"});
  CHECK(list("", "").empty());
}

TEST_CASE("decide: a pinned workflow that is not in force is said, not guessed") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent, kOpening);
  life.context = world_of({parsed(kBodies)});
  CHECK(code(life.send("2026-03-16T09:30", "Send", kDispatcher, R"({"lead":"PSC-5101080170060001"})")) ==
        "document-missing");
  CHECK(fire(life.state, *life.context, moment(at("2027-01-01T00:00"))).events.empty());
}

TEST_CASE("decide: an event carries what the rule's guards saw, and nothing else") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent, kOpening);
  life.must("2026-03-16T09:20", "Send", kDispatcher, R"({"lead":"PSC-5101080170060001"})");
  const Answer refused = life.send("2026-03-16T09:30", "Sign", kOc);
  CHECK(code(refused) == "not-lead");
  CHECK(refused.rejection->text == "Only the lead signs.");
  CHECK(refused.rejection->facts ==
        parsed(R"({"actor.body":"OC-5101080170060001","case.lead":"PSC-5101080170060001"})"));
  const Answer taken = life.must("2026-03-16T09:31", "Sign", kPsc);
  CHECK(taken.events[0].facts ==
        parsed(R"({"actor.body":"PSC-5101080170060001","case.lead":"PSC-5101080170060001"})"));
}

TEST_CASE(
    "decide: each event of a group sees the state after the one before, the last carries stage, clocks and "
    "holders") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent, kOpening);
  life.must("2026-03-16T09:20", "Send", kDispatcher, R"({"lead":"PSC-5101080170060001"})");
  life.must("2026-03-16T09:30", "Sign", kPsc);
  const Answer told = life.must("2026-03-16T10:00", "Tell", kPsc, kProof);
  CHECK(told.events[0].data.text("by") == kPsc.body.value);
  CHECK(told.events[0].data.find("evidence")->if_array()->size() == 1);
  CHECK(life.state.evidence == 1);
  const Answer closed = life.must("2026-03-16T11:00", "Close", kAgent, R"({"solved":true})");
  REQUIRE(types(closed.events) == Names{"CallbackRecorded", "CaseClosed"});
  CHECK(closed.events[0].stage.empty());
  CHECK(closed.events[0].rule == "mini@1/Close/T11");
  CHECK(closed.events[1].stage == "DONE");
  CHECK(closed.events[1].ended);
  CHECK(closed.events[1].holders == Value(Array{}));
  CHECK(closed.events[0].data.find("solved")->if_string() != nullptr);
  CHECK(life.state.closed_at == at("2026-03-16T11:00"));
  CHECK(life.state.holders.empty());
}

TEST_CASE("decide: a transition is chosen by its condition, and a reopened case gets half its limit") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent, kOpening);
  life.must("2026-03-16T09:20", "Send", kDispatcher, R"({"lead":"PSC-5101080170060001"})");
  life.must("2026-03-16T09:30", "Sign", kPsc);
  life.must("2026-03-16T10:00", "Tell", kPsc, kProof);
  const Answer answer = life.must("2026-03-16T11:00", "Close", kAgent, R"({"solved":false})");
  CHECK(answer.events[0].rule == "mini@1/Close/T12");
  CHECK(life.state.stage == "SENT");
  CHECK(life.state.reopens == 1);
  CHECK(life.clock("handle").limit == calendar::Amount{4, calendar::Unit::working_days});
  CHECK(life.clock("handle").due == at("2026-03-21T00:00"));
}

TEST_CASE(
    "react: a rule asks others on the case as it found it; what is no case is refused and nothing is "
    "caused") {
  Life life;
  life.must("2026-03-16T09:12", "Open", kAgent, kOpening);
  life.state.id = AggregateId("fedcba9876543210fedcba9876543210");
  const std::string other(32, 'a');
  const auto bad = life.send("2026-03-16T09:30", "Merge", kDispatcher, R"({"master":"A-17"})");
  CHECK(code(bad) == "bad-case");
  CHECK(bad.events.empty());
  CHECK(bad.requests.empty());
  const auto asked = life.must("2026-03-16T09:31", "Merge", kDispatcher, R"({"master":")" + other + R"("})");
  REQUIRE(asked.requests.size() == 1);
  CHECK(asked.requests.front().aggregate == AggregateId(other));
  CHECK(asked.requests.front().command == "Adopt");
  CHECK(asked.requests.front().refused == "Unheard");
  CHECK(asked.requests.front().input == Value(Object{{"child", life.state.id.value}}));
  // What cases ask, people cannot, and the other way round.
  CHECK(code(life.send("2026-03-16T09:32", "Adopt", kDispatcher, R"({"child":"x"})")) == "forbidden-role");
  Moment from_case = moment(at("2026-03-16T09:33"));
  from_case.from_case = true;
  const auto sign = command("Split", kDispatcher, R"({"reason":"X"})", from_case.now);
  CHECK(code(decide(life.state, sign, *life.context, from_case)) == "forbidden-role");
  // The master is cleared by the event, and yet it is the one that is asked.
  const auto confirm = command("Confirm", kDispatcher, R"({"master":")" + other + R"("})", from_case.now);
  life.state = *decide(life.state, confirm, *life.context, from_case).after;
  const auto split = life.must("2026-03-16T09:34", "Split", kDispatcher, R"({"reason":"X"})");
  REQUIRE(split.requests.size() == 1);
  CHECK(split.requests.front().aggregate == AggregateId(other));
  CHECK(life.state.master.empty());
}

}  // namespace
}  // namespace lastkm::cases
