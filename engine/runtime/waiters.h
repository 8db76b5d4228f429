// Callers that wait for the decision on their command. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "engine/runtime/engine.h"

namespace lastkm::runtime {

class Waiters {
 public:
  struct Waiter {
    std::optional<Outcome> outcome;
  };
  using Ticket = std::shared_ptr<Waiter>;

  /// Before the command is appended, so that no decision can come before its waiter.
  [[nodiscard]] Ticket expect(const CommandId& id) {
    const std::lock_guard lock(mutex_);
    auto ticket = std::make_shared<Waiter>();
    waiting_.emplace(id, ticket);
    return ticket;
  }
  /// Gives the outcome to one of those who wait for the command; false where nobody does.
  bool tell(const CommandId& asked, const Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(asked);
    if (found == waiting_.end()) return false;
    found->second->outcome = outcome;
    waiting_.erase(found);
    told_.notify_all();
    return true;
  }
  [[nodiscard]] bool anyone(const CommandId& id) {
    const std::lock_guard lock(mutex_);
    return waiting_.contains(id);
  }
  /// The outcome, or nullopt once the time is over; the waiter then waits no longer.
  [[nodiscard]] std::optional<Outcome> wait(const CommandId& id, const Ticket& ticket, std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, at_most, [&ticket] { return ticket->outcome.has_value(); });
    if (!ticket->outcome) {
      const auto [first, last] = waiting_.equal_range(id);
      for (auto at = first; at != last; ++at) {
        if (at->second == ticket) {
          waiting_.erase(at);
          break;
        }
      }
    }
    return ticket->outcome;
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::unordered_multimap<CommandId, Ticket> waiting_;
};

}  // namespace lastkm::runtime
