#include "engine/rules/diff.h"

#include <catch2/catch.hpp>

#include "engine/record/canonical.h"
#include "tests/rules/workflow_world.h"

using namespace lastkm;
using namespace lastkm::rules;

namespace {
Workflow compact(const Edits& edits = {}) {
  Reading reading = read_workflow(edited(parsed(kCompact), edits), "");
  for (const Finding& finding : reading.findings) INFO(finding.code + " " + finding.pointer);
  REQUIRE(reading.workflow);
  return *std::move(reading.workflow);
}

std::vector<std::string> said(const Workflow& before, const Workflow& after) {
  std::vector<std::string> out;
  for (const Change& change : diff(before, after)) {
    CHECK(change.text.en.starts_with(change.subject));
    CHECK_FALSE(change.text.zh.empty());
    CHECK(change.text.zh != change.text.en);
    out.push_back(change.kind + ", " + change.text.en);
  }
  return out;
}

struct Row {
  const char* what;
  Edits edits;
  std::vector<std::string> said;
};

const std::string kTake = "/commands/1/transitions/0";

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"the title",
       {{"/title/en", R"j("Compact too")j"}},
       {R"t(changed, workflow compact: the title was "简 / Compact", is "简 / Compact too")t"}},
      {"what it takes",
       {{"/applies", ""}},
       {R"t(changed, workflow compact: which requests it takes was "has(cmd.place)", is "-")t"}},
      {"a new stage",
       {{"/stages/-", R"j({"id":"REST","title":{"zh":"歇","en":"Rest"}})j"}},
       {"added, stage REST: is new", R"t(added, command Note, transition T8: from: "REST" is new)t"}},
      {"who holds",
       {{"/stages/1/holders", R"j("case.co_handlers")j"}},
       {R"t(changed, stage WORK: who holds the case was "case.lead", is "case.co_handlers")t"}},
      {"a stage that ends",
       {{"/stages/2/ends", "true"}},
       {"changed, stage CHECK: now ends the case",
        R"t(removed, command Note, transition T8: from: "CHECK" is gone)t"}},
      {"a limit",
       {{"/clocks/0/limits/1/n", "5"}},
       {R"t(changed, clock answer: the limit: "3 WD if case.urgency != 'HIGH'" became "5 WD if case.urgency != 'HIGH'")t"}},
      {"the order of limits",
       {{"/clocks/1/limits", R"j([{"n":1,"unit":"WD","when":"case.level == 1"},{"n":2,"unit":"WD"}])j"}},
       {R"t(added, clock ladder: the limit: "1 WD if case.level == 1" is new)t"}},
      {"a mark",
       {{"/clocks/0/marks/0/n", "-2"}},
       {R"t(changed, clock answer, mark yellow: when it comes was "-1 WD", is "-2 WD")t"}},
      {"a mark that is gone", {{"/clocks/0/marks", ""}}, {"removed, clock answer, mark yellow: is gone"}},
      {"who may ask",
       {{"/commands/1/roles", R"j(["HANDLER"])j"}},
       {R"t(removed, command Take: who may ask it: "DESK" is gone)t"}},
      {"a field",
       {{"/commands/1/fields/1/required", "true"}},
       {R"t(changed, command Take: fields: "co_handlers (co_handlers, optional)" became "co_handlers (co_handlers)")t"}},
      {"from where",
       {{kTake + "/from", R"j(["NEW"])j"}},
       {R"t(removed, command Take, transition T3: from: "CHECK" is gone)t"}},
      {"to where",
       {{kTake + "/to", R"j("CHECK")j"}},
       {R"t(changed, command Take, transition T3: the next stage was "WORK", is "CHECK")t"}},
      {"a requirement",
       {{kTake + "/require/1", ""}},
       {R"t(removed, command Take, transition T3: requirements: "returned: !(cmd.lead in case.returned_by) && case.returns < 3" is gone)t"}},
      {"only the words of a refusal",
       {{kTake + "/require/0/text/en", R"j("Somebody else leads.")j"}},
       {R"t(changed, command Take, transition T3: the words of not-you was "非 / Not you.", is "非 / Somebody else leads.")t"}},
      {"a clock that is not started",
       {{kTake + "/clocks/1", ""}},
       {R"t(removed, command Take, transition T3: clocks: "start ladder" is gone)t"}},
      {"a command that is gone", {{"/commands/4", ""}}, {"removed, command Note: is gone"}},
      {"an event",
       {{"/commands/4/transitions/0/events/0/type", R"j("MilestoneReached")j"}},
       {R"t(changed, command Note, transition T8: events: "ActionTaken" became "MilestoneReached")t"}},
  };
  return all;
}
}  // namespace

TEST_CASE(
    "diff: a workflow is the same as itself, whatever its version, its notes and the order of its parts") {
  CHECK(diff(compact(), compact()).empty());
  CHECK(diff(compact(), compact({{"/version", "9"}, {"/note", R"j("x")j"}})).empty());
  const Value document = parsed(kCompact);
  const Value turned = edited(
      document,
      {{"/stages/-", record::canonical((*document.find("stages")->if_array())[0])}, {"/stages/0", ""}});
  const Reading reading = read_workflow(turned, "");
  REQUIRE(reading.workflow);
  CHECK(diff(compact(), *reading.workflow).empty());
}

TEST_CASE("diff: every change is said once, with what it is about, in both languages") {
  for (const Row& row : rows()) {
    INFO(row.what);
    CHECK(said(compact(), compact(row.edits)) == row.said);
  }
}

TEST_CASE("diff: the other way round what was new is gone, and what was gone is new") {
  for (const Row& row : rows()) {
    INFO(row.what);
    const std::vector<Change> forth = diff(compact(), compact(row.edits));
    const std::vector<Change> back = diff(compact(row.edits), compact());
    REQUIRE(forth.size() == back.size());
    for (std::size_t i = 0; i < forth.size(); ++i) {
      CHECK(forth[i].subject == back[i].subject);
      const std::string expected = forth[i].kind == "added"     ? "removed"
                                   : forth[i].kind == "removed" ? "added"
                                                                : "changed";
      CHECK(back[i].kind == expected);
    }
  }
}
