// Clocks that run on where a case has ended, and operations that never find a clock to work on.
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/rules/workflow_world.h"

using namespace lastkm;
using namespace lastkm::rules;

namespace {
const std::string kT4 = "/commands/2/transitions/0";
const std::string kT7 = "/commands/3/transitions/0";
const std::string kT8 = "/commands/4/transitions/0";
const std::string kDue = "/clocks/1/on_due";

std::string text(const std::string& held) {
  return "\"" + held + "\"";
}
}  // namespace

TEST_CASE("prove: a clock that runs on into a stage that ends is found where the case ends") {
  const std::string found_at_t4 = "clock-runs-on " + kT4;
  check_all(
      parsed(kCompact),
      {
          {"nothing is stopped", {{kT4 + "/clocks/0", ""}}, {found_at_t4}},
          {"another is stopped", {{kT4 + "/clocks/0/clock", text("answer")}}, {found_at_t4}},
          {"all are stopped", {{kT4 + "/clocks/0/clock", text("*")}}, {}},
          {"it is suspended", {{kT4 + "/clocks/0/op", text("suspend")}}, {}},
          {"it is begun anew there", {{kT4 + "/clocks/0/op", text("start")}}, {}},
          {"it is stopped under a condition", {{kT4 + "/clocks/0/when", text("case.level > 0")}}, {}},
          {"a way that is never taken",
           {{kT4 + "/clocks/0", ""}, {kT4 + "/when", text("case.stage == 'CHECK'")}},
           {"contradictory-guard " + kT4 + "/when"}},
          {"from every open stage, with both clocks",
           {{kT8 + "/to", text("GONE")}},
           {"clock-runs-on " + kT8}},
          {"from every open stage, all stopped",
           {{kT8 + "/to", text("GONE")}, {kT8 + "/clocks", R"j([{"op":"stop","clock":"*"}])j"}},
           {}},
          {"one that is also started where the case is over",
           {{kT4 + "/clocks/0", ""},
            {"/commands/-",
             R"j({"name":"Ask","title":{"zh":"x","en":"x"},"roles":["AGENT"],"fields":[],"transitions":[
              {"id":"T9","from":["DONE"],"events":[{"type":"MilestoneReached"}],"clocks":[{"op":"start","clock":"ladder"}]}]})j"}},
           {}},
          {"by an expression that can only name another",
           {{kDue + "/clocks/-",
             R"j({"op":"start","clock_from":"case.ruled ? 'ladder' : 'ladder'","when":"case.level < 3"})j"}},
           {}},
          {"where the case is over already", {{"/clocks/2/on_due/clocks", "[]"}}, {}},
          {"by the clock that runs out itself", {{kDue + "/to", text("DONE")}, {kDue + "/clocks", "[]"}}, {}},
          {"by a mark of a clock that still runs",
           {{"/clocks/0/marks/0/to", text("GONE")}},
           {"clock-runs-on /clocks/0/marks/0"}},
          {"by a clock beside another",
           {{"/clocks/0/on_due/to", text("DONE")},
            {"/commands/0/transitions/0/clocks/-", R"j({"op":"start","clock":"ladder"})j"}},
           {"clock-runs-on /clocks/0/on_due"}},
      });
}

TEST_CASE("prove: the clocks that run on are named") {
  const Reading reading = read_workflow(edited(parsed(kCompact), {{kT8 + "/to", text("GONE")}}), "");
  REQUIRE(reading.workflow);
  const auto findings = prove(*reading.workflow);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == "warning");
  CHECK(findings[0].text.find("'answer', 'ladder'") != std::string::npos);
}

TEST_CASE("prove: what nothing suspends is not resumed, what nothing stops is not restored") {
  const auto operation = [](const std::string& op, const std::string& clock) {
    return R"j({"op":")j" + op + R"j(","clock":")j" + clock + R"j("})j";
  };
  const std::string at = kT8 + "/clocks";
  const auto one = [&](const std::string& op, const std::string& clock) {
    return "[" + operation(op, clock) + "]";
  };
  check_all(
      parsed(kCompact),
      {
          {"resumed", {{at, one("resume", "answer")}}, {"never-suspended " + at + "/0"}},
          {"all are resumed", {{at, one("resume", "*")}}, {"never-suspended " + at + "/0"}},
          {"another is suspended",
           {{at, one("resume", "answer")}, {kT7 + "/clocks/-", operation("suspend", "ladder")}},
           {"never-suspended " + at + "/0"}},
          {"it is suspended",
           {{at, one("resume", "answer")}, {kT7 + "/clocks/-", operation("suspend", "answer")}},
           {}},
          {"all are suspended",
           {{at, one("resume", "answer")}, {kT7 + "/clocks/-", operation("suspend", "*")}},
           {}},
          {"one is suspended, and all resumed",
           {{at, one("resume", "*")}, {kDue + "/clocks/-", operation("suspend", "answer")}},
           {}},
          {"one that an expression names is suspended",
           {{at, one("resume", "answer")},
            {kT7 + "/clocks/-", R"j({"op":"suspend","clock_from":"case.ruled ? 'answer' : 'ladder'"})j"}},
           {}},
          {"by a mark",
           {{at, one("resume", "answer")}, {"/clocks/0/marks/0/clocks", one("suspend", "answer")}},
           {}},
          {"restored", {{at, one("restore", "ladder")}}, {}},
          {"restored, and never stopped",
           {{at, one("restore", "ladder")},
            {"/commands/2/transitions/0/clocks/0/op", text("suspend")},
            {"/commands/2/transitions/1/clocks/0/op", text("suspend")}},
           {"clock-never-ends /clocks/1", "never-stopped " + at + "/0"}},
      });
}

TEST_CASE("prove: workflows that others wrote are clean") {
  for (const char* name : {"repair.json", "three-stages.json", "forty-stages.json", "cold-rooms.json"}) {
    INFO(name);
    std::ifstream file(lastkm::test::source_folder() + "/tests/e2e/" + name);
    std::ostringstream held;
    held << file.rdbuf();
    CHECK(found(parsed(held.str())).empty());
  }
}
