#include "engine/rules/check.h"

#include <catch2/catch.hpp>

#include "tests/rules/workflow_world.h"

using namespace lastkm;
using namespace lastkm::rules;

namespace {
/// A JSON text.
std::string text(const std::string& held) {
  return "\"" + held + "\"";
}
const std::string kWhenT4 = "/commands/2/transitions/0/when";
const std::string kWhenT5 = "/commands/2/transitions/1/when";
const std::string kLadder = "/clocks/1/on_due/clocks/0";
}  // namespace

TEST_CASE("prove: workflows that are in order are proven") {
  CHECK(found(parsed(kCompact)).empty());
  CHECK(found(shipped_workflow("three-party.json")).empty());
  CHECK(found(shipped_workflow("beijing.json")).empty());
}

TEST_CASE("prove: every planted fault of stages and paths is found where it is") {
  check_all(
      parsed(kCompact),
      {
          {"a stage that nothing leads to",
           {{"/stages/-", R"j({"id":"LOST","title":{"zh":"x","en":"x"},"ends":true})j"}},
           {"unreachable-stage /stages/5"}},
          {"the only way to a stage is gone", {{"/clocks/2/on_due/to", ""}}, {"unreachable-stage /stages/4"}},
          {"a transition out of nowhere",
           {{"/stages/-", R"j({"id":"LOST","title":{"zh":"x","en":"x"},"holders":"case.lead"})j"},
            {"/commands/3/transitions/0/from", R"j(["LOST"])j"}},
           {"dead-transition /commands/3/transitions/0", "unreachable-stage /stages/5"}},
          {"a stage without a way to an end",
           {{"/stages/-", R"j({"id":"STUCK","title":{"zh":"x","en":"x"},"holders":"case.lead"})j"},
            {"/commands/3/transitions/0/to", text("STUCK")}},
           {"no-way-to-end /stages/5"}},
          {"no stage ends",
           {{"/stages/3/ends", "false"},
            {"/stages/4/ends", "false"},
            {"/stages/3/holders", text("case.lead")},
            {"/stages/4/holders", text("case.lead")}},
           {"no-way-to-end /stages/0", "no-way-to-end /stages/1", "no-way-to-end /stages/2",
            "no-way-to-end /stages/3", "no-way-to-end /stages/4"}},
          {"a case on nobody's worklist", {{"/stages/1/holders", ""}}, {"stage-without-holders /stages/1"}},
          {"a requirement that fails always cuts what lies behind it",
           {{"/commands/1/transitions/0/require/1/if", text("case.returns < 3 && case.returns > 3")},
            {"/commands/3/transitions/0/to", text("DONE")}},
           {"contradictory-guard /commands/1/transitions/0/require/1/if",
            "dead-transition /commands/2/transitions/0", "dead-transition /commands/2/transitions/1",
            "dead-transition /commands/2/transitions/2", "no-way-to-end /stages/0",
            "unreachable-stage /stages/1", "unreachable-stage /stages/2"}},
      });
}

TEST_CASE("prove: of two transitions that can both fire the later one is found") {
  const std::string first = "overlap /commands/2/transitions/1";
  const std::vector<std::string> both = {first};
  check_all(
      parsed(kCompact),
      {
          {"a condition is missing", {{kWhenT4, ""}}, both},
          {"both conditions are missing", {{kWhenT4, ""}, {kWhenT5, ""}}, both},
          {"intervals that share an end", {{kWhenT5, text("cmd.score <= 6")}}, both},
          {"intervals that leave each other", {{kWhenT5, text("cmd.score <= 5")}}, {}},
          {"a negation is lost", {{kWhenT4, text("cmd.score >= 6")}}, both},
          {"texts that differ",
           {{kWhenT4, text("case.type == 'A'")}, {kWhenT5, text("case.type == 'B'")}},
           {}},
          {"a clock that runs is not overdue",
           {{kWhenT4, text("clock.answer.state == 'running'")}, {kWhenT5, text("clock.answer.overdue")}},
           {}},
          {"one that has run out may be overdue",
           {{kWhenT4, text("clock.answer.state == 'breached'")}, {kWhenT5, text("clock.answer.overdue")}},
           both},
          {"lists that share a text",
           {{kWhenT4, text("case.type in ['A','B']")}, {kWhenT5, text("case.type in ['C','B']")}},
           both},
          {"lists that share none",
           {{kWhenT4, text("case.type in ['A','B']")}, {kWhenT5, text("case.type in ['C']")}},
           {}},
          {"anything else", {{kWhenT4, text("case.type != 'A'")}, {kWhenT5, text("case.type != 'B'")}}, both},
          {"a fact against another, and against it",
           {{kWhenT4, text("actor.body == case.lead")}, {kWhenT5, text("actor.body != case.lead")}},
           {}},
          {"a fact against others",
           {{kWhenT4, text("actor.body == case.lead")}, {kWhenT5, text("actor.body == case.respondent")}},
           both},
          {"equality goes on from fact to fact",
           {{kWhenT4, text("actor.body == case.lead && case.lead == case.respondent")},
            {kWhenT5, text("actor.body != case.respondent")}},
           {}},
          {"integers in order",
           {{kWhenT4, text("case.returns < case.disputes")}, {kWhenT5, text("case.disputes < case.returns")}},
           {}},
          {"integers in order, with the ends",
           {{kWhenT4, text("case.returns <= case.disputes")},
            {kWhenT5, text("case.disputes <= case.returns")}},
           both},
          {"a gap of the integers",
           {{kWhenT4, text("case.level > 3 && case.level < 5 && case.level != 4")}, {kWhenT5, text("true")}},
           {"contradictory-guard /commands/2/transitions/0/when"}},
          {"what is absent", {{kWhenT4, text("has(cmd.reason)")}, {kWhenT5, text("cmd.reason == null")}}, {}},
          {"a host function of the same fact",
           {{kWhenT4, text("kind_of(case.lead) == 'A'")},
            {kWhenT5, text("kind_of(case.lead) in ['B', 'C']")}},
           {}},
          {"a host function of two facts",
           {{kWhenT4, text("kind_of(case.lead) == 'A'")}, {kWhenT5, text("kind_of(actor.body) == 'B'")}},
           both},
          {"places under one another",
           {{kWhenT4, text("under(case.place, '51')")}, {kWhenT5, text("under(case.place, '5101')")}},
           both},
          {"places beside one another",
           {{kWhenT4, text("under(case.place, '51')")}, {kWhenT5, text("under(case.place, '11')")}},
           {}},
          {"prefixes",
           {{kWhenT4, text("case.category.startsWith('C')")},
            {kWhenT5, text("case.category == 'C1' || case.category == 'D'")}},
           both},
          {"a member of a list",
           {{kWhenT4, text("'A' in case.co_handlers")}, {kWhenT5, text("!('A' in case.co_handlers)")}},
           {}},
          {"two members of a list",
           {{kWhenT4, text("'A' in case.co_handlers")}, {kWhenT5, text("'B' in case.co_handlers")}},
           both},
          {"an evaluation that fails takes neither",
           {{kWhenT4, text("cmd.score / 0 == 1")}, {kWhenT5, text("true")}},
           {"contradictory-guard /commands/2/transitions/0/when"}},
          {"stages that are not shared",
           {{kWhenT4, text("case.stage == 'WORK'")}, {kWhenT5, text("case.stage == 'CHECK'")}},
           {"contradictory-guard /commands/2/transitions/1/when", "dead-transition /commands/2/transitions/2",
            "unreachable-stage /stages/2"}},
          {"a third transition",
           {{"/commands/2/transitions/2/from", R"j(["CHECK","WORK"])j"},
            {"/commands/2/transitions/2/when",
             text("case.stage == 'CHECK' || cmd.score == 6 && !category.coded")}},
           {"clock-runs-on /commands/2/transitions/2", "overlap /commands/2/transitions/2"}},
          {"two ways to open a case",
           {{"/commands/0/transitions/1/when", text("cmd.urgency == 'HIGH'")}},
           {"overlap /commands/0/transitions/1"}},
          {"a sum over a small range is tried out",
           {{kWhenT4, text("cmd.score * 2 > 10")}, {kWhenT5, text("cmd.score + cmd.score <= 10")}},
           {}},
          {"a sum without a range is not decided",
           {{kWhenT4, text("case.returns * 7 % 5 == 1")}, {kWhenT5, text("case.returns * 7 % 5 == 2")}},
           {"undecided /commands/2/transitions/1"}},
      });
}

TEST_CASE("prove: an overlap tells where it is") {
  const Reading reading = read_workflow(edited(parsed(kCompact), {{kWhenT5, text("cmd.score <= 6")}}), "");
  REQUIRE(reading.workflow);
  const auto findings = prove(*reading.workflow);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == "error");
  CHECK(findings[0].text ==
        "'T4' and 'T5' can both fire in stage 'WORK', where cmd.score = 6, category.coded = false");
}

TEST_CASE("prove: more than a million cells are a warning, not a hang") {
  std::string wide = "case.returns";
  std::string other;
  for (int i = 0; i < 7; ++i) {
    const std::string fact =
        std::vector<std::string>{"returns",    "disputes", "dispatches", "supervision",
                                 "extensions", "parks",    "reopens"}[static_cast<std::size_t>(i)];
    other += (i == 0 ? "" : " + ") + ("case." + fact + " % 9");
    wide += " + case." + fact;
  }
  const Value document = edited(parsed(kCompact), {{kWhenT4, "\"" + other + " == 1000\""}});
  CHECK(found(document) == std::vector<std::string>{"undecided /commands/2/transitions/1"});
}

TEST_CASE("prove: every condition that can never hold is found where it is") {
  const std::string never = text("case.type == 'A' && case.type == 'B'");
  check_all(
      parsed(kCompact),
      {
          {"applies",
           {{"/applies", text("has(cmd.place) && cmd.place == null")}},
           {"contradictory-guard /applies"}},
          {"a value outside the field's list",
           {{"/commands/0/transitions/1/when", text("cmd.urgency == 'MIDDLE'")}},
           {"contradictory-guard /commands/0/transitions/1/when"}},
          {"a role that cannot ask",
           {{"/commands/1/transitions/0/require/0/if", text("actor.role == 'AGENT'")}},
           {"contradictory-guard /commands/1/transitions/0/require/0/if", "no-way-to-end /stages/0"}},
          {"a number outside the field's range",
           {{"/commands/2/transitions/2/when", text("cmd.score > 10")}},
           {"contradictory-guard /commands/2/transitions/2/when"}},
          {"conditions that exclude each other",
           {{"/commands/2/transitions/2/when", text("cmd.score > 5")},
            {"/commands/2/transitions/2/require", R"j([{"if":"cmd.score < 3"}])j"}},
           {"contradictory-guard /commands/2/transitions/2"}},
          {"requirements that exclude each other",
           {{"/commands/3/transitions/0/require",
             R"j([{"if":"case.reopens < 2"},{"if":"case.reopens > 2"}])j"}},
           {"contradictory-guard /commands/3/transitions/0"}},
          {"a transition that only refuses may refuse always",
           {{"/commands/4/transitions/0/when", text("case.level > 2")},
            {"/commands/4/transitions/0/require", R"j([{"if":"case.level < 2"}])j"}},
           {}},
          {"an event",
           {{"/commands/0/transitions/1/events/1/when", never}},
           {"contradictory-guard /commands/0/transitions/1/events/1/when"}},
          {"a clock operation",
           {{"/commands/2/transitions/0/clocks/0/when", never}},
           {"contradictory-guard /commands/2/transitions/0/clocks/0/when"}},
          {"a mark",
           {{"/clocks/0/marks/0/when", text("case.card == 'blue'")}},
           {"contradictory-guard /clocks/0/marks/0/when"}},
          {"an event of a mark",
           {{"/clocks/0/marks/0/events/0/when", never}},
           {"contradictory-guard /clocks/0/marks/0/events/0/when"}},
          {"an event of a due time",
           {{"/clocks/0/on_due/events/0/when", never}},
           {"contradictory-guard /clocks/0/on_due/events/0/when"}},
          {"a limit", {{"/clocks/0/limits/1/when", never}}, {"contradictory-guard /clocks/0/limits/1/when"}},
          {"a limit behind one that always holds",
           {{"/clocks/0/limits/0/when", ""}},
           {"dead-limit /clocks/0/limits/1"}},
          {"a limit behind others that hold together",
           {{"/clocks/0/limits/-", R"j({"when":"case.urgency == 'LOW'","n":2,"unit":"WD"})j"}},
           {"dead-limit /clocks/0/limits/2"}},
      });
}

TEST_CASE("prove: every planted fault of clocks is found where it is") {
  const std::string start_t7 = "/commands/3/transitions/0/clocks/1";
  check_all(parsed(kCompact), {
                                  {"a clock that nothing starts",
                                   {{"/commands/0/transitions/0/clocks", ""}},
                                   {"clock-never-started /clocks/0"}},
                                  {"a clock that only starts itself",
                                   {{start_t7, ""}, {"/commands/1/transitions/0/clocks/1", ""}},
                                   {"clock-never-started /clocks/1"}},
                                  {"a clock that nothing stops",
                                   {{"/commands/1/transitions/0/clocks/0", ""}},
                                   {"clock-never-ends /clocks/0"}},
                                  {"a clock without a limit",
                                   {{"/clocks/1/limits", "[]"}, {"/clocks/1/on_due/clocks", ""}},
                                   {"clock-without-limit /commands/1/transitions/0/clocks/1",
                                    "clock-without-limit /commands/3/transitions/0/clocks/1"}},
                                  {"a clock whose limit is given at every start",
                                   {{"/clocks/1/limits", "[]"},
                                    {"/clocks/1/on_due/clocks", ""},
                                    {"/commands/1/transitions/0/clocks/1/n", text("2")},
                                    {"/commands/1/transitions/0/clocks/1/unit", text("'WD'")},
                                    {start_t7 + "/n", text("2")},
                                    {start_t7 + "/unit", text("'WD'")}},
                                   {}},
                              });
}

TEST_CASE("prove: ladders end, or are found") {
  const std::vector<std::string> endless = {"endless-ladder " + kLadder};
  const std::string when = kLadder + "/when";
  const std::string level = "/clocks/1/on_due/events/0/data/level";
  const std::string yellow = R"j({"type":"YellowCardIssued"})j";
  const std::string second =
      R"j({"id":"second","title":{"zh":"x","en":"x"},"limits":[{"n":1,"unit":"WD"}],"on_due":{"events":[{"type":"StageBreached"}],)j"
      R"j("clocks":[{"op":"start","clock":"ladder"}]}})j";
  const Edits two = {{"/clocks/-", second},
                     {kLadder + "/clock", text("second")},
                     {"/commands/2/transitions/0/clocks/-", R"j({"op":"stop","clock":"second"})j"},
                     {"/commands/2/transitions/1/clocks/-", R"j({"op":"stop","clock":"second"})j"}};
  const auto with = [&two](Edits more) {
    Edits out = two;
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  check_all(
      parsed(kCompact),
      {
          {"without a condition", {{when, ""}}, endless},
          {"with one that always holds", {{when, text("case.level >= 0")}}, endless},
          {"with one that nothing on the way changes", {{when, text("case.type == 'A'")}}, endless},
          {"with one that waits for somebody", {{when, text("case.stage == 'WORK'")}}, endless},
          {"the level stays", {{level, text("1")}}, endless},
          {"the level comes to the top at once", {{level, text("3")}}, {}},
          {"the event does not set the level",
           {{"/clocks/1/on_due/events/0/type", text("StageBreached")},
            {"/clocks/1/on_due/events/0/data", "{}"}},
           endless},
          {"bounded by the limits", {{when, ""}, {"/clocks/1/limits/0/when", text("case.level < 3")}}, {}},
          {"bounded by one of two limits",
           {{when, ""},
            {"/clocks/1/limits/0/when", text("case.level < 3")},
            {"/clocks/1/limits/-", R"j({"n":9,"unit":"WD"})j"}},
           endless},
          {"by limits that the start overrides",
           {{when, ""},
            {"/clocks/1/limits/0/when", text("case.level < 3")},
            {kLadder + "/n", text("1")},
            {kLadder + "/unit", text("'WD'")}},
           endless},
          {"until another clock runs out", {{when, text("clock.answer.state == 'running'")}}, {}},
          {"until the stage changes",
           {{when, text("case.stage != 'CHECK'")}, {"/clocks/1/on_due/to", text("CHECK")}},
           {}},
          {"in a stage that stays",
           {{when, text("case.stage != 'CHECK'")}, {"/clocks/1/on_due/to", text("WORK")}},
           endless},
          {"with one that what grows goes on meeting", {{when, text("case.version > 1")}}, endless},
          {"until so much has happened", {{when, text("case.version < 40")}}, {}},
          {"until the card is given",
           {{when, text("case.card == 'none'")}, {"/clocks/1/on_due/events/0", yellow}},
           {}},
          {"with the card that it gives",
           {{when, text("case.card == 'yellow'")}, {"/clocks/1/on_due/events/0", yellow}},
           endless},
          {"with one of two things that both come to hold",
           {{when, text("case.card == 'yellow' || case.version > 1")}, {"/clocks/1/on_due/events/0", yellow}},
           endless},
          {"until a card that a condition of its own gives",
           {{when, text("case.card != 'red'")},
            {"/clocks/1/on_due/events/0", yellow},
            {"/clocks/1/on_due/events/0/when", text("case.card == 'none'")},
            {"/clocks/1/on_due/events/-", R"j({"type":"RedCardIssued","when":"case.card == 'yellow'"})j"}},
           {}},
          {"until a number that it may begin above, or leave out",
           {{when, text("case.level != 3")}},
           endless},
          {"by two clocks of which the second begins the count anew",
           with({{when, text("case.level < 3")},
                 {"/clocks/3/on_due/events/-", R"j({"type":"CaseEscalated","data":{"level":"0"}})j"}}),
           {"endless-ladder " + kLadder, "endless-ladder /clocks/3/on_due/clocks/0"}},
          {"by two clocks of which the second comes to the top",
           with({{when, ""},
                 {level, text("1")},
                 {"/clocks/3/on_due/events/-", R"j({"type":"CaseEscalated","data":{"level":"2"}})j"},
                 {"/clocks/3/on_due/clocks/0/when", text("case.level < 2")}}),
           {}},
          {"until the second of two cards in one step",
           {{when, text("case.card == 'yellow'")},
            {"/clocks/1/on_due/events/0", yellow},
            {"/clocks/1/on_due/events/-", R"j({"type":"RedCardIssued"})j"}},
           {}},
          {"by a value that the document does not say",
           {{when, text("case.lead != 'STREET-1'")},
            {"/clocks/1/on_due/events/0/data/lead", text("body('STREET', case.place)")},
            {level, text("1")}},
           {}},
          {"by two clocks that turn the stage to and fro",
           with({{"/clocks/1/on_due/to", text("WORK")},
                 {when, text("case.stage == 'WORK'")},
                 {"/clocks/3/on_due/to", text("CHECK")},
                 {"/clocks/3/on_due/clocks/0/when", text("case.stage == 'CHECK'")}}),
           {"endless-ladder " + kLadder, "clock-runs-on /clocks/2/on_due",
            "endless-ladder /clocks/3/on_due/clocks/0", "clock-runs-on /commands/2/transitions/2"}},
          {"by two clocks in turn, with a condition on the way", two, {}},
          {"by two clocks in turn, without",
           with({{when, ""}}),
           {"endless-ladder " + kLadder, "endless-ladder /clocks/3/on_due/clocks/0"}},
          {"by a mark",
           {{"/clocks/0/marks/0/clocks", R"j([{"op":"start","clock":"answer"}])j"}},
           {"endless-ladder /clocks/0/marks/0/clocks/0"}},
          {"a second step that does not come back",
           {{"/clocks/0/on_due/clocks", R"j([{"op":"start","clock":"ladder"}])j"}},
           {}},
      });
}

TEST_CASE("prove: faults planted in the shipped workflow are found where they are") {
  const Value document = shipped_workflow("three-party.json");
  const auto at = [&document](const std::string& path) { return pointer_of(document, path); };
  const auto start = [](const std::string& clock) {
    return R"j({"op":"start","clock":")j" + clock + R"j("})j";
  };
  const std::string archive = at("/clocks/archive");
  const std::string publicity = at("/clocks/publicity");
  const std::string verify = at("/commands/AcceptFeedback/transitions/T23-verify");
  const std::string failed = at("/commands/Verify/transitions/T24-failed");
  const std::string street = at("/commands/EscalateCase/transitions/T28-street");
  const std::string again = at("/commands/DispatchCase/transitions/T27");
  const std::string closed = at("/commands/ImportCase/transitions/T01-closed");
  const std::string level_0 = at("/clocks/level_0/on_due/clocks");
  const std::string level_1 = at("/clocks/level_1/on_due");
  const std::string reopen = at("/commands/ReopenCase/transitions/T26-closed");
  check_all(
      document,
      {
          {"the archive restarts itself",
           {{archive + "/on_due/clocks/-", start("archive")}},
           {"endless-ladder " + archive + "/on_due/clocks/2"}},
          {"the archive leads nowhere",
           {{archive + "/on_due/to", ""}},
           {"unreachable-stage " + at("/stages/ARCHIVED")}},
          {"nothing stops the publicity",
           {{archive + "/on_due/clocks", ""},
            {publicity + "/on_due/clocks", ""},
            {at("/commands/SubmitFeedback/transitions/T21") + "/clocks/11", ""},
            {at("/commands/ConfirmMerge/transitions/T04") + "/clocks/1", ""}},
           {"clock-never-ends " + publicity}},
          {"the ladder turns round",
           {{level_1 + "/clocks", "[" + start("level_0") + "]"}},
           {"endless-ladder " + level_1 + "/clocks/0", "endless-ladder " + level_0 + "/1"}},
          {"accepted feedback goes two ways", {{verify + "/when", ""}}, {"overlap " + verify}},
          {"a check that fails and succeeds", {{failed + "/when", text("cmd.ok")}}, {"overlap " + failed}},
          {"two levels at once", {{street + "/when", text("case.level <= 1")}}, {"overlap " + street}},
          {"a stage that two transitions share",
           {{again + "/from/-", text("DISPUTED")}},
           {"overlap " + again}},
          {"a status that the field does not have",
           {{closed + "/when", text("cmd.status == 'gone'")}},
           {"contradictory-guard " + closed + "/when"}},
          {"a window that is never open",
           {{reopen + "/require/1/if", text("case.days_since_close > 3 && case.days_since_close < 3")}},
           {"contradictory-guard " + reopen + "/require/1/if"}},
          {"parked cases on nobody's worklist",
           {{at("/stages/PARKED") + "/holders", ""}},
           {"stage-without-holders " + at("/stages/PARKED")}},
      });
}
