// What a command's fields may be called, and that no expression takes one for granted that may be left out.
#include <catch2/catch.hpp>

#include "engine/base/sealed_names.h"
#include "tests/rules/workflow_world.h"

using namespace lastkm;
using namespace lastkm::rules;

namespace {
/// A JSON text.
std::string text(const std::string& held) {
  return "\"" + held + "\"";
}
std::string field(const std::string& name, const std::string& kind, const std::string& more = "") {
  return R"j({"name":")j" + name + R"j(","kind":")j" + kind + "\"" + more + "}";
}
const std::string kOptional = R"j(,"required":false)j";
const std::string kT4 = "/commands/2/transitions/0";
const std::string kT7 = "/commands/3/transitions/0";
const std::string kT8 = "/commands/4/transitions/0";

/// What the findings say, a line each.
std::string sentence(const Edits& edits) {
  const Reading reading = read_workflow(edited(parsed(kCompact), edits), "");
  std::string out;
  for (const Finding& finding : reading.workflow ? prove(*reading.workflow) : reading.findings)
    out += finding.text + "\n";
  return out;
}
}  // namespace

TEST_CASE("prove: a field that intake would seal whatever its kind is found at its name") {
  const std::string pointer = "/commands/3/fields/1";
  std::size_t names = 0;
  for (const auto& list : {std::vector<std::string_view>(kReporterNames.begin(), kReporterNames.end()),
                           std::vector<std::string_view>(kNarrativeNames.begin(), kNarrativeNames.end())}) {
    for (const std::string_view name : list) {
      INFO(name);
      ++names;
      for (const char* kind : {"code", "value", "person", "integer"}) {
        const Value document =
            edited(parsed(kCompact), {{"/commands/3/fields/-", field(std::string(name), kind)}});
        CHECK(found(document) == std::vector<std::string>{"reserved-name " + pointer + "/name"});
      }
      for (const char* kind : {"text", "caller"}) {
        CHECK(found(edited(parsed(kCompact), {{"/commands/3/fields/-", field(std::string(name), kind)}}))
                  .empty());
      }
    }
  }
  CHECK(names == 7);
  check_all(parsed(kCompact),
            {{"a name that only holds one", {{"/commands/3/fields/-", field("note_kind", "code")}}, {}}});
}

TEST_CASE("prove: what may be left out is asked for before it is taken") {
  const Value document =
      edited(parsed(kCompact),
             {{"/commands/3/fields/-", field("n", "integer", kOptional)},
              {"/commands/3/fields/-", field("unit", "code", R"j(,"one_of":["WD","ND"])j" + kOptional)},
              {"/commands/3/fields/-", field("sure", "boolean", kOptional)},
              {"/commands/3/fields/-", field("proof", "evidence", kOptional)}});
  const std::string start = kT7 + "/clocks/1";
  const auto require = [](const std::string& first, const std::string& second) {
    return R"j([{"if":")j" + first + R"j("},{"if":")j" + second + R"j("}])j";
  };
  check_all(
      document,
      {
          {"nothing is read", {}, {}},
          {"a condition", {{kT7 + "/when", text("cmd.n > 3")}}, {"optional-unasked " + kT7 + "/when"}},
          {"a boolean", {{kT7 + "/when", text("cmd.sure")}}, {"optional-unasked " + kT7 + "/when"}},
          {"asked in the condition", {{kT7 + "/when", text("has(cmd.n) && cmd.n > 3")}}, {}},
          {"compared with null", {{kT7 + "/when", text("cmd.n == null || cmd.n > 3")}}, {}},
          {"compared, which null may be", {{kT7 + "/when", text("cmd.n == 3")}}, {}},
          {"another is asked for",
           {{kT7 + "/when", text("has(cmd.unit) && cmd.n > 3")}},
           {"optional-unasked " + kT7 + "/when"}},
          {"how much evidence there is", {{kT7 + "/when", text("cmd.proof > 0")}}, {}},
          {"asked by the transition",
           {{kT7 + "/when", text("has(cmd.n)")}, {start + "/when", text("cmd.n > 3")}},
           {}},
          {"asked by a requirement before", {{kT7 + "/require", require("has(cmd.n)", "cmd.n > 3")}}, {}},
          {"asked by a requirement behind",
           {{kT7 + "/require", require("cmd.n > 3", "has(cmd.n)")}},
           {"optional-unasked " + kT7 + "/require/0/if"}},
          {"one finding for what fails first",
           {{kT7 + "/require", require("cmd.n > 3", "cmd.n < 9")}},
           {"optional-unasked " + kT7 + "/require/0/if"}},
          {"an amount that may be the limit's",
           {{start + "/n", text("cmd.n")}, {start + "/unit", text("cmd.unit")}},
           {}},
          {"a sum", {{start + "/n", text("cmd.n + 1")}}, {"optional-unasked " + start + "/n"}},
          {"an extension by nothing",
           {{start, R"j({"op":"extend","clock":"ladder","n":"cmd.n","unit":"cmd.unit"})j"},
            {kT7 + "/clocks/-", R"j({"op":"start","clock":"ladder"})j"}},
           {"optional-unasked " + start + "/n"}},
          {"data that is left out",
           {{kT7 + "/events/-", R"j({"type":"ExtensionRequested","data":{"n":"cmd.n"}})j"}},
           {}},
          {"data that is reckoned",
           {{kT7 + "/events/-", R"j({"type":"ExtensionRequested","data":{"n":"cmd.n + 1"}})j"}},
           {"optional-unasked " + kT7 + "/events/1/data/n"}},
          {"data of an event that asks",
           {{kT7 + "/events/-",
             R"j({"type":"ExtensionRequested","when":"has(cmd.n)","data":{"n":"cmd.n + 1"}})j"}},
           {}},
          {"one of two values",
           {{kT7 + "/events/-", R"j({"type":"ExtensionRequested","data":{"n":"case.ruled ? cmd.n : 2"}})j"}},
           {}},
          {"in front of the point",
           {{kT7 + "/when", text("cmd.unit.startsWith('W')")}},
           {"optional-unasked " + kT7 + "/when"}},
          {"asked by the transition that is tried first",
           {{kT7 + "/when", text("!has(cmd.n)")},
            {"/commands/3/transitions/-",
             R"j({"id":"T9","from":["DONE"],"to":"WORK","when":"cmd.n > 3","events":[{"type":"CaseReopened"}],
              "clocks":[{"op":"stop","clock":"archive"},{"op":"start","clock":"ladder"}]})j"}},
           {}},
          {"asked by a transition of another stage",
           {{kT7 + "/when", text("!has(cmd.n)")},
            {"/commands/3/transitions/-",
             R"j({"id":"T9","from":["GONE"],"to":"WORK","when":"cmd.n > 3","events":[{"type":"CaseReopened"}],
              "clocks":[{"op":"start","clock":"ladder"}]})j"}},
           {"optional-unasked /commands/3/transitions/1/when"}},
      });
}

TEST_CASE("prove: a unit that a field brings is one") {
  const auto with = [](const std::string& more) {
    return Edits{{"/commands/3/fields/-", field("n", "integer")},
                 {"/commands/3/fields/-", field("unit", "code", more)},
                 {kT7 + "/events/-", R"j({"type":"ExtensionRequested"})j"}};
  };
  const auto start = [](const std::string& more) {
    return Edits{{"/commands/3/fields/-", field("unit", "code", more)},
                 {kT7 + "/clocks/1/n", text("2")},
                 {kT7 + "/clocks/1/unit", text("case.ruled ? 'WD' : cmd.unit")}};
  };
  const std::string units = R"j(,"one_of":["ND","WD"])j";
  const std::string others = R"j(,"one_of":["ND","DAYS"])j";
  check_all(parsed(kCompact),
            {
                {"units, copied", with(units), {}},
                {"others, copied", with(others), {"unknown-unit " + kT7 + "/events/1"}},
                {"anything, copied", with(""), {"any-unit " + kT7 + "/events/1"}},
                {"units, for a clock", start(units), {}},
                {"others, for a clock", start(others), {"unknown-unit " + kT7 + "/clocks/1/unit"}},
                {"anything, for a clock", start(""), {"any-unit " + kT7 + "/clocks/1/unit"}},
            });
}

TEST_CASE("prove: applies is asked before there is a case") {
  check_all(
      parsed(kCompact),
      {
          {"of the case", {{"/applies", text("case.type == 'HELP'")}}, {"no-case-yet /applies"}},
          {"of a clock", {{"/applies", text("clock.answer.n < 3")}}, {"no-case-yet /applies"}},
          {"of the category that is given", {{"/applies", text("category.coded")}}, {}},
          {"of who asks", {{"/applies", text("actor.kind == 'DESK'")}}, {}},
          {"of a field that every opening demands", {{"/applies", text("cmd.urgency < 'I'")}}, {}},
          {"of a field that may be left out",
           {{"/applies", text("under(cmd.place, '51')")}},
           {"optional-unasked /applies"}},
          {"of a field that another opening lacks",
           {{"/applies", text("cmd.urgency < 'I'")},
            {"/commands/-", R"j({"name":"Import","title":{"zh":"x","en":"x"},"opens":true,"roles":["AGENT"],
                   "fields":[],"transitions":[{"id":"T9","to":"NEW","events":[{"type":"CaseRegistered"}]}]})j"}},
           {"optional-unasked /applies"}},
      });
}

TEST_CASE("rules check: a finding says what may have been meant") {
  CHECK(sentence({{kT7 + "/clocks/1/n", text("2")}, {kT7 + "/clocks/1/unit", text("ND")}}).find("\"'ND'\"") !=
        std::string::npos);
  CHECK(sentence({{kT7 + "/when", text("cmd.txt == 'A'")}}).find("own fields are reason") !=
        std::string::npos);
  CHECK(sentence({{kT8 + "/when", text("actor.mood == 'A'")}}).find("body, role, kind, place, person") !=
        std::string::npos);
  CHECK(sentence({{"/clocks/0/limits/0/when", text("cmd.urgency == 'HIGH'")}}).find("no command here") !=
        std::string::npos);
  CHECK(sentence({{kT7 + "/when", text("clock.answr.state == 'met'")}}).find("there is no clock 'answr'") !=
        std::string::npos);
  const std::string shelf =
      R"j({"id":"re-shelf","title":{"zh":"x","en":"x"},"limits":[{"n":1,"unit":"WD"}],"on_due":{"events":[{"type":"StageBreached"}]}})j";
  const Edits dash = {{"/clocks/-", shelf},
                      {kT7 + "/clocks/-", R"j({"op":"start","clock":"re-shelf"})j"},
                      {kT4 + "/clocks/-", R"j({"op":"stop","clock":"re-shelf"})j"},
                      {"/commands/2/transitions/1/clocks/-", R"j({"op":"stop","clock":"re-shelf"})j"}};
  CHECK(found(edited(parsed(kCompact), dash)).empty());
  Edits read = dash;
  read.emplace_back(kT8 + "/when", text("clock.re-shelf.state == 'met'"));
  CHECK(sentence(read).find("'-' is a minus in expressions") != std::string::npos);
  CHECK(sentence({{kT8 + "/events/0/data", R"j({"text":"'seen'"})j"}}).find("only a field of kind 'text'") !=
        std::string::npos);
  CHECK(sentence({{"/stages/-", R"j({"id":"LOST","title":{"zh":"x","en":"x"},"ends":true})j"},
                  {kT7 + "/from", R"j(["LOST"])j"}})
            .find("transition 'T7' of 'Reopen' begins only") != std::string::npos);
  CHECK(sentence({{"/stages/4/id", text("GONE AWAY")}})
            .find("a letter first, then letters, digits, _ and -;") != std::string::npos);
  CHECK(sentence({{"/commands/1/roles/0", text("THE HANDLER")}}).find("capitals and _, a capital first") !=
        std::string::npos);
}
