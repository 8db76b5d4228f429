// Callers that wait for the decisions on their commands: each call for all of its commands at once, until
// they are decided and their records survive loss of power. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/runtime/engine.h"

namespace lastkm::runtime {

class Waiters {
 public:
  /// A command that a call waits for.
  struct Awaited {
    Outcome receipt;          ///< what can be said of it before it is decided; names the command
    std::string fingerprint;  ///< of what it asks: two that bear one key may ask different things
  };
  /// One call of submit(). What became of it may be read once wait() or close() has returned.
  class Call {
   public:
    std::vector<Outcome> receipts;                 ///< what can be said before anything is decided
    std::vector<std::optional<Outcome>> outcomes;  ///< by place in `receipts`
    std::vector<std::int64_t> offsets;             ///< where the records stand, once that is known
    std::optional<Error> failed;  ///< whether its records are there is not known, or they were refused

   private:
    friend class Waiters;
    std::mutex mutex;  ///< guards all but `receipts`; never taken together with another
    std::condition_variable told;
    std::size_t undecided = 0;
    bool durable = false;
    bool overdue = false;  ///< its time is over: it waits for durability alone
    bool closed = false;   ///< nobody waits any longer
  };
  using Ticket = std::shared_ptr<Call>;

  /// Before the commands are appended, so that no decision can come before its waiter.
  [[nodiscard]] Ticket expect(std::vector<Awaited> commands) {
    auto call = std::make_shared<Call>();
    call->outcomes.resize(commands.size());
    call->undecided = commands.size();
    call->receipts.reserve(commands.size());
    for (Awaited& command : commands) call->receipts.push_back(std::move(command.receipt));
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      waiting_.emplace(call->receipts[i].command,
                       Place{call, i, std::move(commands[i].fingerprint), ++turn_});
    }
    return call;
  }
  /// Gives the outcome of a command to who has waited for it the longest, of those that asked just this.
  void tell(const CommandId& asked, std::string_view fingerprint, Outcome outcome) {
    Place place;
    {
      const std::lock_guard lock(mutex_);
      auto [at, last] = waiting_.equal_range(asked);
      auto first = waiting_.end();
      for (; at != last; ++at) {
        const bool fits = at->second.fingerprint == fingerprint;
        if (fits && (first == waiting_.end() || at->second.turn < first->second.turn)) first = at;
      }
      if (first == waiting_.end()) return;
      place = std::move(first->second);
      waiting_.erase(first);
    }
    Call& call = *place.call;
    bool all = false;
    {
      const std::lock_guard lock(call.mutex);
      if (call.closed) return;
      call.outcomes[place.index] = std::move(outcome);
      all = --call.undecided == 0 && call.durable;
    }
    // Not under the lock: who is woken would wait for it at once.
    if (all) call.told.notify_one();
  }
  [[nodiscard]] bool anyone(const CommandId& id) {
    const std::lock_guard lock(mutex_);
    return waiting_.contains(id);
  }
  /// The records of these calls are on disk, one after the other at `offsets`; or, with an error, nobody
  /// knows.
  void settle(const std::vector<Ticket>& calls, std::span<const std::int64_t> offsets,
              const std::optional<Error>& failed) {
    for (const Ticket& call : calls) {
      bool all = false;
      const std::span<const std::int64_t> own =
          failed ? std::span<const std::int64_t>() : offsets.first(call->receipts.size());
      offsets = offsets.subspan(own.size());
      {
        const std::lock_guard lock(call->mutex);
        if (call->closed) continue;
        call->offsets.assign(own.begin(), own.end());
        call->durable = !failed;
        call->failed = failed;
        all = failed || call->undecided == 0 || call->overdue;
      }
      if (all) call->told.notify_one();
    }
  }
  /// Returns when every command of the call is decided and durable, or it has failed, or the time is over and
  /// its records are durable. Then nobody waits for it any longer.
  void wait(const Ticket& call, std::chrono::milliseconds at_most) {
    bool decided = false;
    {
      std::unique_lock lock(call->mutex);
      const auto all = [&call] { return call->failed || (call->durable && call->undecided == 0); };
      if (!call->told.wait_for(lock, at_most, all)) {
        call->overdue = true;
        call->told.wait(lock, [&call] { return call->failed || call->durable; });
      }
      call->closed = true;
      decided = call->undecided == 0;
    }
    if (!decided) forget(call);
  }
  /// Nobody waits for it any longer; its outcomes are what they are.
  void close(const Ticket& call) {
    {
      const std::lock_guard lock(call->mutex);
      call->closed = true;
    }
    forget(call);
  }

 private:
  struct Place {
    Ticket call;
    std::size_t index = 0;
    std::string fingerprint;
    std::uint64_t turn = 0;
  };
  void forget(const Ticket& call) {
    const std::lock_guard lock(mutex_);
    for (const Outcome& receipt : call->receipts) {
      const auto [first, last] = waiting_.equal_range(receipt.command);
      for (auto at = first; at != last;) at = at->second.call == call ? waiting_.erase(at) : std::next(at);
    }
  }
  std::mutex mutex_;
  std::unordered_multimap<CommandId, Place> waiting_;
  std::uint64_t turn_ = 0;
};

}  // namespace lastkm::runtime
