#include <filesystem>
#include <random>

#include <unistd.h>

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
