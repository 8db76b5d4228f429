#include "engine/runtime/due_times.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

using namespace lastkm;
using namespace lastkm::runtime;

namespace {
AggregateId id(int n) {
  return AggregateId("case-" + std::to_string(1000 + n));
}
}  // namespace

TEST_CASE("due times: whatever is in memory, the answers are those of the whole set") {
  const auto seed = GENERATE(1U, 2U, 3U);
  std::mt19937 random(seed);
  const auto store = store::make_memory_store();
  const std::string lane = "lane";
  DueTimes times(*store, "due", lane);
  store::Batch of_another_lane;
  of_another_lane.put("due", "lanf" + std::string(8, '\0') + "case-1", "");
  REQUIRE(store->write(of_another_lane));
  std::map<int, std::int64_t> model;
  std::optional<store::Batch> unwritten;
  const auto flush = [&] {
    if (unwritten) REQUIRE(store->write(*unwritten));
    unwritten.emplace();
    times.flush_into(*unwritten);
  };
  for (int step = 0; step < 12000; ++step) {
    const int n = static_cast<int>(random() % 4000);
    if (const auto found = model.find(n); found != model.end()) {
      times.remove(Instant{found->second}, id(n));
      model.erase(found);
    }
    if (random() % 4 != 0) {
      const auto at = static_cast<std::int64_t>(random() % 100000) - 1000;
      times.add(Instant{at}, id(n));
      model[n] = at;
    }
    if (random() % 500 == 0) flush();
    if (random() % 2000 == 0) {
      flush();
      REQUIRE(store->write(*unwritten));
      unwritten.reset();
      times.reset();
    }
    if (random() % 100 != 0) continue;
    std::set<DueTimes::Entry> all;
    for (const auto& [number, at] : model) all.emplace(Instant{at}, id(number));
    REQUIRE(times.first() == (all.empty() ? std::nullopt : std::optional(all.begin()->first)));
    const Instant now{static_cast<std::int64_t>(random() % 100000)};
    const std::size_t most = random() % 3000;
    std::vector<DueTimes::Entry> expected;
    for (const auto& entry : all) {
      if (entry.first <= now && expected.size() < most) expected.push_back(entry);
    }
    REQUIRE(times.due(now, most) == expected);
  }
  CHECK_FALSE(times.failure());
}
