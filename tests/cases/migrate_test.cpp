// Open cases that are moved to another version of their workflow.
#include <catch2/catch.hpp>

#include "engine/cases/firing.h"
#include "tests/cases/world.h"

namespace lastkm::cases {

namespace {

Value changed(std::int64_t version, const std::vector<std::pair<std::string, std::string>>& words) {
  std::string text = kWorkflow;
  for (const auto& [old, now] : words) {
    REQUIRE(text.find(old) != std::string::npos);
    for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += now.size())
      text.replace(at, old.size(), now);
  }
  Value out = parsed(text);
  out.if_object()->set("version", version);
  return out;
}

/// Version 2 calls the stage SENT otherwise and knows no clock `sign`; version 3 only has another limit.
std::shared_ptr<const directory::Context> three_versions() {
  static const auto made = world_of(
      {from_file("schemas/directory/calendar-2025-2026.json"), parsed(kBodies), parsed(kPlaces),
       parsed(kCatalogue), parsed(kWorkflow),
       changed(2, {{"\"SENT\"", "\"OUT\""}, {R"("sign")", R"("signature")"}, {"'sign'", "'signature'"}}),
       changed(3, {{R"("n":7,"unit":"WD")", R"("n":5,"unit":"WD")"}})});
  return made;
}

/// A case of version 1 that waits for a signature.
Life sent() {
  Life life;
  life.must("2026-05-20T09:00", "Open", kAgent, kOpening);
  life.must("2026-05-20T09:10", "Send", kDispatcher, R"({"lead":"PSC-5101080170060001"})");
  REQUIRE(life.state.workflow_version == 1);
  life.context = three_versions();
  return life;
}

record::Command migrate(const std::string& when, const std::string& input) {
  record::Command out =
      command(std::string(kMigrateCase), record::Actor{BodyId("SYSTEM"), "", "", ""}, input, at(when));
  out.client = "engine";
  return out;
}

}  // namespace

TEST_CASE(
    "migrate: a stage that the new version lacks needs another; clocks that it lacks end, all others run "
    "on") {
  Life life = sent();
  const CaseState before = life.state;
  const Instant due = life.clock("handle").due;
  CHECK(code(life.send(migrate("2026-05-20T10:00",
                               R"({"workflow":"mini","version":2,"reason":"LIMITS"})"))) == "unknown-stage");
  CHECK(code(life.send(migrate("2026-05-20T10:00",
                               R"({"workflow":"mini","version":2,"reason":"LIMITS","stage":"NOWHERE"})"))) ==
        "unknown-stage");
  CHECK(life.state.version == before.version);

  const Answer answer = life.send(migrate(
      "2026-05-20T10:00", R"({"workflow":"mini","version":2,"reason":"LIMITS","stage":"OUT","by":"P-9"})"));
  REQUIRE(code(answer) == "taken");
  REQUIRE(types(answer.events) == std::vector<std::string>{"WorkflowMigrated"});
  CHECK(answer.events.front().rule == "engine/migrate");
  CHECK(answer.events.front().data.text("reason") == "LIMITS");
  CHECK(answer.events.front().data.text("by") == "P-9");
  CHECK(life.state.workflow_version == 2);
  CHECK(life.state.stage == "OUT");
  CHECK(life.clock("sign").state == ClockState::met);
  CHECK(life.clock("handle").state == ClockState::running);
  CHECK(life.clock("handle").due == due);

  // It follows the new version from now on.
  CHECK(code(life.send("2026-05-20T10:05", "Sign", kPsc)) == "taken");
  CHECK(life.state.stage == "WORK");
}

TEST_CASE("migrate: a running clock keeps the due time of the limit that it was started under") {
  Life life = sent();
  const Clock before = life.clock("handle");
  REQUIRE(code(life.send(migrate("2026-05-20T10:00",
                                 R"({"workflow":"mini","version":3,"reason":"LIMITS"})"))) == "taken");
  CHECK(life.state.stage == "SENT");
  CHECK(life.clock("handle").due == before.due);
  CHECK(life.clock("handle").limit == before.limit);
  CHECK(life.clock("handle").marks.size() == before.marks.size());
}

TEST_CASE("migrate: only an operator moves a case, to a version that is in force and not its own") {
  Life life = sent();
  record::Command outside =
      migrate("2026-05-20T10:00", R"({"workflow":"mini","version":3,"reason":"LIMITS"})");
  outside.client = "desk";
  outside.actor = kSupervisor;
  CHECK(code(life.send(outside)) == "forbidden-role");
  CHECK(code(life.send(migrate("2026-05-20T10:00", R"({"workflow":"mini","version":1,"reason":"X"})"))) ==
        "already-migrated");
  CHECK(code(life.send(migrate("2026-05-20T10:00", R"({"workflow":"mini","version":4,"reason":"X"})"))) ==
        "document-missing");
  CHECK(code(life.send(migrate("2026-05-20T10:00", R"({"workflow":"other","version":1,"reason":"X"})"))) ==
        "document-missing");
}

TEST_CASE("migrate: what fell due before it fires under the old version") {
  Life life = sent();
  const Answer answer =
      life.send(migrate("2026-05-20T17:00", R"({"workflow":"mini","version":2,"reason":"X","stage":"OUT"})"));
  REQUIRE(types(answer.events) == std::vector<std::string>{"StageBreached", "WorkflowMigrated"});
  CHECK(answer.events.front().rule == "mini@1/clock/sign/due");
  CHECK(life.clock("sign").state == ClockState::breached);
}

}  // namespace lastkm::cases
