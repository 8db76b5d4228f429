// What goes on by itself: deciding what comes, waking cases whose time has come, saving the state,
// activation.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/thread_name.h"
#include "engine/log/crash_point.h"
#include "engine/record/digest.h"
#include "engine/runtime/local_engine.h"

namespace lastkm::runtime {

namespace {

constexpr std::chrono::milliseconds kFlushEvery{200};
constexpr std::chrono::milliseconds kLookAtLeastEvery{50};
/// Cases that a worker wakes at once. However many are due, what is asked meanwhile waits for no more than
/// these.
constexpr std::size_t kWakeMost = 160;
/// Open clocks that a worker looks at in one round after a change of the calendar: commands wait meanwhile.
constexpr std::size_t kRecountMost = 256;
/// Of one partition. So that all get on alike: then cases that are due in one instant, which are taken in the
/// order of their keys, lie together in the stores wherever they are decided, and are read and saved
/// together.
constexpr std::size_t kWakeEach = 32;
/// How soon a worker that waits for a state to be saved looks again.
constexpr std::chrono::milliseconds kLookForSaved{5};
/// From here on a clock that has not fired counts as late, see clocks_are_late().
constexpr std::int64_t kLateMs = kMsPerSecond;
/// After a loss: longer than a process needs to learn from its group that a partition is another's.
constexpr std::chrono::milliseconds kBeginAnewAfter{1500};
/// How long after a lane was told the others are looked at: an activation does not reach all partitions of a
/// cluster at once.
constexpr std::chrono::milliseconds kAskAfter{1000};

/// Says of what goes wrong again and again that it does: once, until all has gone well.
class Trouble {
 public:
  void say(const std::string& what) {
    fresh_ = true;
    if (said_.insert(what).second) spdlog::critical("{}", what);
  }
  /// At the end of a round; `over`: nothing of what was said lasts, unless it was met in this round.
  void round(bool over) {
    if (over && !fresh_) said_.clear();
    fresh_ = false;
  }

 private:
  std::set<std::string> said_;
  bool fresh_ = false;
};

/// Whether lanes of any of these have been told something since this was asked last.
bool take_told(std::span<PartitionOwner* const> owners) {
  bool told = false;
  for (PartitionOwner* const owner : owners) told = owner->take_told() || told;
  return told;
}

/// Whether the lane is at this already, or will be from the instant on.
bool has_activated(const lane::LaneState& lane, const Activation& what) {
  if (lane.context >= what.directory && lane.decider >= what.decider) return true;
  const auto scheduled = lane.scheduled.find(what.directory.value);
  return what.from && scheduled != lane.scheduled.end() && scheduled->second == *what.from;
}

}  // namespace

/// Handles every command that waits, and what follows from it.
Status LocalEngine::settle() {
  std::vector<PartitionOwner*> all;
  for (const auto& owner : owners_) {
    all.push_back(owner.get());
    if (!shares_) continue;
    if (auto tended = tend(*owner); !tended) return tended;
  }
  while (true) {
    auto drained = PartitionOwner::drain(all, kDrainMost);
    if (!drained) return drained.error();
    if (*drained > 0) {
      save_much();
      continue;
    }
    if (take_told(all)) look_for_laggards_again();
    auto asked = activate_laggards(all);
    if (!asked) return asked.error();
    if (!*asked) return done();
  }
}

namespace {
/// Whether a fresh start from the log mends what went wrong.
bool passes(const Error& lost) {
  return lost.kind == ErrorKind::unknown_outcome || lost.code == "partition-lost";
}
}  // namespace

/// Takes the partition or gives it up, as its share says, and begins anew from the log where it was lost.
Status LocalEngine::tend(PartitionOwner& owner) {
  const auto lost = owner.lost();
  if (lost && !passes(*lost)) return *lost;
  const bool mine = !shares_ || shares_->take(owner.partition());
  const bool gives_up = !mine && owner.decides();
  if (lost || (gives_up && !owner.follow())) {
    const std::lock_guard lock(flushing_);
    // It begins anew from the store, which must not move under it.
    if (auto written = write_unsaved(); !written) return written;
    if (auto loaded = owner.reload(); !loaded) return loaded;
    if (!owner.follow()) return done();
  }
  if (gives_up) shares_->release(owner.partition());
  if (!mine || owner.decides()) return done();
  return owner.take();
}

/// Brings every open case under a calendar that has come into force.
Status LocalEngine::recount() {
  for (const auto& owner : owners_) {
    while (true) {
      auto looked = owner->recount(now(), kDrainMost);
      if (!looked) return looked.error();
      if (*looked == 0) break;
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

/// In turn, so that no partition waits for all that is due in another. How many cases were woken; the first
/// error, once every partition had its turn.
Result<std::size_t> LocalEngine::wake_some(std::span<PartitionOwner* const> owners, std::size_t& first) {
  std::optional<Error> failed;
  std::size_t left = kWakeMost;
  for (std::size_t i = 0; i < owners.size() && left > 0; ++i, first = (first + 1) % owners.size()) {
    PartitionOwner& owner = *owners[first];
    const auto due = owner.next_due();
    if (due && now().ms - due->ms > kLateMs) clocks_late_at_ = now();
    if (due && *due <= now()) {
      if (const auto woken = owner.wake(now(), std::min(left, kWakeEach))) {
        left -= *woken;
      } else if (!failed) {
        failed = woken.error();
      }
    }
  }
  if (failed) return *failed;
  return kWakeMost - left;
}

bool LocalEngine::clocks_are_late() const {
  return now().ms - clocks_late_at_.load().ms < kLateMs;
}

void LocalEngine::work(int worker, const std::stop_token& stop) {
  name_thread(("owner-" + std::to_string(worker)).c_str());
  const std::vector<PartitionOwner*> mine = owners_of(worker);
  std::size_t next_to_wake = 0;
  Trouble trouble;
  bool failed = false;
  std::chrono::steady_clock::time_point again;
  constexpr std::chrono::steady_clock::time_point never = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point ask_after = never;
  while (!stop.stop_requested()) {
    const std::uint64_t seen = log_->version();
    bool busy = false;
    if ((shares_ || failed) && std::chrono::steady_clock::now() >= again) {
      failed = false;
      for (PartitionOwner* const owner : mine) {
        if (auto tended = tend(*owner); !tended) failed = true, trouble.say(tended.error().message);
      }
      if (failed) again = std::chrono::steady_clock::now() + kBeginAnewAfter;
    }
    const std::size_t unsaved = saving_ ? unflushed() : 0;
    if (unsaved > options_.unsaved_most) {
      std::this_thread::sleep_for(kLookForSaved);
      continue;
    }
    const bool may_wake = unsaved <= options_.unsaved_most / 4;
    if (!deployment_.virtual_clock && may_wake) {
      const auto woken = wake_some(mine, next_to_wake);
      if (!woken) trouble.say("clocks that are due do not fire: " + woken.error().message);
      busy = woken && *woken > 0;
    }
    std::size_t left = kRecountMost;
    for (PartitionOwner* const owner : mine) {
      if (left == 0) break;
      if (const auto looked = owner->recount(now(), left)) {
        left -= std::min(left, *looked);
      } else if (!owner->lost()) {
        trouble.say("due times are not counted again: " + looked.error().message);
      }
    }
    busy = busy || left < kRecountMost;
    auto drained = PartitionOwner::drain(mine, kDrainMost);
    if (drained) {
      busy = *drained > 0 || busy;
    } else {
      trouble.say(drained.error().message);
      if (!failed) again = std::chrono::steady_clock::now() + kBeginAnewAfter;
      failed = true;
    }
    if (take_told(mine)) ask_after = std::chrono::steady_clock::now() + kAskAfter;
    if (ask_after != never && std::chrono::steady_clock::now() >= ask_after) {
      ask_after = never;
      look_for_laggards_again();
    }
    if (const auto asked = activate_laggards(mine); !asked)
      trouble.say("lanes that an activation has not reached are not asked: " + asked.error().message);
    trouble.round(!failed);
    if (!busy) log_->wait(seen, may_wake ? kLookAtLeastEvery : kLookForSaved);
  }
}

void LocalEngine::keep_flushing(const std::stop_token& stop) {
  name_thread("saver");
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  Trouble trouble;
  while (!stop.stop_requested()) {
    never.wait_for(lock, stop, kFlushEvery, [] { return false; });
    // What other processes publish.
    if (shares_) {
      if (const auto fresh = directory_.refresh(); !fresh)
        trouble.say("what others publish cannot be read: " + fresh.error().message);
    }
    if (shares_ && deployment_.virtual_clock) {
      for (const auto& owner : owners_) virtual_now_ = std::max(virtual_now_.load(), owner->latest().ms);
    }
    if (saving_ || unflushed() > 0) {
      saving_ = true;
      const auto flushed = flush();
      if (!flushed) trouble.say("the state was not saved: " + flushed.error().message);
      saving_ = !flushed;
    }
    trouble.round(true);
  }
}

std::size_t LocalEngine::unflushed() {
  std::size_t out = 0;
  for (const auto& owner : owners_) out += owner->unflushed();
  return out;
}

/// Where nobody saves beside: so that memory does not grow with the log that is read, or decided.
void LocalEngine::save_much() {
  const std::size_t much = std::max<std::size_t>(1, options_.unsaved_most / 8);
  if (options_.read_only || unflushed() < much) return;
  if (auto flushed = flush(); !flushed) spdlog::error("the state was not saved: {}", flushed.error().message);
}

/// Decisions are synced before any state that contains them.
Status LocalEngine::flush() {
  const std::lock_guard lock(flushing_);
  if (auto written = write_unsaved(); !written) return written;
  for (const auto& owner : owners_) owner->flush_into(unsaved_);
  return write_unsaved();
}

/// The owners count these changes as saved: so after a failure they are written before any later ones.
Status LocalEngine::write_unsaved() {
  if (unsaved_.empty()) return done();
  if (auto synced = log_->sync(); !synced) return synced;
  log::crash_point("state.before_write");
  if (auto written = state_->write(unsaved_); !written) return written;
  log::crash_point("state.written");
  unsaved_ = store::Batch();
  return done();
}

/// What brings these lanes under an activation, where it is still to come.
std::vector<log::Append> LocalEngine::activations(std::span<const LaneId> lanes,
                                                  const Activation& what) const {
  Object input = what.decider > 0 ? Object{{"decider", std::int64_t{what.decider}}}
                                  : Object{{"directory", what.directory.value}};
  if (what.from) input.set("from", format_utc(*what.from));
  std::vector<log::Append> appends;
  for (const LaneId lane : lanes) {
    if (has_activated(owner_of(lane).lane_state(lane), what)) continue;
    appends.push_back(append_of(lane::engine_command(lane::kActivate, record::lane_aggregate(lane), lane,
                                                     vault_->random_command(), input, now())));
  }
  return appends;
}

Status LocalEngine::activate_lanes(Activation what) {
  if (what.from && *what.from <= now()) what.from.reset();
  std::vector<LaneId> all;
  for (std::int32_t lane = 0; lane < deployment_.lanes; ++lane) all.emplace_back(lane);
  const std::vector<log::Append> appends = activations(all, what);
  if (appends.empty()) return done();
  if (auto appended = log_->append(appends, log::Durability::synced); !appended) return appended.error();
  if (!workers_.empty()) return wait_until_active(what);
  if (auto settled = settle(); !settled) return settled;
  if (auto recounted = recount(); !recounted) return recounted;
  return is_active(what);
}

Status LocalEngine::wait_until_active(const Activation& what) {
  constexpr int patience = 500;
  for (int tries = 0; tries < patience && !is_active(what); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return is_active(what);
}

Status LocalEngine::is_active(const Activation& what) const {
  std::string behind;
  for (const auto& owner : owners_) {
    // Inline nobody waits here for what another process decides.
    if (workers_.empty() && !owner->decides()) continue;
    for (const LaneId lane : owner->lanes()) {
      if (!has_activated(owner->lane_state(lane), what))
        behind += (behind.empty() ? "" : ", ") + std::to_string(lane.value);
    }
  }
  if (behind.empty()) return done();
  return Error{ErrorKind::unknown_outcome, "unknown",
               "the activation is recorded but these lanes have not taken it yet: " + behind +
                   "; whether one has stopped says 'lastkm quarantine list'",
               ""};
}

std::vector<Activation> LocalEngine::told_somewhere() const {
  Activation decider;
  Activation directory;
  std::map<std::int64_t, Instant> scheduled;  // by directory ordinal, from when on
  for (std::int32_t lane = 0; lane < deployment_.lanes; ++lane) {
    const lane::LaneState state = owner_of(LaneId(lane)).lane_state(LaneId(lane));
    directory.directory = std::max(directory.directory, state.context);
    // What this program cannot run is left to one that can.
    if (state.decider <= lane::kNewestDecider) decider.decider = std::max(decider.decider, state.decider);
    for (const auto& [ordinal, from] : state.scheduled)
      scheduled[ordinal] = std::max(scheduled[ordinal], from);
  }
  std::vector<Activation> out = {decider, directory};
  for (const auto& [ordinal, from] : scheduled)
    out.push_back({.directory = DirectoryOrdinal(ordinal), .from = from});
  return out;
}

/// An activation that was cut short reaches every lane in the end: of a partition that this process has
/// taken, or once it sees that another lane has been told. Asked any earlier, what stands in the log already
/// would be asked twice.
Result<bool> LocalEngine::activate_laggards(std::span<PartitionOwner* const> owners) {
  std::vector<PartitionOwner*> ready;
  for (PartitionOwner* const owner : owners) {
    if (owner->take_caught_up()) ready.push_back(owner);
  }
  if (ready.empty()) return false;
  std::vector<LaneId> lanes;
  for (PartitionOwner* const owner : ready) {
    for (const LaneId lane : owner->lanes()) lanes.push_back(lane);
    // One that stands takes nothing; it may have been asked before.
    for (const Engine::Stopped& stopped : owner->stopped()) std::erase(lanes, stopped.lane);
  }
  std::vector<log::Append> appends;
  for (const Activation& what : told_somewhere()) {
    std::vector<LaneId> lack = lanes;
    // Of two times nobody here knows which was said last: a lane keeps its own.
    if (what.from) {
      std::erase_if(lack, [&](LaneId lane) {
        return owner_of(lane).lane_state(lane).scheduled.contains(what.directory.value);
      });
    }
    for (log::Append& append : activations(lack, what)) appends.push_back(std::move(append));
  }
  if (appends.empty()) return false;
  if (auto appended = log_->append(appends, log::Durability::buffered); !appended) {
    for (PartitionOwner* const owner : ready) owner->catch_up_again();
    return appended.error();
  }
  return true;
}

void LocalEngine::look_for_laggards_again() {
  for (const auto& owner : owners_) owner->catch_up_again();
}

}  // namespace lastkm::runtime
