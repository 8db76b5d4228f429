#include <filesystem>
#include <random>

#include <unistd.h>

#include "engine/log/forwarding_log.h"
#include "engine/runtime/checkpoint.h"
#include "tests/runtime/bed.h"

namespace lastkm::runtime {

TEST_CASE("engine: the same life gives the same state and bytes after a restart, and without its state") {
  for (const auto& [lanes, partitions] : {std::pair{4, 4}, {4, 2}, {5, 1}, {2, 3}}) {
    Bed bed(lanes, partitions);
    auto engine = bed.open_with_rules();
    const auto ids = live(*engine);
    const std::string before = all_of(*engine, ids);
    const Sequences bytes = bed.sequences();
    CHECK(before.find("SlaBreached") == std::string::npos);
    CHECK(before.find("breached") != std::string::npos);
    engine.reset();
    CHECK(all_of(*bed.open(), ids) == before);
    bed.forget_state();
    CHECK(all_of(*bed.open(), ids) == before);
    CHECK(bed.sequences() == bytes);
    const Redecided audited = bed.redecided();
    CHECK(audited.different == 0);
    CHECK(audited.undecided == 0);
    CHECK(audited.equal == audited.commands);
  }
}

TEST_CASE("engine: a state that is made anew is saved on the way, and gone on with from there") {
  Bed bed(4, 2);
  auto engine = bed.open_with_rules();
  const auto ids = live(*engine);
  const std::string before = all_of(*engine, ids);
  engine.reset();
  bed.forget_state();
  bed.unsaved_most = 8;
  // By partition, its decisions as they were read; the process dies before the second.
  int saved = 0;
  bed.before_saving = [&]() -> Status {
    if (++saved == 2) *bed.deaf = true;
    return done();
  };
  engine = bed.open();
  CHECK(saved >= 2);
  engine.reset();
  *bed.deaf = false;
  bed.before_saving = nullptr;
  for (std::int32_t partition = 0; partition < 2; ++partition) {
    const auto kept = read_checkpoint(*bed.state, partition);
    REQUIRE(kept.has_value());
    CHECK(kept->has_value() == (partition == 0));
  }
  CHECK(all_of(*bed.open(), ids) == before);
}

TEST_CASE("engine: the same commands give the same bytes under any number of partitions") {
  const auto bytes_of = [](std::int32_t partitions) {
    Bed bed(6, partitions);
    auto engine = bed.open_with_rules();
    live(*engine);
    Sequences out = bed.sequences();
    return out.decisions.size();
  };
  CHECK(bytes_of(1) == 6);
  CHECK(bytes_of(4) == 6);
}

TEST_CASE("engine: decisions that are lost are made again byte for byte, whatever state is left") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    Bed bed(5, 1 + static_cast<std::int32_t>(seed % 3));
    auto engine = bed.open_with_rules();
    const auto ids = live(*engine, 4);
    const std::string before = all_of(*engine, ids);
    const Sequences bytes = bed.sequences();
    engine.reset();
    for (std::int32_t partition = 0; partition < 1 + static_cast<std::int32_t>(seed % 3); ++partition) {
      bed.storage->cut_decisions(partition, seed == 1 ? 100000 : random() % 80);
    }
    if (random() % 2 == 0) bed.forget_state();
    INFO("seed " << seed);
    auto again = bed.open();
    CHECK(all_of(*again, ids) == before);
    CHECK(bed.sequences() == bytes);
    again.reset();
    CHECK(all_of(*bed.open(), ids) == before);
    CHECK(bed.redecided().different == 0);
  }
}

TEST_CASE("redecide: a changed byte in either log is found, and its lane and ordinal are named") {
  std::mt19937 random(3);
  int found = 0;
  for (int round = 0; round < 60; ++round) {
    Bed bed(3, 2);
    auto engine = bed.open_with_rules();
    live(*engine, 2);
    engine.reset();
    auto log = log::open_simulated_log(bed.storage);
    const log::Topic topic = round % 2 == 0 ? log::Topic::commands : log::Topic::decisions;
    const auto partition = static_cast<std::int32_t>(random() % 2);
    const auto records = all_records(*log, topic, partition);
    const auto& victim = records[random() % records.size()];
    if (record::kind_of(victim.record.value) == record::DecisionRecordKind::owner_started) continue;
    LaneId lane;
    Ordinal ordinal;
    if (topic == log::Topic::decisions) {
      auto decision = record::decode_decision(victim.record.value);
      REQUIRE(decision.has_value());
      lane = decision->lane;
      ordinal = decision->ordinal;
    } else {
      lane = record::lane_of(AggregateId(victim.record.key), 3);
      for (const auto& one : records) {
        if (record::lane_of(AggregateId(one.record.key), 3) == lane && one.offset <= victim.offset)
          ordinal = next(ordinal);
      }
    }
    const std::size_t byte = random() % victim.record.value.size();
    REQUIRE(bed.storage->flip(topic, partition, victim.offset, byte));
    const Redecided audited = bed.redecided();
    INFO("round " << round << ", byte " << byte << " of " << victim.record.value);
    CHECK(audited.different > 0);
    REQUIRE(audited.first.has_value());
    CHECK(audited.first->lane == lane);
    CHECK(audited.first->ordinal == ordinal);
    ++found;
  }
  CHECK(found > 40);
}

/// The same commands and decisions under a directory in which one text of the workflow is another.
Redecided redecided_under(Bed& bed, const std::string& guard, const std::string& changed) {
  Bed other(bed.deployment.lanes, 2);
  auto from = log::open_simulated_log(bed.storage);
  auto to = log::open_simulated_log(other.storage);
  const auto copy = [&](log::Topic topic, std::int32_t partition, const log::Record& record) {
    const log::Append append{topic, partition, record};
    REQUIRE(to->append(std::span(&append, 1), log::Durability::synced).has_value());
  };
  bool found = false;
  for (const auto& stored : all_records(*from, log::Topic::directory, 0)) {
    auto document = record::decode_document(stored.record.value);
    REQUIRE(document.has_value());
    std::string content = record::canonical(document->content);
    if (const auto at = content.find(guard); at != std::string::npos) {
      content.replace(at, guard.size(), changed);
      document->content = cases::parsed(content);
      document->sha256 = record::hex(record::sha256(record::canonical(document->content)));
      found = true;
    }
    log::Record record = stored.record;
    record.value = record::encode(*document, bed.deployment.source());
    copy(log::Topic::directory, 0, record);
  }
  REQUIRE(found);
  for (const log::Topic topic : {log::Topic::commands, log::Topic::decisions}) {
    for (std::int32_t partition = 0; partition < 2; ++partition) {
      for (const auto& stored : all_records(*from, topic, partition)) copy(topic, partition, stored.record);
    }
  }
  return other.redecided();
}

TEST_CASE("redecide: one changed guard is found at the first decision that it would have changed") {
  Bed bed(1, 2);
  auto engine = bed.open_with_rules();
  const AggregateId id = must(*engine, at(opening("o"), "2026-05-20T09:00")).aggregate;
  must(*engine, act("Send", id.value, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "s"));
  const Outcome signed_by = must(*engine, act("Sign", id.value, cases::kPsc, "{}", "g"));
  REQUIRE(signed_by.status == OutcomeStatus::accepted);
  engine.reset();
  CHECK(redecided_under(bed, "actor.body == case.lead", "actor.body == case.lead").different == 0);
  const Redecided audited = redecided_under(bed, "actor.body == case.lead", "actor.body != case.lead");
  CHECK(audited.different > 0);
  REQUIRE(audited.first.has_value());
  CHECK(audited.first->lane == signed_by.lane);
  CHECK(audited.first->ordinal == signed_by.ordinal);
}

TEST_CASE("state: what is half discarded is still known as that of another log") {
  for (int cleared = 0; cleared < static_cast<int>(state_families().size()) - 1; ++cleared) {
    Bed bed;
    std::vector<AggregateId> ids;
    { ids = live(*bed.open_with_rules(), 2); }
    Bed other;
    other.given_ids->store(5000);
    { must(*other.open_with_rules(), at(opening("other"), "2026-05-20T09:00")); }
    const auto log = log::open_simulated_log(other.storage);
    KeptStore store(bed.state, bed.deaf, {});
    store.clears_left = cleared;
    REQUIRE_FALSE(discard_state(store));
    const auto agrees = state_agrees(store, *log);
    REQUIRE(agrees);
    CHECK_FALSE(*agrees);
    store.clears_left = 1000;
    REQUIRE(discard_state(store));
    CHECK(*state_agrees(store, *log));
  }
}

TEST_CASE("engine: a version that drops a field takes nothing from those that are in force") {
  Bed bed;
  const auto engine = bed.open_with_rules();
  Value next = workflow();
  next.if_object()->set("version", 2);
  for (Value& command : *next.if_object()->find("commands")->if_array()) {
    Array& fields = *command.if_object()->find("fields")->if_array();
    std::erase_if(fields, [](const Value& field) { return field.text("name") == "urgency"; });
  }
  REQUIRE(engine->publish(std::span(&next, 1)));
  intake::Submission open = at(opening("k"), "2026-05-20T09:00");
  open.data.if_object()->set("urgency", "URGENT");
  const Outcome outcome = must(*engine, open);
  CHECK(outcome.status == OutcomeStatus::accepted);
  CHECK(engine->find_case(outcome.aggregate.value)->urgency == "URGENT");
}

TEST_CASE("engine: a case is not opened under an id that the caller chose") {
  Bed bed;
  const auto engine = bed.open_with_rules();
  intake::Submission open = at(opening("k"), "2026-05-20T09:00");
  open.case_id = std::string(32, 'b');
  const auto refused = send(*engine, open);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "no-such-case");
  open.case_id.clear();
  const Outcome opened = must(*engine, open);
  open.case_id = opened.aggregate.value;
  open.idempotency_key = "again";
  CHECK(must(*engine, open).status == OutcomeStatus::rejected);  // it is open already
}

TEST_CASE("workers: a directory that cannot be read for a while stops no lane") {
  struct AwayLog final : log::ForwardingLog {
    AwayLog(std::unique_ptr<log::EventLog> inner, std::shared_ptr<std::atomic<bool>> is_away)
        : ForwardingLog(std::move(inner)), away(std::move(is_away)) {}
    Status read(log::Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
                std::size_t max_bytes, std::vector<log::StoredRecord>& out) override {
      if (topic == log::Topic::directory && *away)
        return Error{ErrorKind::unknown_outcome, "log-unreachable", "it does not answer", ""};
      return ForwardingLog::read(topic, partition, from, max_records, max_bytes, out);
    }
    std::shared_ptr<std::atomic<bool>> away;
  };
  Bed bed(2, 2, false);
  const auto away = std::make_shared<std::atomic<bool>>(false);
  auto decides = bed.try_open(std::make_unique<AwayLog>(log::open_simulated_log(bed.storage), away), 1);
  REQUIRE(decides);
  *away = true;
  {
    // Another process, which decides nothing, publishes and activates: the one that decides has not seen the
    // documents yet.
    const auto state = bed.state;
    const auto publishes = bed.open_sharing(std::make_shared<std::set<std::int32_t>>());
    Bed::put_rules(*publishes);
    bed.state = state;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  *away = false;
  const auto in_force = [&] {
    for (std::int32_t lane = 0; lane < 2; ++lane) {
      if ((*decides)->context(LaneId(lane))->ordinal.value == 0) return false;
    }
    return true;
  };
  for (int tries = 0; !in_force() && tries < 1000; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(in_force());
  CHECK((*decides)->stopped().empty());
}

TEST_CASE("engine: a folder keeps everything over restarts, with and without its state folder") {
  namespace fs = std::filesystem;
  const std::string folder = fs::temp_directory_path() / ("lastkm-runtime-" + std::to_string(::getpid()));
  fs::remove_all(folder);
  REQUIRE(init(folder, 4, true).has_value());
  std::vector<AggregateId> ids;
  std::string before;
  Sequences bytes;
  {
    auto engine = open_engine({folder, false, 0});
    REQUIRE(engine.has_value());
    Bed::put_rules(**engine);
    ids = live(**engine);
    before = all_of(**engine, ids);
    bytes = sequences_of((*engine)->log(), 4);
  }
  for (const bool delete_state : {false, true}) {
    if (delete_state) fs::remove_all(folder + "/state");
    auto engine = open_engine({folder, false, 0});
    REQUIRE(engine.has_value());
    CHECK(all_of(**engine, ids) == before);
    CHECK(sequences_of((*engine)->log(), 4) == bytes);
  }
  SECTION("a state of another log is refused") {
    const std::string other = folder + "-other";
    fs::remove_all(other);
    REQUIRE(init(other, 4, true).has_value());
    { REQUIRE(open_engine({other, false, 0}).has_value()); }
    fs::remove_all(folder + "/state");
    fs::copy(other + "/state", folder + "/state", fs::copy_options::recursive);
    auto refused = open_engine({folder, false, 0});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "foreign-state");
    fs::remove_all(other);
  }
  SECTION("a vault of another deployment is refused") {
    const std::string other = folder + "-other";
    fs::remove_all(other);
    REQUIRE(init(other, 4, true).has_value());
    fs::remove_all(folder + "/vault");
    fs::copy(other + "/vault", folder + "/vault", fs::copy_options::recursive);
    auto refused = open_engine({folder, false, 0});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "vault-foreign");
    fs::remove_all(other);
  }
  fs::remove_all(folder);
}

}  // namespace lastkm::runtime
