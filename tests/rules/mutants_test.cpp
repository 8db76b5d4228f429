// Faults planted in the text of the shipped workflows, each found at its line and column; and workflows that
// are unusual but right, in which nothing is found.
#include <catch2/catch.hpp>

#include "tests/rules/workflow_world.h"

using namespace lastkm;
using namespace lastkm::rules;

namespace {

/// Where the finding has to stand, in the text that is put in.
constexpr std::string_view kHere = "@@";

struct Replacement {
  std::string from;  ///< stands once in the text; "\n" and the blanks after it stand for any blanks
  std::string to;
};
struct Mutant {
  const char* what;
  const char* file;
  std::vector<Replacement> replacements;
  const char* code;
};

std::string text_of(const std::string& name) {
  std::ifstream file(lastkm::test::source_folder() + "/schemas/workflows/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void replace(std::string& text, const Replacement& replacement) {
  const std::size_t at = text.find(replacement.from);
  INFO(replacement.from);
  REQUIRE(at != std::string::npos);
  text.replace(at, replacement.from.size(), replacement.to);
}

/// Takes the mark out of the text and says where it stood: "file:line:column".
std::string take_mark(std::string& text, const std::string& file) {
  const std::size_t at = text.find(kHere);
  REQUIRE(at != std::string::npos);
  int line = 1;
  int column = 1;
  for (std::size_t i = 0; i < at; ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      ++column;
    }
  }
  text.erase(at, kHere.size());
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

/// "code file:line:column" of all that is wrong with a text.
std::vector<std::string> found_in(const std::string& text, const std::string& file) {
  const auto read = json::read(text, file);
  if (!read) return {read.error().code + " " + read.error().path};
  const Reading reading = read_workflow(read->root, "");
  std::vector<Finding> findings = reading.findings;
  const std::set<std::string> played{"AGENT",      "DISPATCHER", "CALLBACK",  "HANDLER",
                                     "ARBITRATOR", "VERIFIER",   "SUPERVISOR"};
  if (reading.workflow) findings = prove(*reading.workflow, &played);
  std::vector<std::string> out;
  for (const Finding& finding : findings)
    out.push_back(finding.code + " " + read->where(file, finding.pointer));
  return out;
}

const char* const kB = "beijing.json";
const char* const kT = "three-party.json";
const std::string kLost = R"j({"id":"LOST","title":{"zh":"x","en":"x"},"holders":"case.lead"},)j";
const std::string kSecondStage = R"j({"id": "OBJECTED", "title")j";
const std::string kVisitDue = R"j("data": {"clock": "'visit'"}}]})j";
const std::string kCallbacks = R"j("case.anonymous || case.callbacks > 0")j";
const std::string kStartVisit = R"j({"op": "stop", "clock": "handle"}, {"op": "start", "clock": "visit"})j";
const std::string kSupervised = R"j("data": {"level": "1", "reason": "'OVERDUE'"})j";

const std::vector<Mutant>& mutants() {
  static const std::vector<Mutant> all = {
      {"a dead stage", kB, {{kSecondStage, "@@" + kLost + kSecondStage}}, "unreachable-stage"},
      {"the only way into a stage is gone",
       kB,
       {{R"j("to": "REPLIED",)j", ""}, {R"j({"id": "REPLIED")j", R"j(@@{"id": "REPLIED")j"}},
       "unreachable-stage"},
      {"a stage with no way out",
       kB,
       {{kSecondStage, "@@" + kLost + kSecondStage},
        {R"j("id": "B08",)j", R"j("id": "B08", "to": "LOST",)j"}},
       "no-way-to-end"},
      {"a transition out of a stage that no case comes to",
       kB,
       {{kSecondStage, kLost + kSecondStage},
        {"{\n          \"id\": \"B08\",\n          \"from\": [\"WORKING\"]",
         "@@{\n\"id\": \"B08\",\"from\": [\"LOST\"]"}},
       "dead-transition"},
      {"a stage on nobody's worklist",
       kB,
       {{R"j({"id": "OBJECTED", "title": {"zh": "提出异议", "en": "The lead objects"}, "holders": "body('HOTLINE', case.place)"})j",
         R"j(@@{"id": "OBJECTED", "title": {"zh": "提出异议", "en": "The lead objects"}})j"}},
       "stage-without-holders"},
      {"a clock that runs out into nothing",
       kB,
       {{R"j("on_due": {"events": [{"type": "StageBreached", "data": {"clock": "'objection'"}}]})j",
         R"j("on_due": {"events": @@[]})j"}},
       "no-event"},
      {"a clock without a consequence",
       kB,
       {{"{\n      \"id\": \"visit\"", "@@{\n      \"id\": \"visit\""},
        {",\n      \"on_due\": {\"events\": [{\"type\": \"StageBreached\", " + kVisitDue, ""}},
       "missing-member"},
      {"a clock that nothing starts",
       kB,
       {{"{\n      \"id\": \"objection\"", "@@{\n      \"id\": \"objection\""},
        {R"j([{"op": "start", "clock": "objection"}])j", "[]"}},
       "clock-never-started"},
      {"a clock that nothing stops",
       kB,
       {{"{\n      \"id\": \"response\"", "@@{\n      \"id\": \"response\""},
        {R"j([{"op": "stop", "clock": "response"}])j", "[]"},
        {R"j({"op": "stop", "clock": "response"},)j", ""}},
       "clock-never-ends"},
      {"two transitions that can both fire",
       kB,
       {{R"j("when": "!cmd.upheld", "to": "SENT",)j",
         R"j("when": "!cmd.upheld || has(cmd.lead)", "to": "SENT",)j"},
        {"{\n          \"id\": \"B05\"", "@@{\n          \"id\": \"B05\""}},
       "overlap"},
      {"a choice without conditions",
       kB,
       {{R"j("when": "!cmd.upheld", "to": "SENT",)j", R"j("to": "SENT",)j"},
        {"{\n          \"id\": \"B05\"", "@@{\n          \"id\": \"B05\""}},
       "overlap"},
      {"a role that nobody plays",
       kB,
       {{"\"title\": {\"zh\": \"报到\", \"en\": \"Answer a whistle\"},\n      \"roles\": [\"HANDLER\"]",
         "\"title\": {\"zh\": \"报到\", \"en\": \"Answer a whistle\"},\n      \"roles\": @@[\"JUGGLER\"]"}},
       "role-nobody-plays"},
      {"no role at all",
       kB,
       {{"\"title\": {\"zh\": \"报到\", \"en\": \"Answer a whistle\"},\n      \"roles\": [\"HANDLER\"]",
         "\"title\": {\"zh\": \"报到\", \"en\": \"Answer a whistle\"},\n      \"roles\": @@[]"}},
       "no-role"},
      {"a guard that reads free text",
       kB,
       {{kCallbacks, R"j(@@"case.anonymous || 'x' == cmd.note")j"},
        {R"j("en": "Close"},)j", R"j("en": "Close"},)j"},
        {"\"roles\": [\"AGENT\", \"DISPATCHER\", \"CALLBACK\", \"SUPERVISOR\"],\n      \"fields\": []",
         "\"roles\": [\"AGENT\", \"DISPATCHER\", \"CALLBACK\", \"SUPERVISOR\"],\n      \"fields\": "
         "[{\"name\": \"note\", \"kind\": \"text\"}]"}},
       "cel-personal-data"},
      {"a guard that reads who called",
       kB,
       {{R"j("has(cmd.lead) || body('STREET', cmd.place) != ''")j",
         R"j(@@"has(cmd.lead) || cmd.caller == null")j"}},
       "cel-personal-data"},
      {"a ladder that never ends",
       kB,
       {{kVisitDue, R"j("data": {"clock": "'visit'"}}], "clocks": [@@{"op": "start", "clock": "visit"}]})j"}},
       "endless-ladder"},
      {"a ladder that never ends, by a clock that an expression names",
       kB,
       {{kVisitDue,
         R"j("data": {"clock": "'visit'"}}], "clocks": [@@{"op": "start", "clock_from": "case.anonymous ? 'handle' : 'visit'"}]})j"}},
       "endless-ladder"},
      {"a ladder that turns round",
       kT,
       {{R"j({"op": "start", "clock": "level_1", "when": "body('COMMUNITY_PARTY', case.place) != ''"})j",
         R"j(@@{"op": "start", "clock": "level_0"})j"}},
       "endless-ladder"},
      {"a guard that contradicts itself",
       kB,
       {{R"j("has(cmd.lead) && cmd.lead != case.lead")j", R"j(@@"has(cmd.lead) && cmd.lead == null")j"}},
       "contradictory-guard"},
      {"a value that the field does not have",
       kB,
       {{R"j("cmd.kind == 'milestone'")j", R"j(@@"cmd.kind == 'milestones'")j"}},
       "contradictory-guard"},
      {"a stage in which the transition does not begin",
       kB,
       {{R"j("case.anonymous || case.callbacks > 0")j", R"j(@@"case.stage == 'SENT'")j"}},
       "contradictory-guard"},
      {"a limit that never comes to its turn",
       kB,
       {{"{\"when\": \"case.urgency == 'CRITICAL'\", \"n\": 2, \"unit\": \"NH\"},\n        {\"when\": "
         "\"case.urgency != 'CRITICAL' &&",
         "{\"n\": 2, \"unit\": \"NH\"},\n        @@{\"when\": \"case.urgency != 'CRITICAL' &&"}},
       "dead-limit"},
      {"an unknown stage", kB, {{R"j("to": "REPLIED")j", R"j("to": @@"REPLYED")j"}}, "unknown-stage"},
      {"an unknown clock",
       kB,
       {{R"j([{"op": "stop", "clock": "objection"}, {"op")j",
         R"j([{"op": "stop", "clock": @@"objektion"}, {"op")j"}},
       "unknown-clock"},
      {"an unknown event",
       kB,
       {{R"j({"type": "ReturnAccepted"})j", R"j({"type": @@"ReturnTaken"})j"}},
       "unknown-event"},
      {"an unknown member",
       kB,
       {{R"j("legal_basis", "kind": "text"})j", R"j("legal_basis", "kind": "text", "colour": @@1})j"}},
       "unknown-member"},
      {"an unknown fact",
       kB,
       {{R"j("actor.body in case.whistle_bodies", "code": "not-whistled")j",
         R"j(@@"actor.body in case.whistled", "code": "not-whistled")j"}},
       "cel-unknown-fact"},
      {"a text against a number",
       kB,
       {{kCallbacks, R"j(@@"case.anonymous || case.callbacks > '0'")j"}},
       "cel-type"},
      {"a parenthesis that stays open",
       kB,
       {{kCallbacks, R"j(@@"case.anonymous || (case.callbacks > 0")j"}},
       "cel-syntax"},
      {"an unknown function",
       kB,
       {{kCallbacks, R"j(@@"case.anonymous || calls() > 0")j"}},
       "cel-unknown-function"},
      {"a unit that is none",
       kB,
       {{kStartVisit,
         R"j({"op": "stop", "clock": "handle"}, {"op": "start", "clock": "visit", "n": "2", "unit": @@"'XX'"})j"}},
       "unknown-unit"},
      {"an amount of nothing",
       kB,
       {{kStartVisit,
         R"j({"op": "stop", "clock": "handle"}, {"op": "start", "clock": "visit", "n": @@"0", "unit": "'WD'"})j"}},
       "out-of-range"},
      {"a limit of nothing",
       kB,
       {{R"j("limits": [{"n": 24,)j", R"j("limits": [{"n": @@0,)j"}},
       "out-of-range"},
      {"a limit of less than nothing",
       kB,
       {{R"j("limits": [{"n": 24,)j", R"j("limits": [{"n": @@-1,)j"}},
       "out-of-range"},
      {"an unknown unit of a limit",
       kT,
       {{R"j("limits": [{"n": 7, "unit": "ND"}])j", R"j("limits": [{"n": 7, "unit": @@"DAYS"}])j"}},
       "unknown-unit"},
      {"a member that the event does not have",
       kB,
       {{kSupervised, R"j("data": {"levle": @@"1", "reason": "'OVERDUE'"})j"}},
       "unknown-event-member"},
      {"a member of an event that has none",
       kB,
       {{R"j({"type": "ReturnAccepted"})j",
         R"j({"type": "ReturnAccepted", "data": {"nonsense": @@"'x'"}})j"}},
       "unknown-event-member"},
      {"a member of another type",
       kB,
       {{kSupervised, R"j("data": {"level": @@"'1'", "reason": "'OVERDUE'"})j"}},
       "wrong-event-member"},
      {"a member that the event needs",
       kB,
       {{R"j({"type": "CaseDispatched", "data": {"lead": "cmd.lead"}})j",
         R"j(@@{"type": "CaseDispatched", "data": {}})j"}},
       "missing-event-member"},
      {"an amount that a stop does not take",
       kB,
       {{R"j([{"op": "stop", "clock": "response"}])j",
         R"j([{"op": "stop", "clock": "response", "n": @@"1"}])j"}},
       "unused-member"},
      {"two stages of one name", kB, {{R"j({"id": "OBJECTED")j", R"j({"id": @@"SENT")j"}}, "duplicate-id"},
      {"a member that stands twice",
       kB,
       {{R"j({"id": "ARCHIVED",)j", R"j({"id": "ARCHIVED", @@"id": "GONE",)j"}},
       "duplicate-member"},
      {"an opening that registers nothing",
       kB,
       {{"{\"type\": \"CaseRegistered\"},\n            {\"type\": \"CaseDispatched\"",
         "@@{\"type\": \"CaseDispatched\""}},
       "no-registration"},
      {"nothing that opens a case",
       kB,
       {{R"j("opens": true,)j", R"j("opens": false,)j"}, {R"j("commands": [)j", R"j("commands": @@[)j"}},
       "no-opening"},
      {"another document included",
       kB,
       {{R"j("profile": "BJ-2021",)j", R"j("profile": "BJ-2021", "include": @@["common.json"],)j"}},
       "no-includes"},
  };
  return all;
}

/// A JSON text.
std::string text(const std::string& held) {
  return "\"" + held + "\"";
}

}  // namespace

TEST_CASE("rules check: every fault planted in a shipped workflow is found at its line and column") {
  CHECK(mutants().size() >= 40);
  for (const Mutant& mutant : mutants()) {
    INFO(mutant.what);
    std::string planted = text_of(mutant.file);
    for (const Replacement& replacement : mutant.replacements) replace(planted, replacement);
    const std::string expected = std::string(mutant.code) + " " + take_mark(planted, mutant.file);
    const std::vector<std::string> all = found_in(planted, mutant.file);
    INFO("found: " + (all.empty() ? "nothing" : all.front()) + " (" + std::to_string(all.size()) + ")");
    CHECK(std::find(all.begin(), all.end(), expected) != all.end());
  }
}

TEST_CASE("rules check: the shipped workflows are clean, also against the roles that bodies play") {
  CHECK(found_in(text_of("beijing.json"), kB).empty());
  CHECK(found_in(text_of("three-party.json"), kT).empty());
}

TEST_CASE("rules check: what is unusual but right is found clean") {
  const std::string t4 = "/commands/2/transitions/0/when";
  const std::string t5 = "/commands/2/transitions/1/when";
  const std::string ladder = "/clocks/1/on_due";
  check_all(
      parsed(kCompact),
      {
          {"answers of a call-back that are the city's own",
           {{t4, text("case.solved == 'mostly'")}, {t5, text("case.solved != 'mostly'")}},
           {}},
          {"satisfaction in grades",
           {{t4, text("case.satisfied in ['5', '4']")}, {t5, text("!(case.satisfied in ['5', '4'])")}},
           {}},
          {"a supervision level below nothing",
           {{t4, text("case.supervision < 0")}, {t5, text("case.supervision >= 0")}},
           {}},
          {"the same two lists, asked in either order",
           {{t4, text("same(case.co_handlers, case.returned_by)")},
            {t5, text("!same(case.returned_by, case.co_handlers)")}},
           {}},
          {"lists whose order counts",
           {{t4, text("case.co_handlers == ['B', 'A']")}, {t5, text("case.co_handlers == ['A', 'B']")}},
           {}},
          {"a list in which one stands twice",
           {{t4, text("same(case.returned_by, ['A', 'A'])")}, {t5, text("same(case.returned_by, ['A'])")}},
           {}},
          {"numbers in a code",
           {{"/commands/3/transitions/0/require",
             R"j([{"if":"int(cmd.reason) > 6 && bool(string(case.ruled))"}])j"}},
           {}},
          {"one stop for all clocks",
           {{"/commands/1/transitions/0/clocks",
             R"j([{"op":"stop","clock":"*"},{"op":"start","clock":"ladder"}])j"},
            {"/commands/2/transitions/0/clocks",
             R"j([{"op":"stop","clock":"*"},{"op":"start","clock":"archive"}])j"},
            {"/commands/2/transitions/1/clocks", R"j([{"op":"stop","clock":"*"}])j"}},
           {}},
          {"a ladder that names its next clock, and ends",
           {{ladder + "/clocks",
             R"j([{"op":"start","clock_from":"case.level < 2 ? 'ladder' : 'answer'","when":"case.level < 3"}])j"},
            {"/commands/2/transitions/0/clocks/-", R"j({"op":"stop","clock":"answer"})j"},
            {"/commands/2/transitions/1/clocks/-", R"j({"op":"stop","clock":"answer"})j"}},
           {}},
          {"a clock that ends the case",
           {{ladder + "/to", text("DONE")}, {ladder + "/clocks", R"j([{"op":"start","clock":"archive"}])j"}},
           {}},
          {"a way chosen by the stage it comes from",
           {{"/commands/2/transitions/2/from", R"j(["WORK","CHECK"])j"},
            {"/commands/2/transitions/2/when", text("case.stage == 'CHECK'")}},
           {}},
          {"a stage that may last for ever for a guest, and ends by the clock",
           {{"/commands/3/transitions",
             R"j([{"id":"T7","from":["DONE"],"to":"WORK","events":[{"type":"CaseReopened"}],
              "clocks":[{"op":"stop","clock":"archive"},{"op":"start","clock":"ladder"}]},
              {"id":"T9","from":["GONE"],"to":"GONE","when":"case.days_since_close < 0","events":[{"type":"CaseReopened"}]}])j"}},
           {}},
          {"a clock that is stopped and taken up again",
           {{"/commands/3/transitions/0/clocks/1", R"j({"op":"restore","clock":"ladder"})j"}},
           {}},
          {"a workflow of one stage that ends",
           {{"/stages", R"j([{"id":"DONE","title":{"zh":"结","en":"Done"},"ends":true}])j"},
            {"/clocks", "[]"},
            {"/commands", R"j([{"name":"Open","title":{"zh":"登","en":"Open"},"opens":true,"roles":["AGENT"],
              "fields":[{"name":"place","kind":"place"}],
              "transitions":[{"id":"T1","to":"DONE","events":[{"type":"CaseRegistered"},{"type":"CaseAnswered"}]}]}])j"}},
           {}},
      });
}
