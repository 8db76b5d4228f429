#include <atomic>
#include <set>
#include <thread>

#include "engine/runtime/waiters.h"
#include "tests/runtime/bed.h"

namespace lastkm::runtime {

TEST_CASE("workers: eight callers that re-send lose no effect and double none") {
  Bed bed(8, 8, false);
  { bed.open_with_rules(); }
  auto engine = bed.open({}, 2);
  constexpr int kThreads = 8;
  constexpr int kEach = 12;
  std::vector<std::vector<Result<Outcome>>> told(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          // Two threads each share their keys, and each sends all twice.
          const std::string key = std::to_string(t / 2) + "-" + std::to_string(i);
          for (int times = 0; times < 2; ++times)
            told[static_cast<std::size_t>(t)].push_back(send(*engine, opening(key)));
        }
      });
    }
  }
  engine.reset();
  std::set<std::string> cases;
  for (const auto& of_thread : told) {
    for (const auto& outcome : of_thread) {
      REQUIRE(outcome.has_value());
      if (outcome->status != OutcomeStatus::recorded) cases.insert(outcome->ref);
    }
  }
  CHECK(cases.size() == kThreads / 2 * kEach);
  int opened = 0;
  for (const auto& [lane, decisions] : bed.sequences().decisions) {
    for (const std::string& bytes : decisions) {
      const auto decision = record::decode_decision(bytes);
      for (const auto& event : decision->events) opened += event.type == "CaseRegistered" ? 1 : 0;
    }
  }
  CHECK(opened == kThreads / 2 * kEach);
  const Redecided audited = bed.redecided();
  CHECK(audited.different == 0);
  CHECK(audited.undecided == 0);
}

TEST_CASE("workers: a state that could not be saved is saved once it can be, and nothing of it is lacking") {
  Bed bed(2, 2, false);
  { bed.open_with_rules(); }
  std::atomic<bool> full = false;
  std::atomic<int> refused = 0;
  bed.before_saving = [&]() -> Status {
    if (!full) return done();
    ++refused;
    return Error{ErrorKind::unknown_outcome, "store-write-failed", "no space", ""};
  };
  bed.unsaved_most = 5;
  const auto until = [](const auto& holds) {
    for (int tries = 0; !holds() && tries < 1000; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return holds();
  };
  std::vector<AggregateId> ids;
  std::string held;
  {
    auto engine = bed.open({}, 1);
    const auto decided = [&] {
      return engine->position(LaneId(0)).value + engine->position(LaneId(1)).value;
    };
    ids.push_back(must(*engine, opening("first")).aggregate);
    full = true;
    ids.push_back(must(*engine, opening("not-saved")).aggregate);
    REQUIRE(until([&] { return refused > 1; }));  // it is tried again
    const std::int64_t before = decided();
    for (int i = 0; i < 8; ++i) ids.push_back(must(*engine, opening("more-" + std::to_string(i))).aggregate);
    // What is not saved stays bounded: so many, and one more, for that is when it is seen. "not-saved" may be
    // one of them.
    CHECK(decided() >= before + 5);
    CHECK(decided() <= before + 6);
    full = false;
    REQUIRE(until([&] { return decided() == before + 8; }));
    held = all_of(*engine, ids);
  }
  // From the state alone: the log is not asked for what the checkpoints say is in it.
  auto engine = bed.open({}, 0);
  CHECK(all_of(*engine, ids) == held);
  CHECK(bed.redecided().different == 0);
}

TEST_CASE("submit: of lines with one key each gets the outcome of what it asked itself") {
  for (const int workers : {0, 2}) {
    Bed bed(4, 2, false);
    { bed.open_with_rules(); }
    auto engine = bed.open({}, workers);
    std::vector<intake::Submission> lines;
    for (int i = 0; i < 6; ++i) {
      // Three times the same, then another under its key, then the same again, then another.
      lines.push_back(opening("one-key"));
      if (i == 3 || i == 5) lines.back().data.if_object()->set("urgency", "URGENT");
    }
    const auto told = engine->submit(lines);
    REQUIRE(told.size() == lines.size());
    for (std::size_t i = 0; i < told.size(); ++i) {
      INFO("workers " << workers << ", line " << i);
      REQUIRE(told[i]);
      const bool other = i == 3 || i == 5;
      CHECK(told[i]->status == (i == 0  ? OutcomeStatus::accepted
                                : other ? OutcomeStatus::rejected
                                        : OutcomeStatus::duplicate));
      if (other) CHECK(told[i]->rejection->code == "key-reused");
    }
  }
}

TEST_CASE("waiters: who waits for durability alone is woken by it") {
  Waiters waiters;
  Outcome receipt;
  receipt.command = CommandId("c1");
  const Waiters::Ticket call = waiters.expect({{receipt, "asked"}});
  std::atomic<bool> woken = false;
  std::jthread caller([&] {
    waiters.wait(call, std::chrono::milliseconds(1));
    woken = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK_FALSE(woken);
  const std::array<std::int64_t, 1> offsets{7};
  waiters.settle({call}, offsets, std::nullopt);  // never decided
  for (int tries = 0; !woken && tries < 200; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(woken);
  if (!woken) waiters.tell(receipt.command, "asked", receipt);
}

TEST_CASE(
    "workers: while a save hangs so many decisions gather; what comes then is kept, and decided afterwards") {
  Bed bed(2, 2, false);
  { bed.open_with_rules(); }
  std::atomic<bool> hangs = false;
  std::atomic<bool> saving = false;
  bed.before_saving = [&] {
    for (; hangs; std::this_thread::sleep_for(std::chrono::milliseconds(1))) saving = true;
    return done();
  };
  bed.unsaved_most = 5;
  auto engine = bed.open({}, 1);
  const struct Release {
    std::atomic<bool>* hangs;
    ~Release() { *hangs = false; }
  } release{&hangs};
  hangs = true;
  const auto decided = [&] { return engine->position(LaneId(0)).value + engine->position(LaneId(1)).value; };
  must(*engine, opening("first"));
  for (int tries = 0; !saving && tries < 10000; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  REQUIRE(saving);
  const std::int64_t before = decided();
  std::vector<OutcomeStatus> told;
  for (int i = 0; i < 8; ++i) told.push_back(must(*engine, opening("more-" + std::to_string(i))).status);
  // One more than may gather, for that is when it is seen.
  CHECK(decided() == before + 6);
  CHECK(told.back() == OutcomeStatus::recorded);
  hangs = false;
  for (int tries = 0; decided() < before + 8 && tries < 1000; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(decided() == before + 8);
  engine.reset();
  CHECK(bed.redecided().undecided == 0);
}

TEST_CASE("workers: that clocks fire late is said as long as they do") {
  Bed bed(8, 8, false);
  { bed.open_with_rules(); }
  auto engine = bed.open({}, 2);
  const AggregateId id = must(*engine, opening("a")).aggregate;
  must(*engine, act("Send", id.value, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "b"));
  CHECK_FALSE(engine->clocks_are_late());
  *bed.time = cases::at("2026-06-20T09:00").ms;
  const auto is_due = [&] {
    const auto due = engine->find_case(id.value)->next_due();
    return due && *due <= engine->now();
  };
  for (int tries = 0; is_due() && tries < 1000; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE_FALSE(is_due());
  CHECK(engine->find_case(id.value)->find_clock("sign")->state == cases::ClockState::breached);
  CHECK(engine->clocks_are_late());
  *bed.time += 2 * kMsPerSecond;
  CHECK_FALSE(engine->clocks_are_late());
}

}  // namespace lastkm::runtime
