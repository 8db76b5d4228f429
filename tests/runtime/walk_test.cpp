// Random walks of commands, and after every single step: a restart over the state that is there, a restart
// over none, a replay of the log by the auditor, and all of them the same, state and bytes.
#include <cstdlib>
#include <random>

#include "tests/runtime/bed.h"

namespace lastkm::runtime {

namespace {

class Walk {
 public:
  explicit Walk(unsigned seed)
      : random_(seed),
        bed_(1 + static_cast<std::int32_t>(seed % 4), 1 + static_cast<std::int32_t>(seed / 4 % 3),
             seed % 3 != 0) {
    engine_ = bed_.open_with_rules();
  }

  void step() {
    const std::uint32_t what = below(10);
    if (what == 0) {
      pass_time();
    } else if (what == 1 && !sent_.empty()) {
      (void)send(*engine_, sent_[below(static_cast<std::uint32_t>(sent_.size()))]);
    } else {
      sent_.push_back(next_command());
      (void)send(*engine_, sent_.back());
    }
    compare();
  }

  [[nodiscard]] std::size_t decided() {
    std::size_t out = 0;
    for (const auto& [lane, decisions] : bed_.sequences().decisions) out += decisions.size();
    return out;
  }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  void pass_time() {
    const std::int64_t hours = below(3) == 0 ? 24 * below(20) : below(8);
    *bed_.time += hours * kMsPerHour;
    if (bed_.deployment.virtual_clock) {
      REQUIRE(engine_->advance(Instant{engine_->now().ms + hours * kMsPerHour}).has_value());
      return;
    }
    // Without workers nobody looks at the time but a start.
    engine_.reset();
    engine_ = bed_.open();
  }

  intake::Submission next_command() {
    const std::string key = "k" + std::to_string(sent_.size());
    if (ids_.empty() || (ids_.size() < 6 && below(4) == 0)) {
      auto out = opening(key);
      if (below(2) == 0) {
        out.channel = "CH-12345";
        out.reference = "R" + std::to_string(below(3));
        ids_.push_back(vault_->aggregate_of(out.channel, out.reference));
      } else {
        ids_.push_back(vault_->aggregate_of_key("cli", key));
      }
      return out;
    }
    const std::string& id = ids_[below(static_cast<std::uint32_t>(ids_.size()))].value;
    switch (below(8)) {
      case 0:
      case 1:
        return act("Send", id, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", key);
      case 2:
        return act("Sign", id, cases::kPsc, "{}", key);
      case 3:
        return act("Tell", id, cases::kPsc, cases::kProof, key);
      case 4:
        return act("Close", id, cases::kAgent, below(2) == 0 ? R"({"solved":true})" : R"({"solved":false})",
                   key);
      case 5:
        return act("Pause", id, cases::kSupervisor, R"({"clock":"handle","reason":"X"})", key);
      case 6:
        return act("GoOn", id, cases::kSupervisor, R"({"clock":"handle"})", key);
      default:
        return act("Begin", id, cases::kSupervisor, R"({"which":"tick"})", key);
    }
  }

  void compare() {
    const std::string before = all_of(*engine_, ids_);
    const Sequences bytes = bed_.sequences();
    for (const auto& [lane, decisions] : last_.decisions) {
      const auto& now = bytes.decisions.at(lane);
      REQUIRE(now.size() >= decisions.size());
      REQUIRE(std::equal(decisions.begin(), decisions.end(), now.begin()));
    }
    last_ = bytes;
    engine_.reset();
    engine_ = bed_.open();
    REQUIRE(all_of(*engine_, ids_) == before);
    REQUIRE(bed_.sequences() == bytes);
    engine_.reset();
    const auto kept = bed_.state;
    bed_.forget_state();
    engine_ = bed_.open();
    REQUIRE(all_of(*engine_, ids_) == before);
    REQUIRE(bed_.sequences() == bytes);
    // By turns the walk goes on from the folded state and from the one that was kept.
    if (below(2) == 0) {
      engine_.reset();
      bed_.state = kept;
      engine_ = bed_.open();
    }
    const Redecided audited = bed_.redecided();
    REQUIRE(audited.different == 0);
    REQUIRE(audited.undecided == 0);
  }

  std::mt19937 random_;
  Bed bed_;
  std::unique_ptr<privacy::Vault> vault_ = privacy::make_seeded_vault(7);
  std::unique_ptr<Engine> engine_;
  std::vector<intake::Submission> sent_;
  std::vector<AggregateId> ids_;
  Sequences last_;
};

}  // namespace

TEST_CASE(
    "engine: in any walk every step is the same after a restart, without its state, and decided again") {
  const char* more = std::getenv("LASTKM_WALKS");
  const unsigned walks = more == nullptr ? 12 : static_cast<unsigned>(std::strtoul(more, nullptr, 10));
  std::size_t decided = 0;
  for (unsigned seed = 1; seed <= walks; ++seed) {
    INFO("walk " << seed);
    Walk walk(seed);
    for (int step = 0; step < 30; ++step) {
      INFO("step " << step);
      walk.step();
    }
    decided += walk.decided();
  }
  CHECK(decided > 20 * walks);
}

}  // namespace lastkm::runtime
