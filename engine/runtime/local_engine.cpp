#include "engine/runtime/local_engine.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "engine/cases/no_such_case.h"
#include "engine/record/digest.h"
#include "engine/runtime/checkpoint.h"
#include "engine/runtime/rehearsal.h"

namespace lastkm::runtime {

namespace {

constexpr std::int64_t kClockBehindMost = 60 * kMsPerSecond;

}  // namespace

LocalEngine::LocalEngine(EngineOptions options, EngineParts parts)
    : options_(std::move(options)),
      deployment_(std::move(parts.deployment)),
      log_(std::move(parts.log)),
      shares_(std::move(parts.shares)),
      state_(std::move(parts.state)),
      vault_(std::move(parts.vault)),
      attempts_(std::move(parts.attempts)),
      clock_(std::move(parts.clock)),
      directory_(*log_, deployment_.source()) {}

LocalEngine::~LocalEngine() {
  committer_.reset();
  for (std::jthread& worker : workers_) worker.request_stop();
  workers_.clear();
  if (options_.read_only) return;
  if (auto flushed = flush(); !flushed) spdlog::error("the state was not saved: {}", flushed.error().message);
}

std::unique_ptr<PartitionOwner> LocalEngine::make_owner(std::int32_t partition) {
  OwnerParts parts{*log_,
                   *state_,
                   directory_,
                   *attempts_,
                   deployment_.source(),
                   "pid-" + std::to_string(::getpid()) + "-" + vault_->random_command().value.substr(0, 8),
                   deployment_,
                   [this] { return now(); },
                   [this] { return vault_->random_command(); },
                   [this](const CommandId& id) { return waiters_.anyone(id); },
                   [this](const CommandId& asked, std::string_view fingerprint, Outcome outcome) {
                     waiters_.tell(asked, fingerprint, std::move(outcome));
                   }};
  return std::make_unique<PartitionOwner>(partition, std::move(parts));
}

Status LocalEngine::load() {
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
    owners_.push_back(make_owner(partition));
    if (auto loaded = owners_.back()->load([this] { save_much(); }); !loaded) return loaded;
    virtual_now_ = std::max(virtual_now_.load(), owners_.back()->latest().ms);
    if (shares_ && !owners_.back()->follow()) return *owners_.back()->lost();
  }
  if (options_.read_only) return done();
  const Instant last{virtual_now_.load()};
  if (!deployment_.virtual_clock && clock_->now().ms < last.ms - kClockBehindMost) {
    return Error{ErrorKind::integrity, "clock-behind-log",
                 "the clock says " + shown(clock_->now()) + ", but the log goes up to " + shown(last) +
                     ": set the clock right and start again",
                 ""};
  }
  if (shares_) {
    // Loaded first: what it is given it can decide at once.
    if (auto joined = shares_->join(); !joined) return joined;
    start_workers();
    return done();
  }
  if (auto settled = settle(); !settled) return settled;
  if (auto recounted = recount(); !recounted) return recounted;
  if (!deployment_.virtual_clock) {
    if (auto woken = wake_due(); !woken) return woken;
  }
  start_workers();
  return done();
}

Instant LocalEngine::now() const {
  return deployment_.virtual_clock ? Instant{virtual_now_.load()} : clock_->now();
}

Result<std::unique_ptr<Rehearsal>> LocalEngine::rehearse() {
  RehearsalParts parts;
  parts.deployment = deployment_;
  parts.now = [this] { return now(); };
  parts.newest_row = [this](std::span<const intake::Submission> rows) { return newest_row(rows); };
  parts.context = [this](DirectoryOrdinal ordinal) { return directory_.at(ordinal); };
  parts.lane_state = [this](LaneId lane) { return owner_of(lane).lane_state(lane); };
  parts.find_case = [this](LaneId lane, const AggregateId& id) { return owner_of(lane).find_case(id); };
  parts.identify = [this](const intake::Submission& submission) { return identify(submission); };
  parts.find_known = [this](const intake::Submission& submission, const intake::Identity& identity) {
    return known_before(submission, identity);
  };
  parts.plain_fields = [this](std::string_view command) {
    return *known_commands_.plain_fields(command, *directory_.newest());
  };
  return runtime::rehearse(std::move(parts));
}

Status LocalEngine::advance(Instant to) {
  const std::lock_guard lock(inline_);
  return advance_locked(to);
}

Result<std::vector<record::Document>> LocalEngine::publish(std::span<const Value> documents) {
  return directory_.publish(documents, now());
}

Status LocalEngine::activate(DirectoryOrdinal ordinal, std::optional<Instant> from) {
  std::optional<Error> unread;
  const auto context = directory_.at(ordinal, &unread);
  if (unread) return *unread;
  if (context == nullptr || ordinal.value < 1) {
    return Error{
        ErrorKind::not_found, "document-missing",
        "the directory has no ordinal " + std::to_string(ordinal.value) + ": see 'lastkm directory list'",
        ""};
  }
  const std::lock_guard lock(inline_);
  return activate_lanes({.directory = ordinal, .from = from});
}

Status LocalEngine::activate_decider(std::int32_t decider) {
  if (decider < lane::kOldestDecider || decider > lane::kNewestDecider) {
    return Error{ErrorKind::bad_input, "unknown-decider",
                 "this program runs the deciders " + std::to_string(lane::kOldestDecider) + " to " +
                     std::to_string(lane::kNewestDecider),
                 ""};
  }
  const std::lock_guard lock(inline_);
  return activate_lanes({.decider = decider});
}

std::int32_t LocalEngine::decider(LaneId lane) const {
  return owner_of(lane).lane_state(lane).decider;
}

std::shared_ptr<const directory::Context> LocalEngine::context(LaneId lane) const {
  return directory_.at(owner_of(lane).lane_state(lane).context);
}

Result<cases::CaseState> LocalEngine::find_case(std::string_view id_or_ref) {
  auto id = resolve(id_or_ref);
  if (!id) return id.error();
  auto found = owner_of(record::lane_of(*id, deployment_.lanes)).find_case(*id);
  if (!found) return cases::no_such_case(id_or_ref, "/case");
  return std::move(*found);
}

Ordinal LocalEngine::position(LaneId lane) const {
  return owner_of(lane).lane_state(lane).ordinal;
}

std::vector<Engine::Stopped> LocalEngine::stopped() const {
  std::vector<Stopped> out;
  for (const auto& owner : owners_) {
    for (Stopped& stopped : owner->stopped()) out.push_back(std::move(stopped));
  }
  return out;
}

Status LocalEngine::skip(LaneId lane, Ordinal ordinal, std::string_view by, std::string_view reason) {
  if (lane.value < 0 || lane.value >= deployment_.lanes) {
    return Error{ErrorKind::not_found, "no-such-lane",
                 "there are lanes 0 to " + std::to_string(deployment_.lanes - 1), ""};
  }
  if (auto skipped = owner_of(lane).skip(lane, ordinal, by, reason); !skipped) return skipped;
  if (auto synced = log_->sync(); !synced) return synced;
  const std::lock_guard lock(inline_);
  return settle();
}

PartitionOwner& LocalEngine::owner_of(LaneId lane) const {
  return *owners_.at(static_cast<std::size_t>(log::partition_of(lane, log_->partitions())));
}

Result<AggregateId> LocalEngine::resolve(std::string_view id_or_ref) {
  const std::size_t dash = id_or_ref.find('-');
  if (dash == std::string_view::npos) {
    const bool is_hex = id_or_ref.size() == 32 && std::all_of(id_or_ref.begin(), id_or_ref.end(), [](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                        });
    if (!is_hex) return cases::no_such_case(id_or_ref, "/case");
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
  if (!digits(id_or_ref.substr(0, dash), lane) || !digits(id_or_ref.substr(dash + 1), n) ||
      lane >= deployment_.lanes) {
    return cases::no_such_case(id_or_ref, "/case");
  }
  const LaneId lane_id(static_cast<std::int32_t>(lane));
  auto found = owner_of(lane_id).find_reference(lane_id, n);
  if (!found) return cases::no_such_case(id_or_ref, "/case");
  return std::move(*found);
}

Result<std::unique_ptr<Engine>> assemble(EngineOptions options, EngineParts parts) {
  auto engine = std::make_unique<LocalEngine>(std::move(options), std::move(parts));
  if (auto loaded = engine->load(); !loaded) return loaded.error();
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace lastkm::runtime
