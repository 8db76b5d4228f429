// LASTKM_SEEDS=n runs n seeds, LASTKM_SEED=s only the one.
#include <cstdlib>
#include <iostream>

#include "engine/lane/step.h"
#include "tests/simulation/checker.h"

namespace lastkm::simulation {

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// A lane's books that keep no answers: de-duplication switched off.
class ForgetfulBooks final : public lane::Books {
 public:
  explicit ForgetfulBooks(const runtime::DirectoryLog& directory) : directory_(directory) {}
  const cases::CaseState* find_case(const AggregateId& id) override {
    const auto found = cases_.find(id);
    return found == cases_.end() || found->second.version == 0 ? nullptr : &found->second;
  }
  std::optional<cases::Remembered> find_answered(const AggregateId&, const CommandId&) override {
    return std::nullopt;
  }
  std::shared_ptr<const directory::Context> context(DirectoryOrdinal ordinal) override {
    return directory_.at(ordinal);
  }
  cases::CaseState& edit_case(const AggregateId& id) override {
    edited_ = &cases_[id];
    edited_->id = id;
    return *edited_;
  }
  void keep_case() override { edited_->remembered.clear(); }
  void remember(const AggregateId&, cases::Remembered) override {}

 private:
  const runtime::DirectoryLog& directory_;
  std::map<AggregateId, cases::CaseState> cases_;
  cases::CaseState* edited_ = nullptr;
};

bool some_seed(const std::function<bool(std::uint64_t)>& complains) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    if (complains(seed)) return true;
  }
  return false;
}

/// Whether what was told is what the log says once the rest is decided. A life that has left a hole in the
/// log shows itself at the next opening, before anything is told.
bool answers_are_true(Life& life) {
  if (!life.bed.try_open(log::open_simulated_log(life.bed.storage))) return true;
  return check_answers(life.asked, life.bed.sequences()).empty();
}

}  // namespace

TEST_CASE("simulation: the promises hold after any life") {
  const std::uint64_t only = from_environment("LASTKM_SEED", 0);
  const std::uint64_t seeds = from_environment("LASTKM_SEEDS", 200);
  std::int64_t lives = 0;
  std::int64_t accepted = 0;
  std::int64_t merges = 0;
  for (std::uint64_t seed = only == 0 ? 1 : only; seed <= (only == 0 ? seeds : only); ++seed) {
    Life life(seed);
    INFO("seed " << seed << "; again: LASTKM_SEED=" << seed << " test_simulation");
    life.run();
    if (only != 0) std::cerr << life.options() << "\n";
    for (const std::string& complaint : check(life)) {
      std::cerr << life.options() << " (again: LASTKM_SEED=" << seed << " test_simulation): " << complaint
                << "\n";
      CHECK(complaint.empty());
    }
    ++lives;
    for (const Asked& one : life.asked) {
      for (const runtime::Outcome& answer : one.answers)
        accepted += answer.status == runtime::OutcomeStatus::accepted ? 1 : 0;
    }
    for (const auto& [lane, decisions] : life.bed.sequences().decisions) {
      for (const std::string& bytes : decisions)
        merges += bytes.find(R"("type":"CasesMerged")") != std::string::npos ? 1 : 0;
    }
  }
  CHECK(accepted > lives);  // the lives are about something
  if (only == 0) CHECK(merges > 0);
  std::cerr << "simulation: seeds " << (only == 0 ? 1 : only) << " to " << (only == 0 ? seeds : only) << ", "
            << accepted << " accepted answers\n";
}

TEST_CASE("simulation: one seed is one life, byte for byte") {
  for (const std::uint64_t seed : {3, 11, 30}) {
    const auto shape = [seed] {
      Life life(seed);
      life.run();
      std::string out;
      for (const Asked& one : life.asked) out += one.command.value + (one.acknowledged ? "+" : "-");
      return out;
    };
    CHECK(shape() == shape());
  }
}

TEST_CASE("control: where syncs are lost, the checker misses acknowledged commands") {
  CHECK(some_seed([](std::uint64_t seed) {
    Life life(seed, {.syncs = true});
    life.run();
    life.bed.forget_state();
    { const auto healed = life.bed.open(); }
    return !check_answers(life.asked, life.bed.sequences()).empty();
  }));
}

TEST_CASE("control: without reading back, an operator's decision elsewhere makes answers untrue") {
  CHECK(some_seed([](std::uint64_t seed) {
    Life life(seed, {.read_back = true});
    life.run();
    return !answers_are_true(life);
  }));
}

TEST_CASE("control: without epochs, what an owner that was replaced goes on to decide is taken for true") {
  CHECK(some_seed([](std::uint64_t seed) {
    Life life(seed, {.epochs = true});
    life.run();
    return !answers_are_true(life);
  }));
}

TEST_CASE("control: without the ordinal rule the checker sees decisions twice") {
  CHECK(some_seed([](std::uint64_t seed) {
    Life life(seed);
    life.run();
    { const auto healed = life.bed.open(); }
    auto log = log::open_simulated_log(life.bed.storage);
    return !check_decisions(runtime::sequences_of(*log, life.lanes, false)).empty();
  }));
}

TEST_CASE("control: without de-duplication the checker sees a second effect") {
  CHECK(some_seed([](std::uint64_t seed) {
    Life life(seed);
    life.run();
    auto log = log::open_simulated_log(life.bed.storage);
    runtime::DirectoryLog directory(*log, life.bed.deployment.source());
    REQUIRE(directory.refresh().has_value());
    runtime::Sequences decided;
    for (const auto& [lane, commands] : life.bed.sequences().commands) {
      ForgetfulBooks books(directory);
      lane::LaneState state = life.bed.deployment.begun(LaneId(lane));
      for (const std::string& bytes : commands) {
        const std::string key = record::decode_command(bytes)->aggregate.value;
        const lane::Taken taken = lane::take(key, bytes, life.lanes, LaneId(lane));
        auto decision = lane::step(state, taken, life.lanes, books);
        REQUIRE(decision.has_value());
        decided.decisions[lane].push_back(record::encode(*decision, life.bed.deployment.source()));
        lane::fold(state, books, taken, *decision, decided.decisions[lane].back());
      }
    }
    for (const std::string& complaint : check_decisions(decided)) {
      if (complaint.starts_with("P2")) return true;
    }
    return false;
  }));
}

}  // namespace lastkm::simulation
