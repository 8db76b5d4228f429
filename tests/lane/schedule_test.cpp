// Documents that are put in force from an instant on, and cases that are moved to another version of their
// workflow.
#include "tests/lane/lane.h"

namespace lastkm::lane {

namespace {

record::Command schedule(int id, std::int64_t directory, const std::string& from,
                         const std::string& when = "2026-05-20T08:00") {
  return engine_command(kActivate, record::lane_aggregate(LaneId(0)), LaneId(0), id_of(id),
                        Object{{"directory", directory}, {"from", from}}, cases::at(when));
}

record::Command opening(int id, int about, const std::string& when) {
  return asked(id, aggregate_of(about), "Open", cases::kAgent, cases::kOpening, when);
}

}  // namespace

TEST_CASE("context_at: what is scheduled counts from its instant on, and the largest ordinal counts") {
  LaneState state;
  state.context = DirectoryOrdinal(2);
  state.scheduled = {{4, cases::at("2026-06-01T00:00")},
                     {3, cases::at("2026-07-01T00:00")},
                     {1, cases::at("2026-05-01T00:00")}};
  CHECK(context_at(state, cases::at("2026-05-31T23:59")) == DirectoryOrdinal(2));
  CHECK(context_at(state, cases::at("2026-06-01T00:00")) == DirectoryOrdinal(4));
  CHECK(context_at(state, cases::at("2026-07-01T00:00")) == DirectoryOrdinal(4));
  CHECK(context_at(LaneState{}, cases::at("2026-07-01T00:00")) == DirectoryOrdinal(0));
}

TEST_CASE("step: documents scheduled for an instant decide from it on, and not a moment before") {
  Lane lane;
  lane.decide(schedule(1, 4, "2026-05-20T00:00:00+08:00"));
  CHECK(lane.state.context == DirectoryOrdinal(4));  // the instant has passed: at once
  const auto planned = lane.decide(schedule(2, 5, "2026-05-20T12:00:00+08:00"));
  REQUIRE(planned.events.size() == 1);
  CHECK(planned.events.front().type == "DirectoryScheduled");
  CHECK(planned.events.front().data.text("from") == "2026-05-20T04:00:00.000Z");
  CHECK(planned.context == DirectoryOrdinal(4));
  CHECK(lane.state.context == DirectoryOrdinal(4));

  // Document 5 is the workflow: before its instant nothing opens a case.
  const auto before = lane.decide(opening(3, 0, "2026-05-20T11:59"));
  CHECK(before.context == DirectoryOrdinal(4));
  const auto after = lane.decide(opening(4, 1, "2026-05-20T12:00"));
  CHECK(after.context == DirectoryOrdinal(5));
  CHECK(code(after) == "taken");
  CHECK(lane.state.context == DirectoryOrdinal(5));
  CHECK(lane.state.scheduled.empty());
}

TEST_CASE(
    "step: a schedule is overtaken by an activation, moved by another one, and refused where it cannot be "
    "read") {
  Lane lane;
  lane.decide(schedule(1, 3, "2026-07-01T00:00:00+08:00"));
  lane.decide(schedule(2, 5, "2026-08-01T00:00:00+08:00"));
  lane.decide(schedule(3, 3, "2026-06-01T00:00:00+08:00"));
  CHECK(lane.state.scheduled.at(3) == cases::at("2026-06-01T00:00"));
  CHECK(code(lane.decide(schedule(4, 4, "next week"))) == "bad-data");
  const auto now =
      lane.decide(engine_command(kActivate, record::lane_aggregate(LaneId(0)), LaneId(0), id_of(5),
                                 Object{{"directory", std::int64_t{4}}}, cases::at("2026-05-20T09:00")));
  CHECK(now.events.front().type == "DirectoryActivated");
  CHECK(lane.state.scheduled.size() == 1);
  CHECK(code(lane.decide(schedule(6, 3, "2026-09-01T00:00:00+08:00"))) == "already-active");
  CHECK(context_at(lane.state, cases::at("2026-08-01T00:00")) == DirectoryOrdinal(5));

  const auto again = lane_state_from(to_value(lane.state));
  REQUIRE(again.has_value());
  CHECK(again->scheduled == lane.state.scheduled);
}

TEST_CASE("step: a case goes on under the version that it has pinned, until an operator moves it") {
  Lane lane;
  lane.decide(schedule(1, 5, "2026-05-20T00:00:00+08:00"));
  const auto opened = lane.decide(opening(2, 0, "2026-05-20T09:00"));
  REQUIRE(code(opened) == "taken");
  const auto migrate = [&](int id, Object input) {
    return lane.decide(engine_command(cases::kMigrateCase, aggregate_of(0), LaneId(0), id_of(id),
                                      std::move(input), cases::at("2026-05-20T10:00")));
  };
  CHECK(code(migrate(3, Object{{"workflow", "mini"}, {"version", std::int64_t{1}}, {"reason", "X"}})) ==
        "already-migrated");
  CHECK(code(migrate(4, Object{{"workflow", "mini"}, {"version", std::int64_t{2}}, {"reason", "X"}})) ==
        "document-missing");
  CHECK(lane.cases.at(aggregate_of(0)).version == opened.events.back().seq);
}

}  // namespace lastkm::lane
