#include "tests/simulation/simulator.h"

#include <array>
#include <random>
#include <set>

#include "tests/simulation/operated_log.h"

namespace lastkm::simulation {

namespace {

using runtime::Outcome;
using runtime::OutcomeStatus;

/// A log that shows no epochs: to its owner everybody is of one.
class EpochlessLog final : public log::ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;
  Status read(log::Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
              std::size_t max_bytes, std::vector<log::StoredRecord>& out) override {
    auto read = ForwardingLog::read(topic, partition, from, max_records, max_bytes, out);
    for (log::StoredRecord& stored : out) stored.record.headers.clear();
    return read;
  }
};

struct Owner {
  std::unique_ptr<runtime::Engine> engine;
  std::shared_ptr<store::Store> state = store::make_memory_store();
  std::shared_ptr<bool> deaf = std::make_shared<bool>(false);
  runtime::HandShares::Held share = std::make_shared<std::set<std::int32_t>>();
};

class Run {
 public:
  explicit Run(Life& life) : life_(life), random_(life.seed) {
    // Each seed switches whole kinds of faults on or off.
    if (one_in(2)) faults_.duplicate_one_in = 3 + below(8);
    if (one_in(2)) faults_.fail_unwritten_one_in = 5 + below(20);
    if (one_in(2)) faults_.fail_written_one_in = 5 + below(20);
    if (one_in(3)) faults_.land_late_one_in = 5 + below(20);
    if (one_in(3)) faults_.lag_one_in = 2 + below(6);
    faults_.lose_syncs = life.without.syncs;
    power_fails_ = life.without.syncs || one_in(2);
    two_owners_ = one_in(2);
    shares_ = two_owners_ && !life.bed.deployment.virtual_clock && one_in(2);
    if (one_in(4) || life.without.read_back || life.without.epochs) operator_one_in_ = 4 + below(12);
    steps_ = 20 + static_cast<int>(below(30));
    const auto said = [&](const char* name, std::uint32_t value) {
      life_.chosen += " " + std::string(name) + "=" + std::to_string(value);
    };
    said("steps", static_cast<std::uint32_t>(steps_));
    said("duplicate", faults_.duplicate_one_in);
    said("fail-unwritten", faults_.fail_unwritten_one_in);
    said("fail-written", faults_.fail_written_one_in);
    said("land-late", faults_.land_late_one_in);
    said("lag", faults_.lag_one_in);
    said("power-loss", power_fails_ ? 1 : 0);
    said("owners", two_owners_ ? 2 : 1);
    said("shares", shares_ ? 1 : 0);
    said("operator", operator_one_in_);
  }

  /// Anything may fail.
  void safety() {
    { runtime::Bed::put_rules(*life_.bed.open()); }
    life_.bed.forget_state();
    for (int step = 0; step < steps_; ++step) one_step();
    if (life_.without.syncs) lose_power();
    for (Owner& owner : owners_) crash(owner);
  }

  /// Nothing fails any more: one owner, opened once, answers all that was asked, and no lane stands still.
  void liveness() {
    life_.bed.storage->land_late();
    life_.bed.state = owners_[0].state;
    life_.bed.deaf = std::make_shared<bool>(false);
    const auto engine = life_.bed.open();
    for (Asked& asked : life_.asked) {
      const auto outcome = runtime::send(*engine, asked.submission);
      if (!outcome || outcome->status == OutcomeStatus::recorded) {
        life_.complaints.push_back("P12: command " + asked.command.value +
                                   " gets no answer after everything is healed" +
                                   (outcome ? "" : ": " + outcome.error().message));
        continue;
      }
      asked.acknowledged = true;
      asked.answers.push_back(*outcome);
    }
    for (const auto& stopped : engine->stopped())
      life_.complaints.push_back("P12: a lane still stands: " + stopped.why.message);
  }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

  void one_step() {
    Owner& owner = owners_[two_owners_ ? below(2) : 0];
    if (shares_ && one_in(3)) deal();
    const std::uint32_t what = below(20);
    if (what == 0) return crash(owner);
    if (what == 1) return owner.engine.reset();
    if (what == 2 && power_fails_) return lose_power();
    if (what == 3) return pass_time(owner);
    if (what == 4) owner.state = store::make_memory_store(), crash(owner);
    if (!open(owner)) return;
    submit(owner);
    for (const auto& stopped : owner.engine->stopped()) {
      const bool explained =
          stopped.why.code == "partition-lost" || stopped.why.kind == ErrorKind::unknown_outcome;
      if (!explained)
        life_.complaints.push_back("a lane stopped: " + stopped.why.code + ": " + stopped.why.message);
    }
    if (!owner.engine->stopped().empty()) owner.engine.reset();
  }

  /// A partition goes from one owner to another: at once, with a gap, or with a while in which both believe
  /// to have it.
  void deal() {
    const auto partition = static_cast<std::int32_t>(below(static_cast<std::uint32_t>(life_.partitions)));
    for (Owner& owner : owners_) {
      owner.share->erase(partition);
      if (one_in(2)) owner.share->insert(partition);
    }
  }

  bool open(Owner& owner) {
    if (owner.engine) return true;
    faults_.seed = random_();
    *owner.deaf = false;
    life_.bed.state = owner.state;
    life_.bed.deaf = owner.deaf;
    auto log = log::open_simulated_log(life_.bed.storage, faults_);
    if (operator_one_in_ > 0) {
      log = std::make_unique<OperatedLog>(
          std::move(log), life_.bed.deployment.source(), [this] { return one_in(operator_one_in_); },
          life_.without.read_back);
    }
    if (life_.without.epochs) log = std::make_unique<EpochlessLog>(std::move(log));
    auto opened = life_.bed.try_open(std::move(log), 0, shares_ ? owner.share : nullptr);
    if (opened) {
      owner.engine = std::move(*opened);
    } else if (opened.error().kind != ErrorKind::unknown_outcome && opened.error().code != "partition-lost") {
      life_.complaints.push_back("no start: " + opened.error().code + ": " + opened.error().message);
    }
    return owner.engine != nullptr;
  }

  /// The process is gone at once: nothing that it still held reaches its state.
  static void crash(Owner& owner) {
    *owner.deaf = true;
    owner.engine.reset();
  }

  void lose_power() {
    for (Owner& owner : owners_) {
      crash(owner);
      if (one_in(2)) owner.state = store::make_memory_store();
    }
    life_.bed.storage->lose_power(life_.without.syncs ? 0 : below(4));
  }

  void pass_time(Owner& owner) {
    *life_.bed.time += static_cast<std::int64_t>(below(40)) * kMsPerHour;
    if (life_.bed.deployment.virtual_clock && open(owner))
      (void)owner.engine->advance(std::max(owner.engine->now(), Instant{life_.bed.time->load()}));
  }

  Asked& make() {
    const auto vault = privacy::make_seeded_vault(7);
    const std::string key = "k" + std::to_string(life_.asked.size());
    Asked out;
    if (cases_.empty() || (cases_.size() < 5 && one_in(3))) {
      out.submission = runtime::opening(key);
      if (one_in(2)) {
        out.submission.channel = "CH-12345";
        out.submission.reference = "R" + std::to_string(below(4));
        out.aggregate = vault->aggregate_of(out.submission.channel, out.submission.reference);
        if (one_in(3)) out.submission.data.if_object()->set("urgency", Value("URGENT"));
      } else {
        out.aggregate = vault->aggregate_of_key("cli", key);
      }
      cases_.push_back(out.aggregate);
    } else {
      out.aggregate = cases_[below(static_cast<std::uint32_t>(cases_.size()))];
      const std::string& id = out.aggregate.value;
      const std::string& other = cases_[below(static_cast<std::uint32_t>(cases_.size()))].value;
      switch (below(9)) {
        case 0:
        case 1:
          out.submission =
              runtime::act("Send", id, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", key);
          break;
        case 2:
          out.submission = runtime::act("Sign", id, cases::kPsc, "{}", key);
          break;
        case 3:
          out.submission = runtime::act("Tell", id, cases::kPsc, cases::kProof, key);
          break;
        case 4:
          out.submission = runtime::act("Close", id, cases::kAgent,
                                        one_in(2) ? R"({"solved":true})" : R"({"solved":false})", key);
          break;
        case 5:
        case 6:
          out.submission =
              runtime::act("Merge", id, cases::kDispatcher, R"({"master":")" + other + R"("})", key);
          break;
        case 7:
          out.submission = runtime::act("Split", id, cases::kDispatcher, R"({"reason":"X"})", key);
          break;
        default:
          out.submission = runtime::act("Begin", id, cases::kSupervisor, R"({"which":"tick"})", key);
          break;
      }
    }
    out.command = vault->command_of("cli", key, out.aggregate);
    life_.asked.push_back(std::move(out));
    return life_.asked.back();
  }

  void submit(Owner& owner) {
    std::vector<std::size_t> which;
    std::vector<intake::Submission> submissions;
    for (std::uint32_t n = 1 + below(5); n > 0; --n) {
      if (!life_.asked.empty() && one_in(3)) {
        which.push_back(below(static_cast<std::uint32_t>(life_.asked.size())));
      } else {
        make();
        which.push_back(life_.asked.size() - 1);
      }
      submissions.push_back(life_.asked[which.back()].submission);
    }
    const auto outcomes = owner.engine->submit(submissions);
    for (std::size_t i = 0; i < which.size(); ++i) {
      if (!outcomes[i]) continue;
      Asked& asked = life_.asked[which[i]];
      asked.acknowledged = true;
      if (outcomes[i]->status != OutcomeStatus::recorded) asked.answers.push_back(*outcomes[i]);
    }
  }

  Life& life_;
  std::mt19937_64 random_;
  log::Faults faults_;
  bool power_fails_ = false;
  bool two_owners_ = false;
  bool shares_ = false;  ///< they share the partitions, and each follows those of the other
  std::uint32_t operator_one_in_ = 0;
  int steps_ = 0;
  std::array<Owner, 2> owners_;
  std::vector<AggregateId> cases_;
};

}  // namespace

Life::Life(std::uint64_t life_seed, Without protections)
    : seed(life_seed),
      without(protections),
      lanes(1 + static_cast<std::int32_t>(life_seed % 4)),
      partitions(1 + static_cast<std::int32_t>(life_seed / 4 % 4)),
      bed(lanes, partitions, life_seed % 3 == 0) {}

std::string Life::options() const {
  return "seed=" + std::to_string(seed) + " lanes=" + std::to_string(lanes) +
         " partitions=" + std::to_string(partitions) +
         " clock=" + (bed.deployment.virtual_clock ? "virtual" : "system") + chosen;
}

void Life::run() {
  Run all(*this);
  all.safety();
  if (!without.syncs && !without.read_back && !without.epochs) all.liveness();
  bed.state = store::make_memory_store();
  bed.deaf = std::make_shared<bool>(false);
}

}  // namespace lastkm::simulation
