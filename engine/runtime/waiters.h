// Callers that wait for the decisions on their commands: each call for all of its commands at once, until
// they are decided and their records survive loss of power. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/runtime/engine.h"

namespace lastkm::runtime {

class Waiters {
 public:
  /// One call of submit().
  struct Call {
    std::vector<Outcome> receipts;                 ///< what can be said before anything is decided
    std::vector<std::optional<Outcome>> outcomes;  ///< by place in `receipts`
    std::vector<std::int64_t> offsets;             ///< where the records stand, once that is known
    std::size_t undecided = 0;
    bool durable = false;
    std::optional<Error> failed;  ///< whether its records are there is not known, or they were refused
    std::condition_variable told;
  };
  using Ticket = std::shared_ptr<Call>;

  /// Before the commands are appended, so that no decision can come before its waiter.
  [[nodiscard]] Ticket expect(std::vector<Outcome> receipts) {
    auto call = std::make_shared<Call>();
    call->receipts = std::move(receipts);
    call->outcomes.resize(call->receipts.size());
    call->undecided = call->receipts.size();
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < call->receipts.size(); ++i) {
      waiting_.emplace(call->receipts[i].command, Place{call, i});
    }
    return call;
  }
  /// Gives the outcome to one of those who wait for the command.
  void tell(const CommandId& asked, Outcome outcome) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(asked);
    if (found == waiting_.end()) return;
    Call& call = *found->second.call;
    call.outcomes[found->second.index] = std::move(outcome);
    --call.undecided;
    if (call.undecided == 0 && call.durable) call.told.notify_one();
    waiting_.erase(found);
  }
  [[nodiscard]] bool anyone(const CommandId& id) {
    const std::lock_guard lock(mutex_);
    return waiting_.contains(id);
  }
  /// The records of these calls are on disk, one after the other at `offsets`; or, with an error, nobody
  /// knows.
  void settle(const std::vector<Ticket>& calls, std::span<const std::int64_t> offsets,
              const std::optional<Error>& failed) {
    const std::lock_guard lock(mutex_);
    for (const Ticket& call : calls) {
      if (!failed) {
        const std::span<const std::int64_t> own = offsets.first(call->receipts.size());
        call->offsets.assign(own.begin(), own.end());
        offsets = offsets.subspan(own.size());
      }
      call->durable = !failed;
      call->failed = failed;
      if (failed || call->undecided == 0) call->told.notify_one();
    }
  }
  /// Returns when every command of the call is decided and durable, or it has failed, or the time is over and
  /// its records are durable. Then nobody waits for it any longer.
  void wait(const Ticket& call, std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    const auto all = [&call] { return call->failed || (call->durable && call->undecided == 0); };
    if (!call->told.wait_for(lock, at_most, all))
      call->told.wait(lock, [&call] { return call->failed || call->durable; });
    if (call->undecided > 0) forget(call);
  }
  /// Nobody waits for it any longer; its outcomes are what they are.
  void close(const Ticket& call) {
    const std::lock_guard lock(mutex_);
    forget(call);
  }

 private:
  struct Place {
    Ticket call;
    std::size_t index = 0;
  };
  void forget(const Ticket& call) {
    for (const Outcome& receipt : call->receipts) {
      const auto [first, last] = waiting_.equal_range(receipt.command);
      for (auto at = first; at != last;) at = at->second.call == call ? waiting_.erase(at) : std::next(at);
    }
  }
  std::mutex mutex_;
  std::unordered_multimap<CommandId, Place> waiting_;
};

}  // namespace lastkm::runtime
