#include <filesystem>
#include <thread>

#include <unistd.h>

#include "engine/log/forwarding_log.h"
#include "tests/runtime/bed.h"

namespace lastkm::runtime {

namespace {

void note_deaths(Bed& bed) {
  bed.attempts_file =
      std::filesystem::temp_directory_path() / ("lastkm-attempts-" + std::to_string(::getpid()));
  std::filesystem::remove(bed.attempts_file);
  bed.attempts = true;
}

/// As if two processes had died while they decided there.
void die_twice(const Bed& bed, LaneId lane, Ordinal at) {
  auto notes = Attempts::open(bed.attempts_file, bed.deployment.lanes);
  REQUIRE(notes.has_value());
  (*notes)->begin(lane, at);
  (*notes)->begin(lane, at);
}

}  // namespace

TEST_CASE(
    "quarantine: a lane whose decision killed two processes stops alone, others go on, and a skip heals it") {
  for (const std::int32_t partitions : {1, 4}) {
    Bed bed(4, partitions);
    note_deaths(bed);
    auto engine = bed.open_with_rules();
    const auto ids = live(*engine, 12);
    const AggregateId victim = ids.front();
    const LaneId lane = record::lane_of(victim, 4);
    const Ordinal at_ordinal = next(engine->position(lane));
    engine.reset();
    die_twice(bed, lane, at_ordinal);
    engine = bed.open();
    const auto asked = act("Begin", victim.value, cases::kSupervisor, R"({"which":"tick"})", "deadly");
    const Outcome receipt = must(*engine, asked);
    CHECK(receipt.status == OutcomeStatus::recorded);
    CHECK(receipt.lane == lane);
    CHECK(receipt.aggregate == victim);
    CHECK(receipt.ordinal == at_ordinal);
    REQUIRE(engine->stopped().size() == 1);
    CHECK(engine->stopped().front().lane == lane);
    CHECK(engine->stopped().front().at == at_ordinal);
    CHECK(engine->stopped().front().why.code == "decide-crashed");
    int going_on = 0;
    for (const AggregateId& id : ids) {
      if (record::lane_of(id, 4) == lane) continue;
      const auto outcome =
          must(*engine, act("Begin", id.value, cases::kSupervisor, R"({"which":"tick"})", "on-" + id.value));
      CHECK(outcome.status == OutcomeStatus::accepted);
      ++going_on;
    }
    CHECK(going_on > 0);
    CHECK(bed.redecided().undecided == 1);

    // A stopped lane is still stopped after a restart.
    engine.reset();
    engine = bed.open();
    REQUIRE(engine->stopped().size() == 1);
    auto wrong = engine->skip(lane, next(at_ordinal), "P-9", "no");
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().code == "not-stopped");
    REQUIRE(engine->skip(lane, at_ordinal, "P-9", "kills the engine").has_value());
    CHECK(engine->stopped().empty());
    CHECK(engine->position(lane) == at_ordinal);
    const auto again =
        must(*engine, act("Begin", victim.value, cases::kSupervisor, R"({"which":"tick"})", "after"));
    CHECK(again.status == OutcomeStatus::accepted);

    const std::string before = all_of(*engine, ids);
    engine.reset();
    const Redecided audited = bed.redecided();
    CHECK(audited.given == 1);
    CHECK(audited.different == 0);
    CHECK(audited.undecided == 0);
    // The decisions now stand in another order than their commands; the fold does not care.
    bed.forget_state();
    CHECK(all_of(*bed.open(), ids) == before);
    std::filesystem::remove(bed.attempts_file);
  }
}

TEST_CASE(
    "quarantine: a receipt names the ordinal that its command gets, however many lanes share a partition") {
  for (const std::int32_t partitions : {1, 2, 4}) {
    INFO(partitions << " partitions");
    Bed bed(4, partitions);
    note_deaths(bed);
    auto engine = bed.open_with_rules();
    const LaneId lane(0);
    std::vector<AggregateId> here, elsewhere;
    for (AggregateId& id : live(*engine, 12))
      (record::lane_of(id, 4) == lane ? here : elsewhere).push_back(std::move(id));
    REQUIRE_FALSE(here.empty());
    const Ordinal at_ordinal = next(engine->position(lane));
    engine.reset();
    die_twice(bed, lane, at_ordinal);
    engine = bed.open();
    int asked = 0;
    const auto tick = [&asked](const AggregateId& id) {
      return act("Begin", id.value, cases::kSupervisor, R"({"which":"tick"})", std::to_string(++asked));
    };
    std::vector<Outcome> receipts = {must(*engine, tick(here.front()))};
    // Of several in one call, with those of other lanes between.
    std::vector<intake::Submission> several;
    for (std::size_t i = 0; i < 6; ++i) {
      several.push_back(tick(here[i % here.size()]));
      several.push_back(tick(elsewhere[i % elsewhere.size()]));
    }
    for (const auto& outcome : engine->submit(several)) {
      REQUIRE(outcome.has_value());
      if (outcome->lane == lane) receipts.push_back(*outcome);
    }
    const Engine::Migration migration{here.front(), Object{}};
    receipts.push_back(*engine->migrate(std::span(&migration, 1)).front());
    intake::Submission passing;
    passing.name = "AdvanceClock";
    passing.actor = cases::kAgent;
    passing.at = engine->now();
    receipts.push_back(must(*engine, passing));
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      CHECK(receipts[i].status == OutcomeStatus::recorded);
      CHECK(receipts[i].ordinal.value == at_ordinal.value + static_cast<std::int64_t>(i));
    }
    REQUIRE(engine->skip(lane, at_ordinal, "P-9", "kills the engine").has_value());
    const auto decisions = bed.sequences().decisions[lane.value];
    REQUIRE(static_cast<std::int64_t>(decisions.size()) == receipts.back().ordinal.value);
    for (const Outcome& receipt : receipts) {
      const auto decision =
          record::decode_decision(decisions[static_cast<std::size_t>(receipt.ordinal.value - 1)]);
      CHECK(decision->command == receipt.command);
    }
    std::filesystem::remove(bed.attempts_file);
  }
}

TEST_CASE(
    "quarantine: a lane that stood takes what was activated meanwhile once it goes on, and the others what "
    "it alone was told") {
  for (const auto& [workers, told] : {std::pair(0, 1), std::pair(2, 1), std::pair(0, 0), std::pair(2, 0)}) {
    INFO(workers << " workers, " << (told == 0 ? "it alone" : "another lane") << " was told");
    Bed bed(4, 2, false);
    bed.deployment.decider = 1;
    note_deaths(bed);
    auto engine = bed.open_with_rules();
    const Outcome opened = must(*engine, opening("a"));
    const Ordinal at_ordinal = next(engine->position(opened.lane));
    engine.reset();
    die_twice(bed, opened.lane, at_ordinal);
    engine = bed.open();
    const auto asked =
        act("Begin", opened.aggregate.value, cases::kSupervisor, R"({"which":"tick"})", "deadly");
    CHECK(must(*engine, asked).status == OutcomeStatus::recorded);
    engine.reset();
    ask_decider(bed, LaneId((opened.lane.value + told) % 4), 2);
    engine = bed.open({}, workers);
    for (std::int32_t lane = 0; lane < 4; ++lane)
      CHECK(engine->decider(LaneId(lane)) == (told == 0 || LaneId(lane) == opened.lane ? 1 : 2));
    REQUIRE(engine->skip(opened.lane, at_ordinal, "P-9", "kills the engine").has_value());
    for (std::int32_t lane = 0; lane < 4; ++lane) {
      for (int tries = 0; workers > 0 && engine->decider(LaneId(lane)) != 2 && tries < 500; ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      CHECK(engine->decider(LaneId(lane)) == 2);
    }
    engine.reset();
    CHECK(bed.redecided().different == 0);
    std::filesystem::remove(bed.attempts_file);
  }
}

TEST_CASE("quarantine: a skip for which there is no room changes nothing, and is taken once there is") {
  Bed bed(1, 1);
  note_deaths(bed);
  auto engine = bed.open_with_rules();
  const AggregateId id = live(*engine, 1).front();
  const Ordinal at = next(engine->position(LaneId(0)));
  engine.reset();
  die_twice(bed, LaneId(0), at);
  struct Full final : log::ForwardingLog {
    Full(std::unique_ptr<log::EventLog> inner, const bool& is_full)
        : ForwardingLog(std::move(inner)), full(is_full) {}
    Result<std::vector<std::int64_t>> append(std::span<const log::Append> records,
                                             log::Durability durability) override {
      if (full) return Error{ErrorKind::refused, "disk-full", "no room", ""};
      return inner().append(records, durability);
    }
    const bool& full;
  };
  bool full = false;
  auto opened = bed.try_open(std::make_unique<Full>(log::open_simulated_log(bed.storage), full));
  REQUIRE(opened.has_value());
  engine = std::move(*opened);
  const auto asked = act("Begin", id.value, cases::kSupervisor, R"({"which":"tick"})", "deadly");
  CHECK(must(*engine, asked).status == OutcomeStatus::recorded);
  full = true;
  const auto refused = engine->skip(LaneId(0), at, "P-9", "kills the engine");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == "disk-full");
  REQUIRE(engine->stopped().size() == 1);
  CHECK(engine->stopped().front().why.code == "decide-crashed");
  full = false;
  REQUIRE(engine->skip(LaneId(0), at, "P-9", "kills the engine").has_value());
  CHECK(engine->stopped().empty());
  CHECK(must(*engine, act("Begin", id.value, cases::kSupervisor, R"({"which":"tick"})", "after")).status ==
        OutcomeStatus::accepted);
  engine.reset();
  CHECK(bed.redecided().given == 1);
  CHECK(bed.redecided().different == 0);
  CHECK(bed.redecided().undecided == 0);
  std::filesystem::remove(bed.attempts_file);
}

TEST_CASE("quarantine: what was asked again and skipped keeps its first answer") {
  Bed bed(1, 1);
  note_deaths(bed);
  auto engine = bed.open_with_rules();
  const Outcome first = must(*engine, opening("asked"));
  REQUIRE(first.status == OutcomeStatus::accepted);
  const Ordinal at = next(engine->position(LaneId(0)));
  engine.reset();
  die_twice(bed, LaneId(0), at);
  engine = bed.open();
  CHECK(must(*engine, opening("asked")).status == OutcomeStatus::recorded);
  REQUIRE(engine->skip(LaneId(0), at, "P-9", "kills the engine").has_value());
  for (const bool anew : {false, true}) {
    if (anew) engine.reset(), bed.forget_state(), engine = bed.open();
    const Outcome again = must(*engine, opening("asked"));
    CHECK(again.status == OutcomeStatus::duplicate);
    CHECK(again.ordinal == first.ordinal);
    CHECK(again.events == first.events);
    CHECK(again.ref == first.ref);
  }
  engine.reset();
  CHECK(bed.redecided().given == 1);
  CHECK(bed.redecided().different == 0);
  std::filesystem::remove(bed.attempts_file);
}

}  // namespace lastkm::runtime
