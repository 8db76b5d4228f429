// Engines that share the partitions of one log: each decides its own, follows the others, and answers for
// all.
#include <thread>

#include "tests/runtime/bed.h"

namespace lastkm::runtime {

namespace {

using Held = HandShares::Held;

Held holding(std::set<std::int32_t> partitions) {
  return std::make_shared<std::set<std::int32_t>>(std::move(partitions));
}

void settle(Engine& engine) {
  REQUIRE(engine.submit({}).empty());
}

/// How often each lane was asked to run at another decider.
std::vector<int> asked_for_decider(Bed& bed) {
  std::vector<int> out;
  for (const auto& [lane, commands] : bed.sequences().commands) {
    out.push_back(0);
    for (const std::string& bytes : commands) {
      const auto command = record::decode_command(bytes);
      if (command->name == lane::kActivate && command->input.find("decider") != nullptr) ++out.back();
    }
  }
  return out;
}

/// By lane: the times from which it was asked to use a directory.
std::vector<std::vector<std::string>> asked_from(Bed& bed) {
  std::vector<std::vector<std::string>> out;
  for (const auto& [lane, commands] : bed.sequences().commands) {
    out.emplace_back();
    for (const std::string& bytes : commands)
      out.back().emplace_back(record::decode_command(bytes)->input.text("from"));
  }
  return out;
}

DirectoryOrdinal publish_calendar(Engine& engine) {
  const auto published =
      engine.publish(std::array{cases::from_file("schemas/directory/calendar-2025-2026.json")});
  REQUIRE(published.has_value());
  return published->front().ordinal;
}

std::vector<intake::Submission> openings(int count, const std::string& name) {
  std::vector<intake::Submission> out;
  for (int i = 0; i < count; ++i) out.push_back(opening(name + std::to_string(i)));
  return out;
}

template <class Holds>
bool all_lanes(std::int32_t lanes, const Holds& holds) {
  for (std::int32_t lane = 0; lane < lanes; ++lane) {
    if (!holds(LaneId(lane))) return false;
  }
  return true;
}
}  // namespace

TEST_CASE("shares: what one engine is asked another decides, and both know it") {
  Bed bed(8, 4, false);
  { bed.open_with_rules(); }
  const auto first = bed.open_sharing(holding({0, 1}));
  const auto second = bed.open_sharing(holding({2, 3}));
  int decided = 0;
  for (const auto& outcome : first->submit(openings(20, "a"))) {
    REQUIRE(outcome.has_value());
    if (outcome->status != OutcomeStatus::accepted) continue;
    CHECK(log::partition_of(outcome->lane, 4) < 2);
    ++decided;
  }
  CHECK(decided > 0);
  CHECK(decided < 20);
  settle(*second);
  settle(*first);
  const auto vault = privacy::make_seeded_vault(7);
  for (int i = 0; i < 20; ++i) {
    const std::string id = vault->aggregate_of_key("cli", "a" + std::to_string(i)).value;
    REQUIRE(first->find_case(id).has_value());
    CHECK(*first->find_case(id) == *second->find_case(id));
    CHECK(first->find_case(first->find_case(id)->ref)->id.value == id);
  }
  CHECK(bed.redecided().different == 0);
  CHECK(bed.redecided().undecided == 0);
}

TEST_CASE("shares: a partition that is taken over goes on where it stood, and its first owner follows it") {
  Bed bed(4, 2, false);
  { bed.open_with_rules(); }
  const Held one = holding({0, 1});
  const Held two = holding({});
  const auto first = bed.open_sharing(one);
  const auto second = bed.open_sharing(two);
  const auto before = openings(8, "a");
  for (const auto& outcome : first->submit(before)) CHECK(outcome->status == OutcomeStatus::accepted);
  one->clear();
  *two = {0, 1};
  const auto after = openings(8, "b");
  for (const auto& outcome : second->submit(after)) CHECK(outcome->status == OutcomeStatus::accepted);
  for (const auto& outcome : second->submit(before)) CHECK(outcome->status == OutcomeStatus::duplicate);
  settle(*first);
  for (const auto& outcome : second->submit(after)) CHECK(first->find_case(outcome->ref).has_value());
  CHECK(first->stopped().empty());
  const auto third = first->submit(openings(4, "c"));
  for (const auto& outcome : third) CHECK(outcome->status == OutcomeStatus::recorded);
  CHECK(bed.redecided().different == 0);
}

TEST_CASE(
    "shares: an owner that does not know that it was replaced loses the partition, begins anew and follows") {
  Bed bed(4, 2, false);
  { bed.open_with_rules(); }
  const Held zombie_share = holding({0, 1});
  const auto zombie = bed.open_sharing(zombie_share);
  for (const auto& outcome : zombie->submit(openings(6, "a")))
    CHECK(outcome->status == OutcomeStatus::accepted);
  const auto heir = bed.open_sharing(holding({0, 1}));
  for (const auto& outcome : heir->submit(openings(6, "b")))
    CHECK(outcome->status == OutcomeStatus::accepted);
  // The zombie reads what its heir did before it decides, and takes the partition back with a higher epoch.
  for (const auto& outcome : zombie->submit(openings(6, "c")))
    CHECK((!outcome || outcome->status == OutcomeStatus::accepted));
  zombie_share->clear();
  settle(*zombie);
  for (int i = 0; i < 2; ++i) (void)heir->submit(openings(6, "c"));
  for (const auto& outcome : heir->submit(openings(6, "c")))
    CHECK(outcome->status == OutcomeStatus::duplicate);
  settle(*zombie);
  for (const auto& outcome : zombie->submit(openings(6, "b"))) {
    REQUIRE(outcome.has_value());
    CHECK(outcome->status != OutcomeStatus::rejected);
  }
  CHECK(zombie->stopped().empty());
  CHECK(bed.redecided().different == 0);
  CHECK(bed.redecided().undecided <= 6);
}

TEST_CASE("shares: a receipt names the ordinal that whoever decides the lane gives its command") {
  for (const std::int32_t partitions : {2, 8}) {
    Bed bed(8, partitions, false);
    { bed.open_with_rules(); }
    const auto asked = bed.open_sharing(holding({}));
    const Held held = holding({});
    const auto decides = bed.open_sharing(held);
    std::vector<Outcome> receipts;
    const auto ask = [&](const std::string& name) {
      for (const auto& outcome : asked->submit(openings(20, name))) {
        REQUIRE(outcome.has_value());
        CHECK(outcome->status == OutcomeStatus::recorded);
        receipts.push_back(*outcome);
      }
    };
    ask("a");
    ask("b");
    for (std::int32_t partition = 0; partition < partitions; ++partition) held->insert(partition);
    settle(*decides);
    ask("c");
    settle(*decides);
    auto decisions = bed.sequences().decisions;
    for (const Outcome& receipt : receipts) {
      const auto& of_lane = decisions[receipt.lane.value];
      REQUIRE(receipt.ordinal.value > 0);
      REQUIRE(receipt.ordinal.value <= static_cast<std::int64_t>(of_lane.size()));
      const auto decision =
          record::decode_decision(of_lane[static_cast<std::size_t>(receipt.ordinal.value - 1)]);
      CHECK(decision->command == receipt.command);
    }
  }
}

TEST_CASE(
    "shares: who takes a partition asks of its lanes what they lack, and nothing that they were asked") {
  for (const int workers : {0, 2}) {
    INFO(workers << " workers");
    Bed bed(8, 4, false);
    bed.deployment.decider = 1;
    { bed.open_with_rules(); }
    for (const std::int32_t lane : {0, 1, 2, 3, 4, 6, 7}) ask_decider(bed, LaneId(lane), 2);
    // Of those that were asked, two have taken it.
    settle(*bed.open_sharing(holding({3})));
    {
      const auto heir = bed.open_sharing(holding({0, 1, 2, 3}), workers);
      if (workers == 0) settle(*heir);
      for (int tries = 0; !all_lanes(8, [&](LaneId lane) { return heir->decider(lane) == 2; }) && tries < 500;
           ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      for (std::int32_t lane = 0; lane < 8; ++lane) CHECK(heir->decider(LaneId(lane)) == 2);
    }
    CHECK(asked_for_decider(bed) == std::vector<int>(8, 1));
  }
}

TEST_CASE(
    "shares: an activation that reached the lanes of another engine alone is asked of one's own, and once") {
  for (const int workers : {0, 2}) {
    INFO(workers << " workers");
    Bed bed(8, 4, false);
    bed.deployment.decider = 1;
    { bed.open_with_rules(); }
    {
      const auto other = bed.open_sharing(holding({0}), workers);
      const auto engine = bed.open_sharing(holding({1, 2, 3}), workers);
      if (workers == 0) settle(*engine);
      must(*engine, opening("a"));
      ask_decider(bed, LaneId(4), 2);
      const auto decider = [&](LaneId lane) { return (lane.value % 4 == 0 ? other : engine)->decider(lane); };
      for (int tries = 0; tries < 500; ++tries) {
        if (workers == 0) {
          settle(*other);
          settle(*engine);
        }
        // Each partition is asked when it has caught up.
        if (all_lanes(8, [&](LaneId lane) { return decider(lane) == 2; })) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      for (std::int32_t lane = 0; lane < 8; ++lane) {
        INFO("lane " << lane);
        CHECK(decider(LaneId(lane)) == 2);
      }
    }
    CHECK(asked_for_decider(bed) == std::vector<int>(8, 1));
  }
}

TEST_CASE("shares: an activation that got another time keeps it, though a lane has not heard of that yet") {
  for (const std::string then : {"2026-07-31T16:00:00.000Z", "2026-05-31T16:00:00.000Z"}) {
    INFO(then);
    Bed bed(8, 4, false);
    const Held held = holding({0, 1, 2, 3});
    const auto engine = bed.open_sharing(held);
    const DirectoryOrdinal ordinal = publish_calendar(*engine);
    const std::string first = "2026-06-30T16:00:00.000Z";
    REQUIRE(engine->activate(ordinal, *parse_instant(first)));
    held->erase(3);
    settle(*engine);
    REQUIRE(engine->activate(ordinal, *parse_instant(then)));
    settle(*engine);
    const auto heir = bed.open_sharing(holding({3}));
    settle(*heir);
    settle(*engine);
    CHECK(asked_from(bed) == std::vector<std::vector<std::string>>(8, {first, then}));
  }
}

TEST_CASE(
    "shares: an activation ahead that one lane alone was told is asked of the others for the same time") {
  Bed bed(8, 4, false);
  const auto engine = bed.open_sharing(holding({0, 1, 2, 3}));
  const DirectoryOrdinal ordinal = publish_calendar(*engine);
  const std::string from = "2026-06-30T16:00:00.000Z";
  activate_lane(bed, LaneId(4), Object{{"directory", ordinal.value}, {"from", from}});
  settle(*engine);
  CHECK(asked_from(bed) == std::vector<std::vector<std::string>>(8, {from}));
}

TEST_CASE("shares: two engines publish at once, and each document gets an ordinal of its own") {
  Bed bed(4, 2, false);
  const auto first = bed.open_sharing(holding({0, 1}));
  const auto second = bed.open_sharing(holding({}));
  const auto publish = [](Engine& engine, const Value& document) {
    auto published = engine.publish(std::span(&document, 1));
    if (!published) FAIL(published.error().message);
    return published->front();
  };
  const record::Document calendar =
      publish(*first, cases::from_file("schemas/directory/calendar-2025-2026.json"));
  const record::Document bodies = publish(*second, cases::parsed(cases::kBodies));
  CHECK(bodies.ordinal == next(calendar.ordinal));
  CHECK(publish(*first, cases::parsed(cases::kBodies)).ordinal == bodies.ordinal);
  // One that came second with an ordinal that was given already counts for nothing.
  record::Document late = calendar;
  late.id = "late";
  const log::Append append{log::Topic::directory, 0,
                           log::Record{"calendar/late", record::encode(late, bed.deployment.source()), {}}};
  REQUIRE(first->log().append(std::span(&append, 1), log::Durability::synced).has_value());
  CHECK(publish(*second, cases::parsed(cases::kPlaces)).ordinal == next(bodies.ordinal));
  CHECK(second->documents().size() == 3);
}

TEST_CASE("publishing: several documents, all or none") {
  Bed bed(4, 1, false);
  const auto engine = bed.open();
  Value broken = cases::parsed(cases::kCatalogue);
  broken.if_object()->set("kind", "catalog");
  const std::array wrong{cases::parsed(cases::kBodies), broken};
  const auto refused = engine->publish(wrong);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().path == "/kind");
  CHECK(engine->documents().empty());
  const std::array right{cases::parsed(cases::kBodies), cases::parsed(cases::kCatalogue),
                         cases::parsed(cases::kBodies)};
  const auto published = engine->publish(right);
  REQUIRE(published.has_value());
  CHECK(published->at(1).ordinal == next(published->at(0).ordinal));
  CHECK(published->at(2).ordinal == published->at(0).ordinal);
  CHECK(engine->documents().size() == 2);
}

TEST_CASE("shares: with workers, whoever is asked answers within its patience, whichever engine decides") {
  Bed bed(8, 4, false);
  { bed.open_with_rules(); }
  const auto first = bed.open_sharing(holding({0, 1}), 2);
  const auto second = bed.open_sharing(holding({2, 3}), 2);
  for (Engine* const engine : {first.get(), second.get()}) {
    const auto asked = openings(30, engine == first.get() ? "a" : "b");
    for (const auto& outcome : engine->submit(asked)) {
      REQUIRE(outcome.has_value());
      CHECK(outcome->status == OutcomeStatus::accepted);
    }
  }
  CHECK(bed.redecided().different == 0);
}

}  // namespace lastkm::runtime
