// Which version of the decider lanes run at: from the beginning, and after an upgrade.
#include "tests/runtime/bed.h"

#include "engine/log/forwarding_log.h"
#include "engine/record/envelope.h"

namespace lastkm::runtime {

namespace {

std::set<std::int32_t> deciders_of(const Engine& engine) {
  std::set<std::int32_t> out;
  for (std::int32_t lane = 0; lane < engine.deployment().lanes; ++lane)
    out.insert(engine.decider(LaneId(lane)));
  return out;
}

Outcome open_case(Engine& engine, const std::string& key) {
  const auto opened = opening(key);
  auto outcome = engine.submit(std::span(&opened, 1)).front();
  if (!outcome) FAIL(outcome.error().message);
  return *outcome;
}

}  // namespace

TEST_CASE("decider: a deployment says at which one its lanes begin; where it does not, at the oldest") {
  const auto read_back = [](const std::string& bytes) {
    const auto log = log::open_simulated_log(std::make_shared<log::SimulatedStorage>(1));
    const log::Append append{log::Topic::meta, 0, log::Record{"deployment", bytes, {}}};
    REQUIRE(log->append(std::span(&append, 1), log::Durability::synced));
    return read_deployment(*log);
  };
  Bed bed;
  const auto log = log::open_simulated_log(bed.storage);
  CHECK(read_deployment(*log)->decider == lane::kNewestDecider);
  const Object old{{"clock", "virtual"}, {"lanes", 4}, {"log_id", bed.deployment.log_id}, {"vault_id", "v"}};
  const auto wrapped = [&](std::string_view type, Object data) {
    return record::wrap(type, bed.deployment.source(), "deployment", "deployment", Instant{0},
                        std::move(data));
  };
  CHECK(read_back(wrapped("org.lastkm.deployment.v1", old))->decider == 1);
  CHECK(read_back(wrapped("org.lastkm.deployment.v2", old)).error().code == "undecodable");
  CHECK(read_back(wrapped("org.lastkm.deployment.v3", old)).error().code == "unknown-type");
}

TEST_CASE(
    "decider: an upgrade goes through every lane, also one that was cut short, and all is decided again") {
  Bed bed(4, 2, false);
  bed.deployment.decider = 1;
  {
    const auto engine = bed.open_with_rules();
    open_case(*engine, "a");
    CHECK(deciders_of(*engine) == std::set<std::int32_t>{1});
    CHECK(engine->activate_decider(0).error().code == "unknown-decider");
    CHECK(engine->activate_decider(lane::kNewestDecider + 1).error().code == "unknown-decider");
    CHECK(deciders_of(*engine) == std::set<std::int32_t>{1});
  }
  // One lane has it, and then the process died.
  ask_decider(bed, LaneId(3), 2);
  {
    const auto engine = bed.open();
    open_case(*engine, "b");
  }
  const auto engine = bed.open();
  CHECK(deciders_of(*engine) == std::set<std::int32_t>{2});
  const Ordinal stands = engine->position(LaneId(0));
  CHECK(engine->activate_decider(2).has_value());
  CHECK(engine->position(LaneId(0)) == stands);
  open_case(*engine, "c");
  const Redecided again = bed.redecided();
  CHECK(again.different == 0);
  CHECK(again.deciders == std::set<std::int32_t>{1, 2});
  // Whoever takes the deployment for one that began at the newest is told.
  bed.deployment.decider = 2;
  CHECK(bed.redecided().different > 0);
}

TEST_CASE("decider: lanes that could not be asked for want of room are asked once there is some") {
  Bed bed(4, 2, false);
  bed.deployment.decider = 1;
  { bed.open_with_rules(); }
  ask_decider(bed, LaneId(3), 2);
  struct Full final : log::ForwardingLog {
    Full(std::unique_ptr<log::EventLog> inner, const bool& is_full)
        : ForwardingLog(std::move(inner)), full(is_full) {}
    Result<std::vector<std::int64_t>> append(std::span<const log::Append> records,
                                             log::Durability durability) override {
      if (full && records.front().topic == log::Topic::commands)
        return Error{ErrorKind::refused, "disk-full", "no room", ""};
      return inner().append(records, durability);
    }
    const bool& full;
  };
  bool full = true;
  const auto held = std::make_shared<std::set<std::int32_t>>(std::set<std::int32_t>{0, 1});
  bed.forget_state();
  auto engine = bed.try_open(std::make_unique<Full>(log::open_simulated_log(bed.storage), full), 0, held);
  REQUIRE(engine.has_value());
  CHECK((*engine)->submit({}).empty());
  CHECK(deciders_of(**engine) == std::set<std::int32_t>{1, 2});
  full = false;
  CHECK((*engine)->submit({}).empty());
  CHECK(deciders_of(**engine) == std::set<std::int32_t>{2});
}

TEST_CASE("decider: lanes of a new deployment begin at the newest, and a lost state does not change that") {
  Bed bed(4, 2, false);
  {
    const auto engine = bed.open_with_rules();
    open_case(*engine, "a");
    CHECK(deciders_of(*engine) == std::set<std::int32_t>{lane::kNewestDecider});
  }
  bed.forget_state();
  const auto engine = bed.open();
  open_case(*engine, "b");
  CHECK(deciders_of(*engine) == std::set<std::int32_t>{lane::kNewestDecider});
  CHECK(bed.redecided().deciders == std::set<std::int32_t>{lane::kNewestDecider});
  CHECK(bed.redecided().different == 0);
}

TEST_CASE(
    "decider: from the second on a key stands for the whole request, but not where a reference opens a "
    "case") {
  for (const std::int32_t decider : {1, 2}) {
    Bed bed(4, 2, false);
    bed.deployment.decider = decider;
    const auto engine = bed.open_with_rules();
    const auto answer = [&engine](const intake::Submission& one) {
      const auto outcome = engine->submit(std::span(&one, 1)).front();
      if (!outcome) return outcome.error().code;
      if (outcome->status == OutcomeStatus::duplicate) return std::string("duplicate");
      return outcome->rejection ? outcome->rejection->code : std::string("accepted");
    };
    auto first = opening("k1");
    first.channel = "CH-12345";
    first.reference = "R1";
    CHECK(answer(first) == "accepted");
    auto passed_on = first;
    passed_on.actor = cases::kSupervisor;
    CHECK(answer(passed_on) == "duplicate");
    auto sent = act("Send", "", cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "k2");
    sent.channel = "CH-12345";
    sent.reference = "R1";
    CHECK(answer(sent) == "accepted");
    CHECK(answer(sent) == "duplicate");
    auto other = sent;
    other.actor = cases::kSupervisor;
    CHECK(answer(other) == (decider == 1 ? "duplicate" : "key-reused"));
    other = sent;
    other.expected_version = 7;
    CHECK(answer(other) == (decider == 1 ? "duplicate" : "key-reused"));
    CHECK(bed.redecided().different == 0);
  }
}

TEST_CASE(
    "decider: one that this program does not know stops the lanes that have it, and spreads to no other") {
  Bed bed(4, 2, false);
  { open_case(*bed.open_with_rules(), "a"); }
  ask_decider(bed, LaneId(3), lane::kNewestDecider + 1);
  for (int times = 0; times < 2; ++times) {
    const auto engine = bed.open();
    REQUIRE(engine->stopped().size() == 1);
    CHECK(engine->stopped().front().lane == LaneId(3));
    CHECK(engine->stopped().front().why.code == "upgrade-required");
    CHECK(deciders_of(*engine) == std::set<std::int32_t>{lane::kNewestDecider});
  }
}

TEST_CASE("decider: what a newer program has decided stops its lane before it, and no other") {
  Bed bed(4, 2, false);
  std::optional<Outcome> opened;
  {
    const auto engine = bed.open_with_rules();
    opened = open_case(*engine, "a");
  }
  // The last decision of that lane, as a newer program would have made it.
  const auto log = log::open_simulated_log(bed.storage);
  const std::int32_t partition = log::partition_of(opened->lane, 2);
  auto records = all_records(*log, log::Topic::decisions, partition);
  auto again = std::make_shared<log::SimulatedStorage>(2);
  const auto copy = log::open_simulated_log(again);
  for (const log::Topic topic :
       {log::Topic::meta, log::Topic::directory, log::Topic::commands, log::Topic::decisions}) {
    const bool one = topic == log::Topic::meta || topic == log::Topic::directory;
    for (std::int32_t p = 0; p < (one ? 1 : 2); ++p) {
      for (log::StoredRecord& stored : all_records(*log, topic, p)) {
        auto decision = record::decode_decision(stored.record.value);
        if (topic == log::Topic::decisions && decision && decision->command == opened->command) {
          ++decision->events.front().version;
          stored.record.value = record::encode(*decision, bed.deployment.source());
        }
        const log::Append put{topic, p, std::move(stored.record)};
        REQUIRE(copy->append(std::span(&put, 1), log::Durability::synced));
      }
    }
  }
  bed.storage = again;
  bed.forget_state();
  for (int times = 0; times < 2; ++times) {
    const auto engine = bed.open();
    REQUIRE(engine->stopped().size() == 1);
    CHECK(engine->stopped().front().lane == opened->lane);
    CHECK(engine->stopped().front().at == opened->ordinal);
    CHECK(engine->stopped().front().why.code == "upgrade-required");
    CHECK(engine->position(opened->lane).value == opened->ordinal.value - 1);
    CHECK(engine->skip(opened->lane, opened->ordinal, "P-1", "x").error().code == "decided");
    for (int i = 0; i < 8; ++i) {
      const auto one = opening("n" + std::to_string(times) + std::to_string(i));
      const auto outcome = engine->submit(std::span(&one, 1)).front();
      if (outcome && outcome->lane == opened->lane) CHECK(outcome->status == OutcomeStatus::recorded);
      if (outcome && outcome->lane != opened->lane) CHECK(outcome->status == OutcomeStatus::accepted);
    }
  }
  const Redecided audited = bed.redecided();
  CHECK(audited.different == 1);
  CHECK(audited.newer == 1);
  CHECK(audited.needs_newer->code == "upgrade-required");
}

}  // namespace lastkm::runtime
