#include "engine/runtime/assemble.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_set>

#include "engine/log/crash_point.h"
#include "engine/record/digest.h"
#include "engine/runtime/checkpoint.h"
#include "engine/runtime/partition_owner.h"
#include "engine/runtime/rehearsal.h"
#include "engine/runtime/sealed_fields.h"
#include "engine/runtime/waiters.h"

namespace lastkm::runtime {

namespace {

constexpr std::size_t kDrainMost = 1024;
constexpr std::size_t kFlushAfter = 4096;
constexpr std::chrono::milliseconds kFlushEvery{200};
constexpr std::chrono::milliseconds kAnswerWithin{2000};
constexpr std::chrono::milliseconds kRowsWithin{60000};  // nobody waits at a counter for the rows of an import
constexpr std::int64_t kClockBehindMost = 60 * kMsPerSecond;

class LocalEngine final : public Engine {
 public:
  LocalEngine(EngineOptions options, EngineParts parts)
      : options_(std::move(options)),
        deployment_(std::move(parts.deployment)),
        log_(std::move(parts.log)),
        state_(std::move(parts.state)),
        vault_(std::move(parts.vault)),
        attempts_(std::move(parts.attempts)),
        clock_(std::move(parts.clock)),
        directory_(*log_, deployment_.source()) {}

  ~LocalEngine() override {
    for (std::jthread& worker : workers_) worker.request_stop();
    workers_.clear();
    if (options_.read_only) return;
    if (auto flushed = flush(); !flushed) spdlog::error("the state was not saved: {}", flushed.error().message);
  }

  Status load() {
    if (auto fresh = directory_.refresh(); !fresh) return fresh;
    auto agrees = state_agrees(*state_, *log_);
    if (!agrees) return agrees.error();
    if (!*agrees) {
      spdlog::warn("the state does not agree with the log; it is made again");
      if (options_.read_only) {
        state_ = store::make_memory_store();
      } else if (auto discarded = discard_state(*state_); !discarded) {
        return discarded;
      }
    }
    for (std::int32_t partition = 0; partition < std::min(log_->partitions(), deployment_.lanes); ++partition) {
      owners_.push_back(std::make_unique<PartitionOwner>(
          partition, OwnerParts{*log_, *state_, directory_, *attempts_, deployment_.source(),
                                "pid-" + std::to_string(::getpid()), deployment_.lanes, [this] { return now(); },
                                [this] { return vault_->random_command(); },
                                [this](const CommandId& id) { return waiters_.anyone(id); },
                                [this](const CommandId& asked, const Outcome& outcome) { waiters_.tell(asked, outcome); }}));
      if (auto loaded = owners_.back()->load(); !loaded) return loaded;
      virtual_now_ = std::max(virtual_now_.load(), owners_.back()->latest().ms);
    }
    if (options_.read_only) return done();
    const Instant last{virtual_now_.load()};
    if (!deployment_.virtual_clock && clock_->now().ms < last.ms - kClockBehindMost) {
      return Error{ErrorKind::integrity, "clock-behind-log",
                   "the clock says " + format_utc(clock_->now()) + ", but the log goes up to " + format_utc(last) +
                       ": set the clock right and start again",
                   ""};
    }
    if (auto settled = settle(); !settled) return settled;
    if (auto activated = activate_laggards(); !activated) return activated;
    if (!deployment_.virtual_clock) {
      if (auto woken = wake_due(); !woken) return woken;
    }
    for (int worker = 0; worker < options_.workers; ++worker) {
      workers_.emplace_back([this, worker](const std::stop_token& stop) { work(worker, stop); });
    }
    return done();
  }

  const Deployment& deployment() const override { return deployment_; }
  const std::string& folder() const override { return options_.folder; }
  log::EventLog& log() override { return *log_; }
  privacy::Vault& vault() override { return *vault_; }

  Instant now() const override { return deployment_.virtual_clock ? Instant{virtual_now_.load()} : clock_->now(); }

  std::vector<Result<Outcome>> submit(std::span<const intake::Submission> submissions) override {
    return options_.workers > 0 ? submit_to_workers(submissions) : submit_inline(submissions);
  }

  Result<std::unique_ptr<Rehearsal>> rehearse() override {
    RehearsalParts parts;
    parts.deployment = deployment_;
    parts.now = [this] { return now(); };
    parts.context = [this](DirectoryOrdinal ordinal) { return directory_.at(ordinal); };
    parts.lane_state = [this](LaneId lane) { return owner_of(lane).lane_state(lane); };
    parts.find_case = [this](LaneId lane, const AggregateId& id) { return owner_of(lane).find_case(id); };
    parts.identify = [this](const intake::Submission& submission) { return identify(submission); };
    parts.find_known = [this](const intake::Submission& submission, const intake::Identity& identity) {
      return known_before(submission, identity);
    };
    parts.sealed_fields = [this](std::string_view command) { return sealed_.of(command, *directory_.newest()); };
    return runtime::rehearse(std::move(parts));
  }

  Status advance(Instant to) override {
    const std::lock_guard lock(inline_);
    return advance_locked(to);
  }

  Result<record::Document> publish(const Value& document) override { return directory_.publish(document, now()); }

  Status activate(DirectoryOrdinal ordinal) override {
    if (directory_.at(ordinal) == nullptr || ordinal.value < 1) {
      return Error{ErrorKind::not_found, "document-missing",
                   "the directory has no ordinal " + std::to_string(ordinal.value) + ": see 'lastkm directory list'", ""};
    }
    const std::lock_guard lock(inline_);
    return activate_lanes(ordinal);
  }

  std::vector<record::Document> documents() const override { return directory_.documents(); }

  std::shared_ptr<const directory::Context> context(LaneId lane) const override {
    return directory_.at(owner_of(lane).lane_state(lane).context);
  }
  std::shared_ptr<const directory::Context> published() const override { return directory_.newest(); }

  Result<cases::CaseState> find_case(std::string_view id_or_ref) override {
    auto id = resolve(id_or_ref);
    if (!id) return id.error();
    auto found = owner_of(record::lane_of(*id, deployment_.lanes)).find_case(*id);
    if (!found) return no_such_case(id_or_ref);
    return std::move(*found);
  }

  Ordinal position(LaneId lane) const override { return owner_of(lane).lane_state(lane).ordinal; }

  std::vector<Stopped> stopped() const override {
    std::vector<Stopped> out;
    for (const auto& owner : owners_) {
      for (Stopped& stopped : owner->stopped()) out.push_back(std::move(stopped));
    }
    return out;
  }

  Status skip(LaneId lane, Ordinal ordinal, std::string_view by, std::string_view reason) override {
    if (lane.value < 0 || lane.value >= deployment_.lanes) {
      return Error{ErrorKind::not_found, "no-such-lane", "there are lanes 0 to " + std::to_string(deployment_.lanes - 1), ""};
    }
    if (auto skipped = owner_of(lane).skip(lane, ordinal, by, reason); !skipped) return skipped;
    if (auto synced = log_->sync(); !synced) return synced;
    const std::lock_guard lock(inline_);
    return settle();
  }

 private:
  PartitionOwner& owner_of(LaneId lane) const {
    return *owners_.at(static_cast<std::size_t>(log::partition_of(lane, log_->partitions())));
  }

  static Error no_such_case(std::string_view id_or_ref) {
    return Error{ErrorKind::not_found, "unknown-case",
                 "there is no case '" + std::string(id_or_ref) +
                     "': give its id (32 hex digits) or its reference number, such as 17-000042",
                 "/case"};
  }

  Result<AggregateId> resolve(std::string_view id_or_ref) {
    const std::size_t dash = id_or_ref.find('-');
    if (dash == std::string_view::npos) {
      const bool is_hex = id_or_ref.size() == 32 && std::all_of(id_or_ref.begin(), id_or_ref.end(), [](char c) {
                            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                          });
      if (!is_hex) return no_such_case(id_or_ref);
      return AggregateId(std::string(id_or_ref));
    }
    std::int64_t lane = 0;
    std::int64_t n = 0;
    const auto digits = [](std::string_view text, std::int64_t& out) {
      if (text.empty() || text.size() > 12) return false;
      for (const char c : text) {
        if (c < '0' || c > '9') return false;
        out = out * 10 + (c - '0');
      }
      return true;
    };
    if (!digits(id_or_ref.substr(0, dash), lane) || !digits(id_or_ref.substr(dash + 1), n) || lane >= deployment_.lanes) {
      return no_such_case(id_or_ref);
    }
    const LaneId lane_id(static_cast<std::int32_t>(lane));
    auto found = owner_of(lane_id).find_reference(lane_id, n);
    if (!found) return no_such_case(id_or_ref);
    return std::move(*found);
  }

  Result<intake::Identity> identify(const intake::Submission& submission) {
    std::optional<AggregateId> aggregate;
    if (!submission.case_id.empty()) {
      auto resolved = resolve(submission.case_id);
      if (!resolved) return resolved.error();
      aggregate = std::move(*resolved);
    }
    auto identity = intake::identify(submission, aggregate, deployment_.lanes, *vault_);
    if (identity && submission.historical && submission.idempotency_key.empty()) {
      // The same row asked by the same actor under the same documents is the same command, whoever sends it when:
      // so that one that was refused is known too, and asked again once the documents have changed.
      const DirectoryOrdinal in_force = owner_of(identity->lane).in_force(identity->lane);
      identity->command =
          vault_->command_of(submission.client,
                             identity->fingerprint + " " + std::to_string(in_force.value) + " " + submission.actor.body.value +
                                 " " + submission.actor.role,
                             identity->aggregate);
    }
    return identity;
  }

  Result<record::Command> seal(const intake::Submission& submission, intake::Identity identity) {
    return intake::seal_command(submission, std::move(identity), sealed_.of(submission.name, *directory_.newest()), now(),
                                *vault_);
  }

  log::Append append_of(const record::Command& command) const {
    return log::Append{log::Topic::commands, log::partition_of(command.lane, log_->partitions()),
                       log::Record{command.aggregate.value, record::encode(command, deployment_.source()), {}}};
  }

  /// What became of a row that was imported before, found without asking again: a repeated import leaves no trace.
  std::optional<Outcome> known_before(const intake::Submission& submission, const intake::Identity& identity) {
    if (!submission.historical || submission.reference.empty()) return std::nullopt;
    return owner_of(identity.lane).find_known(identity.lane, identity.aggregate, identity.fingerprint, identity.command);
  }

  // --- inline ---------------------------------------------------------------------------------------------------------

  struct Pending {
    std::size_t index = 0;
    CommandId id;
    Waiters::Ticket ticket;
  };

  std::vector<Result<Outcome>> submit_inline(std::span<const intake::Submission> submissions) {
    const std::lock_guard lock(inline_);
    std::vector<Result<Outcome>> out(submissions.size(), unknown("the engine stopped before this line"));
    std::vector<Pending> pending;
    std::vector<log::Append> appends;
    std::unordered_set<std::string> asked;  ///< rows of imports, since the batch was settled last
    std::optional<Error> broken;
    const auto settle_batch = [&] {
      asked.clear();
      if (broken || appends.empty()) return;
      if (auto appended = log_->append(appends, log::Durability::buffered); !appended) {
        broken = appended.error();
      } else if (auto settled = settle(); !settled) {
        broken = settled.error();
      }
      appends.clear();
    };
    for (std::size_t i = 0; i < submissions.size() && !broken; ++i) {
      const intake::Submission& submission = submissions[i];
      if (deployment_.virtual_clock) {
        if (const auto to = own_time(submission); to && *to != now()) {
          settle_batch();
          if (auto moved = broken ? Status(*broken) : advance_locked(*to); !moved) {
            if (moved.error().kind == ErrorKind::integrity) broken = moved.error();
            out[i] = moved.error();
            continue;
          }
        }
      } else if (submission.at) {
        out[i] = Error{ErrorKind::bad_input, "bad-data", "'at' is for deployments with a virtual clock", "/at"};
        continue;
      }
      if (submission.name == lane::kAdvanceClock) {
        settle_batch();
        out[i] = advance_command(submission);
        continue;
      }
      // A reference number given by a line before is known once that line is decided.
      if (submission.case_id.find('-') != std::string::npos) settle_batch();
      auto identity = identify(submission);
      if (!identity) {
        out[i] = identity.error();
        continue;
      }
      if (submission.historical) {
        // The same row twice in one batch: the second is known once the first is decided.
        if (!asked.insert(identity->aggregate.value + identity->fingerprint).second) settle_batch();
        if (auto known = known_before(submission, *identity)) {
          out[i] = std::move(*known);
          continue;
        }
      }
      auto command = seal(submission, std::move(*identity));
      if (!command) {
        out[i] = command.error();
        continue;
      }
      pending.push_back(Pending{i, command->id, waiters_.expect(command->id)});
      appends.push_back(append_of(*command));
      if (appends.size() >= kDrainMost) settle_batch();
    }
    settle_batch();
    if (!broken) {
      if (auto synced = log_->sync(); !synced) broken = synced.error();
    }
    log::crash_point("submit.synced");
    for (const Pending& one : pending) {
      auto outcome = waiters_.wait(one.id, one.ticket, std::chrono::milliseconds(0));
      if (broken) {
        out[one.index] = unknown(broken->message);
      } else if (outcome) {
        out[one.index] = std::move(*outcome);
      } else {
        out[one.index] = recorded(submissions[one.index], one.id);
      }
    }
    if (!broken && unflushed() >= kFlushAfter) {
      if (auto flushed = flush(); !flushed) spdlog::error("the state was not saved: {}", flushed.error().message);
    }
    return out;
  }

  /// The time to which a submission moves a virtual clock; nullopt: it does not.
  std::optional<Instant> own_time(const intake::Submission& submission) const {
    if (submission.at) return submission.at;
    const bool unset = now().ms == 0;
    if (submission.occurred_at && (unset || (!submission.historical && *submission.occurred_at > now()))) {
      return submission.occurred_at;
    }
    return std::nullopt;
  }

  Result<Outcome> advance_command(const intake::Submission& submission) {
    if (!deployment_.virtual_clock || !submission.at) {
      return Error{ErrorKind::bad_input, "bad-data", "AdvanceClock needs 'at', and a deployment with a virtual clock", "/at"};
    }
    const record::Command command =
        lane::engine_command(lane::kAdvanceClock, record::lane_aggregate(LaneId(0)), LaneId(0), vault_->random_command(), Object{}, now());
    const auto ticket = waiters_.expect(command.id);
    const log::Append append = append_of(command);
    if (auto appended = log_->append(std::span(&append, 1), log::Durability::buffered); !appended) return appended.error();
    if (auto settled = settle(); !settled) return settled.error();
    auto outcome = waiters_.wait(command.id, ticket, std::chrono::milliseconds(0));
    if (!outcome) return recorded(submission, command.id);
    return std::move(*outcome);
  }

  static Error unknown(std::string why) {
    return Error{ErrorKind::unknown_outcome, "unknown",
                 "whether the command was taken is not known (" + std::move(why) + "); send it again with the same key", ""};
  }

  Outcome recorded(const intake::Submission&, const CommandId& id) const {
    Outcome outcome;
    outcome.status = OutcomeStatus::recorded;
    outcome.command = id;
    return outcome;
  }

  /// Handles every command that waits, and what follows from it.
  Status settle() {
    for (bool again = true; again;) {
      again = false;
      for (const auto& owner : owners_) {
        auto work = owner->has_work();
        if (!work) return work.error();
        if (!*work) continue;
        auto drained = owner->drain(kDrainMost);
        if (!drained) return drained.error();
        again = again || *drained > 0;
      }
    }
    return done();
  }

  Status advance_locked(Instant to) {
    if (!deployment_.virtual_clock) {
      return Error{ErrorKind::refused, "clock-backwards", "only a virtual clock can be moved", "/at"};
    }
    if (to < now()) {
      return Error{ErrorKind::refused, "clock-backwards",
                   "the clock stands at " + format_utc(now()) + ", which is after " + format_utc(to), "/at"};
    }
    if (auto recounted = recount(); !recounted) return recounted;
    while (true) {
      std::optional<Instant> first;
      for (const auto& owner : owners_) {
        const auto due = owner->next_due();
        if (due && (!first || *due < *first)) first = due;
      }
      if (!first || *first > to) break;
      const Instant at = std::max(*first, now());
      virtual_now_ = at.ms;
      std::size_t woken = 0;
      for (const auto& owner : owners_) {
        auto count = owner->wake(at, kDrainMost);
        if (!count) return count.error();
        woken += *count;
      }
      if (auto settled = settle(); !settled) return settled;
      if (woken == 0) break;
    }
    virtual_now_ = to.ms;
    return done();
  }

  /// Brings every open case under a calendar that has come into force.
  Status recount() {
    for (const auto& owner : owners_) {
      for (std::size_t counted = 1; counted > 0;) {
        auto count = owner->recount(now(), kDrainMost);
        if (!count) return count.error();
        counted = *count;
        if (counted == 0) break;
        if (auto settled = settle(); !settled) return settled;
      }
    }
    return done();
  }

  Status wake_due() {
    if (auto recounted = recount(); !recounted) return recounted;
    for (const auto& owner : owners_) {
      for (std::size_t woken = kDrainMost; woken == kDrainMost;) {
        auto count = owner->wake(now(), kDrainMost);
        if (!count) return count.error();
        woken = *count;
        if (woken == 0) break;
        if (auto settled = settle(); !settled) return settled;
      }
    }
    return done();
  }

  // --- workers --------------------------------------------------------------------------------------------------------

  std::vector<Result<Outcome>> submit_to_workers(std::span<const intake::Submission> submissions) {
    if (deployment_.virtual_clock) return submit_inline(submissions);
    std::vector<Result<Outcome>> out(submissions.size(), unknown("the engine stopped before this line"));
    std::vector<Pending> pending;
    std::vector<log::Append> appends;
    for (std::size_t i = 0; i < submissions.size(); ++i) {
      if (submissions[i].at) {
        out[i] = Error{ErrorKind::bad_input, "bad-data", "'at' is for deployments with a virtual clock", "/at"};
        continue;
      }
      auto identity = identify(submissions[i]);
      if (!identity) {
        out[i] = identity.error();
        continue;
      }
      if (auto known = known_before(submissions[i], *identity)) {
        out[i] = std::move(*known);
        continue;
      }
      auto command = seal(submissions[i], std::move(*identity));
      if (!command) {
        out[i] = command.error();
        continue;
      }
      pending.push_back(Pending{i, command->id, waiters_.expect(command->id)});
      appends.push_back(append_of(*command));
    }
    auto appended = log_->append(appends, log::Durability::synced);
    const bool rows = std::any_of(submissions.begin(), submissions.end(), [](const auto& one) { return one.historical; });
    const auto until = std::chrono::steady_clock::now() + (rows ? kRowsWithin : kAnswerWithin);
    for (const Pending& one : pending) {
      if (!appended) {
        (void)waiters_.wait(one.id, one.ticket, std::chrono::milliseconds(0));
        out[one.index] = appended.error().kind == ErrorKind::refused ? appended.error() : unknown(appended.error().message);
        continue;
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      auto outcome = waiters_.wait(one.id, one.ticket, std::max(left, std::chrono::milliseconds(0)));
      out[one.index] = outcome ? Result<Outcome>(std::move(*outcome)) : recorded(submissions[one.index], one.id);
    }
    return out;
  }

  void work(int worker, const std::stop_token& stop) {
    auto flushed_at = std::chrono::steady_clock::now();
    while (!stop.stop_requested()) {
      const std::uint64_t seen = log_->version();
      bool busy = false;
      for (std::size_t i = static_cast<std::size_t>(worker); i < owners_.size(); i += static_cast<std::size_t>(options_.workers)) {
        busy = work_on(*owners_[i]) || busy;
      }
      if (worker == 0 && std::chrono::steady_clock::now() - flushed_at >= kFlushEvery) {
        if (unflushed() > 0) {
          if (auto flushed = flush(); !flushed) spdlog::error("the state was not saved: {}", flushed.error().message);
        }
        flushed_at = std::chrono::steady_clock::now();
      }
      if (!busy) log_->wait(seen, std::chrono::milliseconds(50));
    }
  }

  bool work_on(PartitionOwner& owner) {
    bool busy = false;
    if (const auto due = owner.next_due(); !deployment_.virtual_clock && due && *due <= now()) {
      auto woken = owner.wake(now(), kDrainMost);
      busy = woken && *woken > 0;
    }
    if (const auto counted = owner.recount(now(), kDrainMost); counted && *counted > 0) busy = true;
    auto has_work = owner.has_work();
    if (!has_work || !*has_work) return busy;
    auto drained = owner.drain(kDrainMost);
    if (!drained) {
      spdlog::critical("{}", drained.error().message);
      return false;
    }
    return *drained > 0 || busy;
  }

  // --- all ------------------------------------------------------------------------------------------------------------

  std::size_t unflushed() {
    std::size_t out = 0;
    for (const auto& owner : owners_) out += owner->unflushed();
    return out;
  }

  /// Decisions are synced before any state that contains them.
  Status flush() {
    const std::lock_guard lock(flushing_);
    if (not_saved_) return *not_saved_;
    store::Batch batch;
    for (const auto& owner : owners_) owner->flush_into(batch);
    if (batch.empty()) return done();
    // The owners count these changes as saved: after a failure no later state may be written, it would lack them.
    if (auto synced = log_->sync(); !synced) return *(not_saved_ = synced.error());
    log::crash_point("state.before_write");
    if (auto written = state_->write(batch); !written) return *(not_saved_ = written.error());
    log::crash_point("state.written");
    return done();
  }

  Status activate_lanes(DirectoryOrdinal ordinal) {
    std::vector<log::Append> appends;
    for (std::int32_t lane = 0; lane < deployment_.lanes; ++lane) {
      if (owner_of(LaneId(lane)).lane_state(LaneId(lane)).context >= ordinal) continue;
      appends.push_back(append_of(lane::engine_command(lane::kActivate, record::lane_aggregate(LaneId(lane)), LaneId(lane),
                                                       vault_->random_command(), Object{{"directory", ordinal.value}}, now())));
    }
    if (appends.empty()) return done();
    if (auto appended = log_->append(appends, log::Durability::synced); !appended) return appended.error();
    if (options_.workers == 0 || workers_.empty()) {
      if (auto settled = settle(); !settled) return settled;
      return recount();
    }
    for (int tries = 0; tries < 200; ++tries) {
      const bool all = std::all_of(owners_.begin(), owners_.end(), [&](const auto& owner) {
        for (const LaneId lane : owner->lanes()) {
          if (owner->lane_state(lane).context < ordinal) return false;
        }
        return true;
      });
      if (all) return done();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return Error{ErrorKind::unknown_outcome, "unknown", "the activation is recorded but not every lane has taken it yet", ""};
  }

  /// An activation that was cut short reaches every lane in the end.
  Status activate_laggards() {
    DirectoryOrdinal most;
    for (std::int32_t lane = 0; lane < deployment_.lanes; ++lane) {
      most = std::max(most, owner_of(LaneId(lane)).lane_state(LaneId(lane)).context);
    }
    return most.value == 0 ? done() : activate_lanes(most);
  }

  const EngineOptions options_;
  const Deployment deployment_;
  const std::unique_ptr<log::EventLog> log_;
  std::unique_ptr<store::Store> state_;
  const std::unique_ptr<privacy::Vault> vault_;
  const std::unique_ptr<Attempts> attempts_;
  const std::unique_ptr<Clock> clock_;
  DirectoryLog directory_;
  SealedFields sealed_;
  std::atomic<std::int64_t> virtual_now_{0};
  Waiters waiters_;
  std::mutex inline_;
  std::mutex flushing_;
  std::optional<Error> not_saved_;  ///< the state has fallen behind for good; the next start makes it again
  std::vector<std::unique_ptr<PartitionOwner>> owners_;
  std::vector<std::jthread> workers_;
};

}  // namespace

Result<std::unique_ptr<Engine>> assemble(EngineOptions options, EngineParts parts) {
  auto engine = std::make_unique<LocalEngine>(std::move(options), std::move(parts));
  if (auto loaded = engine->load(); !loaded) return loaded.error();
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace lastkm::runtime
