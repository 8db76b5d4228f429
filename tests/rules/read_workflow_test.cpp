#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "engine/record/canonical.h"
#include "tests/rules/workflow_world.h"

using namespace lastkm;
using namespace lastkm::rules;

namespace {
/// A line each: what stands where, as in edit(); "code pointer" of what is found. $T is a transition.
struct Row {
  const char* what;
  const char* edits;
  const char* findings;
};
const std::string kT3 = "/commands/1/transitions/0";

constexpr Row kRows[] = {
    {"another kind", R"j(/kind "calendar")j", "unknown-kind /kind"},
    {"no id", "/id", "missing-member "},
    {"a version of nothing", "/version 0", "out-of-range /version"},
    {"one language", "/title/zh", "missing-member /title"},
    {"an unknown member", "/colour 1", "unknown-member /colour"},
    {"applies over a field that no opening has", R"j(/applies "cmd.lead == 'A'")j",
     "cel-unknown-fact /applies"},
    {"stages of another type", "/stages/0 7",
     "wrong-type /stages/0\nunknown-stage /commands/0/transitions/0/to\nunknown-stage $T/from/0"},
    {"two stages of one id", R"j(/stages/4/id "DONE")j",
     "duplicate-id /stages/4/id\nunknown-stage /clocks/2/on_due/to"},
    {"holders that are no bodies", R"j(/stages/1/holders "case.level")j", "cel-type /stages/1/holders"},
    {"holders of the command", R"j(/stages/1/holders "cmd.lead")j", "cel-unknown-fact /stages/1/holders"},
    {"two clocks of one id", R"j(/clocks/2/id "ladder")j",
     "duplicate-id /clocks/2/id\nunknown-clock /commands/0/transitions/1/clocks/0/clock\nunknown-clock "
     "/commands/2/transitions/0/clocks/1/clock\nunknown-clock "
     "/commands/2/transitions/2/clocks/0/clock\nunknown-clock /commands/3/transitions/0/clocks/0/clock"},
    {"an unknown unit", R"j(/clocks/2/limits/0/unit "DAYS")j", "unknown-unit /clocks/2/limits/0/unit"},
    {"a limit of nothing", "/clocks/2/limits/0/n 0", "out-of-range /clocks/2/limits/0/n"},
    {"a limit that is no number", R"j(/clocks/2/limits/0/n "case.type")j", "cel-type /clocks/2/limits/0/n"},
    {"a limit of the actor", R"j(/clocks/0/limits/0/when "actor.role == 'A'")j",
     "cel-unknown-fact /clocks/0/limits/0/when"},
    {"a mark beyond a year", "/clocks/0/marks/0/n 400", "out-of-range /clocks/0/marks/0/n"},
    {"two marks of one id",
     R"j(/clocks/0/marks/- {"id":"yellow","n":1,"events":[{"type":"RedCardIssued"}]})j",
     "duplicate-id /clocks/0/marks/1/id"},
    {"a clock without a consequence", "/clocks/0/on_due/events []", "no-event /clocks/0/on_due/events"},
    {"a clock that runs out into nothing", "/clocks/0/on_due", "missing-member /clocks/0"},
    {"a command twice", R"j(/commands/3/name "Take")j", "duplicate-id /commands/3/name"},
    {"no role", "/commands/1/roles []", "no-role /commands/1/roles"},
    {"a role twice", R"j(/commands/1/roles/1 "HANDLER")j", "duplicate-entry /commands/1/roles/1"},
    {"nothing opens a case", "/commands/0/opens false",
     "missing-member /commands/0/transitions/0\nmissing-member /commands/0/transitions/1\nno-opening "
     "/commands\ncel-unknown-fact /applies"},
    {"an opening without a stage", "/commands/0/transitions/0/to",
     "missing-member /commands/0/transitions/0"},
    {"an opening from a stage", R"j(/commands/0/transitions/0/from "any")j",
     "unknown-member /commands/0/transitions/0/from"},
    {"an unknown kind of field", R"j(/commands/1/fields/0/kind "person_name")j",
     "unknown-kind /commands/1/fields/0/kind"},
    {"a field twice", R"j(/commands/1/fields/1/name "lead")j", "duplicate-id /commands/1/fields/1/name"},
    {"a range of nothing", "/commands/2/fields/0/min 11", "out-of-range /commands/2/fields/0/min"},
    {"no transition", "/commands/4/transitions []", "no-transition /commands/4/transitions"},
    {"a transition twice", R"j(/commands/2/transitions/2/id "T4")j",
     "duplicate-id /commands/2/transitions/2/id"},
    {"from nowhere", "$T/from", "missing-member $T"},
    {"from no list", R"j($T/from "NEW")j", "wrong-type $T/from"},
    {"from an unknown stage", R"j($T/from/1 "NOWHERE")j", "unknown-stage $T/from/1"},
    {"from a stage twice", R"j($T/from/1 "NEW")j", "duplicate-entry $T/from/1"},
    {"to an unknown stage", R"j($T/to "NOWHERE")j", "unknown-stage $T/to"},
    {"a group without an event", "$T/events", "missing-member $T"},
    {"an unknown event", R"j($T/events/0/type "CaseForgotten")j", "unknown-event $T/events/0/type"},
    {"an event of the engine alone", R"j($T/events/0/type "MarkPassed")j", "unknown-event $T/events/0/type"},
    {"data that is no expression", "$T/events/0/data/level 2", "wrong-type $T/events/0/data/level"},
    {"a star that is not the input", R"j($T/events/0/data/* "cmd.lead")j", "wrong-type $T/events/0/data/*"},
    {"an unknown clock", R"j($T/clocks/0/clock "sand")j", "unknown-clock $T/clocks/0/clock"},
    {"a clock started by a star", R"j($T/clocks/1/clock "*")j", "unknown-clock $T/clocks/1/clock"},
    {"an unknown operation", R"j($T/clocks/0/op "halt")j", "unknown-operation $T/clocks/0/op"},
    {"an operation on no clock", "$T/clocks/0/clock", "no-clock $T/clocks/0"},
    {"an operation on two", R"j($T/clocks/0/clock_from "cmd.lead")j", "no-clock $T/clocks/0"},
    {"an extension by nothing", R"j($T/clocks/0/op "extend")j", "missing-member $T/clocks/0"},
    {"a guard that reads free text", R"j(/commands/4/transitions/0/require/0/if "cmd.text == 'x'")j",
     "cel-personal-data /commands/4/transitions/0/require/0/if"},
    {"a guard that is no condition", R"j($T/when "case.level")j", "cel-type $T/when"},
    {"a guard that is nothing", R"j($T/when "null")j", "cel-type $T/when"},
    {"a guard that cannot be read", R"j($T/when "case.level >")j", "cel-syntax $T/when"},
    {"a guard over an unknown fact", R"j($T/when "case.colour == 'A'")j", "cel-unknown-fact $T/when"},
    {"a guard over an unknown clock", R"j($T/when "clock.sand.state == ''")j", "cel-unknown-fact $T/when"},
    {"a guard with an unknown function", R"j($T/when "now() > 3")j", "cel-unknown-function $T/when"},
    {"a requirement without a condition", "$T/require/0/if", "missing-member $T/require/0"},
    {"no limits, where every start says one",
     R"j(/clocks/1/limits []
/clocks/1/on_due/clocks
$T/clocks/1/n "2"
$T/clocks/1/unit "'WD'"
/commands/3/transitions/0/clocks/1/n "2"
/commands/3/transitions/0/clocks/1/unit "'WD'")j",
     ""},
    {"a reason that is no code", R"j($T/require/0/code "Not you")j", "bad-code $T/require/0/code"},
    {"a refusal in capitals", R"j($T/require/0/code "NO_PROOF")j", "bad-name $T/require/0/code"},
    {"a command of one letter", R"j(/commands/4/name "S")j", ""},
    {"a command in small letters", R"j(/commands/4/name "note")j", "bad-name /commands/4/name"},
    {"a stage with a blank", R"j(/stages/4/id "GONE AWAY")j",
     "bad-code /stages/4/id\nunknown-stage /clocks/2/on_due/to"},
    {"a workflow that begins with a digit", R"j(/id "3-way")j", "bad-name /id"},
    {"a mark that begins with a digit", R"j(/clocks/0/marks/0/id "1st")j", "bad-name /clocks/0/marks/0/id"},
    {"a transition with a dot", R"j(/commands/4/transitions/0/id "T8.1")j",
     "bad-name /commands/4/transitions/0/id"},
    {"a role in small letters", R"j(/commands/4/roles/0 "handler")j", "bad-name /commands/4/roles/0"},
    {"a field in capitals", R"j(/commands/2/fields/1/name "Reason")j", "bad-name /commands/2/fields/1/name"},
    {"a value with a plus", R"j(/commands/0/fields/0/one_of/- "A+B")j",
     "bad-code /commands/0/fields/0/one_of/2"},
    {"many at once",
     R"j(/id 7
/stages/0/colour 1
$T/to "NOWHERE"
/clocks/2/limits/0/unit "DAYS")j",
     "wrong-type /id\nunknown-member /stages/0/colour\nunknown-stage $T/to\nunknown-unit "
     "/clocks/2/limits/0/unit"},
};

std::vector<std::string> lines(std::string text) {
  for (std::size_t at = 0; (at = text.find("$T")) != std::string::npos;) text.replace(at, 2, kT3);
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

/// For tests/contract/check_workflow_schema.py: what the table holds, a file a row.
void write_out(const Row& row, const Value& document) {
  const char* folder = std::getenv("LASTKM_BAD_DOCUMENTS");
  if (folder == nullptr) return;
  Array findings;
  for (std::string& finding : lines(row.findings)) findings.emplace_back(std::move(finding));
  std::ofstream file(std::string(folder) + "/" + row.what + ".json");
  file << record::canonical(
      Object{{"what", row.what}, {"findings", std::move(findings)}, {"document", document}});
}
}  // namespace

TEST_CASE("read_workflow: what the document says is what the workflow holds") {
  const Reading reading = read_workflow(parsed(kCompact), "abc");
  REQUIRE(reading.findings.empty());
  REQUIRE(reading.workflow);
  const Workflow& w = *reading.workflow;
  CHECK(w.id == "compact");
  CHECK(w.version == 1);
  CHECK(w.sha256 == "abc");
  CHECK(w.title.en == "Compact");
  CHECK(w.applies.text() == "has(cmd.place)");
  REQUIRE(w.stages.size() == 5);
  CHECK(w.find_stage("DONE")->ends);
  CHECK_FALSE(w.find_stage("NEW")->ends);
  CHECK(w.find_stage("WORK")->holders.facts() == std::vector<std::string>{"case.lead"});
  CHECK(w.find_stage("LOST") == nullptr);
  const ClockRule& answer = *w.find_clock("answer");
  CHECK(answer.pointer == "/clocks/0");
  REQUIRE(answer.limits.size() == 2);
  CHECK(answer.limits[0].unit == calendar::Unit::working_hours);
  CHECK(answer.limits[0].n.text() == "1");
  REQUIRE(answer.marks.size() == 1);
  CHECK(answer.marks[0].n == -1);
  CHECK(w.find_clock("archive")->on_due.to == "GONE");
  const CommandRule& take = *w.find_command("Take");
  CHECK(take.roles == std::vector<std::string>{"HANDLER", "DESK"});
  CHECK_FALSE(take.opens);
  CHECK(w.find_command("Open")->opens);
  REQUIRE(take.fields.size() == 2);
  CHECK(take.fields[0].required);
  CHECK(take.fields[1].kind == FieldKind::co_handlers);
  CHECK_FALSE(take.fields[1].required);
  const Transition& t3 = take.transitions[0];
  CHECK(t3.pointer == kT3);
  CHECK(t3.from == std::vector<std::string>{"NEW", "CHECK"});
  REQUIRE(t3.require.size() == 2);
  CHECK(t3.require[0].code == "not-you");
  CHECK(t3.require[0].text.en == "Not you.");
  CHECK(t3.effects.events[0].copies_input);
  CHECK(t3.effects.events[0].data[0].first == "level");
  CHECK(t3.effects.clocks[1].kind == ClockOperation::Kind::start);
  const Transition& t8 = w.find_command("Note")->transitions[0];
  CHECK(t8.from == std::vector<std::string>{"NEW", "WORK", "CHECK"});
  CHECK(t8.require[0].code == "guard-failed");
  const CommandRule& finish = *w.find_command("Finish");
  CHECK(finish.fields[0].min == 0);
  CHECK(finish.fields[0].max == 10);
}

TEST_CASE("read_workflow: everything that is wrong is found where it is, all at once") {
  const Value document = parsed(kCompact);
  for (const Row& row : kRows) {
    INFO(row.what);
    Edits edits;
    for (const std::string& line : lines(row.edits)) {
      const std::size_t space = std::min(line.find(' '), line.size());
      edits.emplace_back(line.substr(0, space), line.substr(std::min(space + 1, line.size())));
    }
    const Value bad = edited(document, edits);
    CHECK(found(bad) == lines(row.findings));
    write_out(row, bad);
  }
  CHECK(found(Value(7)) == std::vector<std::string>{"wrong-type "});
}

TEST_CASE("read_workflow: an event may copy what no guard may read") {
  const Value document =
      edited(parsed(kCompact), {{"/commands/4/transitions/0/events/0/data", R"j({"text":"cmd.text"})j"}});
  CHECK(found(document).empty());
  const Value reckoned = edited(
      parsed(kCompact), {{"/commands/4/transitions/0/events/0/data", R"j({"text":"cmd.text + ''"})j"}});
  CHECK(found(reckoned) ==
        std::vector<std::string>{"cel-personal-data /commands/4/transitions/0/events/0/data/text"});
}

TEST_CASE("read_workflow: no document, however broken, ends anything but the reading") {
  const Value document = shipped_workflow("three-party.json");
  const std::vector<std::string> oddities = {"null", "7", "\"x\"", "[]", "{}", "[null]", "{\"x\":[{}]}"};
  std::size_t places = 0;
  const auto break_below = [&](const auto& self, const Value& at, const std::string& pointer,
                               int depth) -> void {
    if (depth == 0) return;
    const auto visit = [&](const std::string& where, const Value& below) {
      // Every third place meets one of them, each of them many places; scripts/fuzz goes on from here.
      if (++places % 3 == 0) {
        const std::string& odd = oddities[places / 3 % oddities.size()];
        const Reading reading = read_workflow(edited(document, {{where, odd}}), "");
        if (!reading.workflow) CHECK_FALSE(reading.findings.empty());
      }
      self(self, below, where, depth - 1);
    };
    if (const Object* object = at.if_object()) {
      for (const Member& member : *object) visit(pointer + "/" + member.name, member.value);
    } else if (const Array* array = at.if_array()) {
      for (std::size_t i = 0; i < std::min<std::size_t>(array->size(), 1); ++i)
        visit(pointer + "/" + std::to_string(i), (*array)[i]);
    }
  };
  break_below(break_below, document, "", 4);
  CHECK(places > 50 * oddities.size());
}
