// What goes on by itself: deciding what comes, waking cases whose time has come, saving the state,
// activation.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "engine/log/crash_point.h"
#include "engine/record/digest.h"
#include "engine/runtime/local_engine.h"

namespace lastkm::runtime {

namespace {

constexpr std::chrono::milliseconds kFlushEvery{200};
constexpr std::chrono::milliseconds kLookAtLeastEvery{50};
/// Cases that a worker wakes at once. However many are due, what is asked meanwhile waits for no more than these.
constexpr std::size_t kWakeMost = 256;

/// Whether the lane uses the directory up to the ordinal, or will from the instant on.
bool has_activated(const lane::LaneState& lane, DirectoryOrdinal ordinal, std::optional<Instant> from) {
  if (lane.context >= ordinal) return true;
  const auto scheduled = lane.scheduled.find(ordinal.value);
  return from && scheduled != lane.scheduled.end() && scheduled->second == *from;
}

}  // namespace

/// Handles every command that waits, and what follows from it.
Status LocalEngine::settle() {
  std::vector<PartitionOwner*> all;
  for (const auto& owner : owners_) all.push_back(owner.get());
  while (true) {
    auto drained = PartitionOwner::drain(all, kDrainMost);
    if (!drained) return drained.error();
    if (*drained == 0) return done();
  }
}

/// Brings every open case under a calendar that has come into force.
Status LocalEngine::recount() {
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

Status LocalEngine::wake_due() {
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

std::vector<PartitionOwner*> LocalEngine::owners_of(int worker) const {
  std::vector<PartitionOwner*> out;
  const auto step = static_cast<std::size_t>(std::max(options_.workers, 1));
  for (auto i = static_cast<std::size_t>(worker); i < owners_.size(); i += step)
    out.push_back(owners_[i].get());
  return out;
}

void LocalEngine::start_workers() {
  if (options_.workers == 0) return;
  committer_ = std::make_unique<Committer>(*log_, waiters_);
  workers_.emplace_back([this](const std::stop_token& stop) { keep_flushing(stop); });
  for (int worker = 0; worker < options_.workers; ++worker) {
    workers_.emplace_back([this, worker](const std::stop_token& stop) { work(worker, stop); });
  }
}

/// In turn, so that no partition waits for all that is due in another. Whether any case was woken.
bool LocalEngine::wake_some(std::span<PartitionOwner* const> owners, std::size_t& first) const {
  std::size_t left = kWakeMost;
  for (std::size_t i = 0; i < owners.size() && left > 0; ++i, first = (first + 1) % owners.size()) {
    PartitionOwner& owner = *owners[first];
    const auto due = owner.next_due();
    if (due && *due <= now()) {
      if (const auto woken = owner.wake(now(), left)) left -= *woken;
    }
  }
  return left < kWakeMost;
}

void LocalEngine::work(int worker, const std::stop_token& stop) {
  const std::vector<PartitionOwner*> mine = owners_of(worker);
  std::size_t next_to_wake = 0;
  std::string said;
  while (!stop.stop_requested()) {
    const std::uint64_t seen = log_->version();
    bool busy = false;
    if (!deployment_.virtual_clock) {
      busy = wake_some(mine, next_to_wake);
    }
    for (PartitionOwner* const owner : mine) {
      if (const auto counted = owner->recount(now(), kDrainMost); counted && *counted > 0) busy = true;
    }
    auto drained = PartitionOwner::drain(mine, kDrainMost);
    if (drained) {
      busy = *drained > 0 || busy;
    } else if (drained.error().message != said) {
      // A partition that is lost stays so; it is said once.
      said = drained.error().message;
      spdlog::critical("{}", said);
    }
    if (!busy) log_->wait(seen, kLookAtLeastEvery);
  }
}

void LocalEngine::keep_flushing(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    never.wait_for(lock, stop, kFlushEvery, [] { return false; });
    if (unflushed() == 0) continue;
    if (auto flushed = flush(); !flushed)
      spdlog::error("the state was not saved: {}", flushed.error().message);
  }
}

std::size_t LocalEngine::unflushed() {
  std::size_t out = 0;
  for (const auto& owner : owners_) out += owner->unflushed();
  return out;
}

/// Decisions are synced before any state that contains them.
Status LocalEngine::flush() {
  const std::lock_guard lock(flushing_);
  if (not_saved_) return *not_saved_;
  store::Batch batch;
  for (const auto& owner : owners_) owner->flush_into(batch);
  if (batch.empty()) return done();
  // The owners count these changes as saved: after a failure no later state may be written, it would lack
  // them.
  if (auto synced = log_->sync(); !synced) return *(not_saved_ = synced.error());
  log::crash_point("state.before_write");
  if (auto written = state_->write(batch); !written) return *(not_saved_ = written.error());
  log::crash_point("state.written");
  return done();
}

Status LocalEngine::activate_lanes(DirectoryOrdinal ordinal, std::optional<Instant> from) {
  if (from && *from <= now()) from.reset();
  Object input{{"directory", ordinal.value}};
  if (from) input.set("from", format_utc(*from));
  std::vector<log::Append> appends;
  for (std::int32_t lane = 0; lane < deployment_.lanes; ++lane) {
    if (has_activated(owner_of(LaneId(lane)).lane_state(LaneId(lane)), ordinal, from)) continue;
    appends.push_back(append_of(lane::engine_command(lane::kActivate, record::lane_aggregate(LaneId(lane)),
                                                     LaneId(lane), vault_->random_command(), input, now())));
  }
  if (appends.empty()) return done();
  if (auto appended = log_->append(appends, log::Durability::synced); !appended) return appended.error();
  if (!workers_.empty()) return wait_until_active(ordinal, from);
  if (auto settled = settle(); !settled) return settled;
  return recount();
}

Status LocalEngine::wait_until_active(DirectoryOrdinal ordinal, std::optional<Instant> from) {
  for (int tries = 0; tries < 200; ++tries) {
    const bool all = std::all_of(owners_.begin(), owners_.end(), [&](const auto& owner) {
      for (const LaneId lane : owner->lanes()) {
        if (!has_activated(owner->lane_state(lane), ordinal, from)) return false;
      }
      return true;
    });
    if (all) return done();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return Error{ErrorKind::unknown_outcome, "unknown",
               "the activation is recorded but not every lane has taken it yet", ""};
}

/// An activation that was cut short reaches every lane in the end.
Status LocalEngine::activate_laggards() {
  DirectoryOrdinal most;
  std::map<std::int64_t, Instant> scheduled;
  for (std::int32_t lane = 0; lane < deployment_.lanes; ++lane) {
    const lane::LaneState state = owner_of(LaneId(lane)).lane_state(LaneId(lane));
    most = std::max(most, state.context);
    for (const auto& [ordinal, from] : state.scheduled) scheduled[ordinal] = from;
  }
  for (const auto& [ordinal, from] : scheduled) {
    if (auto activated = activate_lanes(DirectoryOrdinal(ordinal), from); !activated) return activated;
  }
  return most.value == 0 ? done() : activate_lanes(most, std::nullopt);
}

}  // namespace lastkm::runtime
