// Who owns what of a log on Kafka, by two consumer groups: in PREFIX.owners is whoever owns all of it, in
// PREFIX.shares are those that share its partitions, and where one has members the other waits. A member that
// says nothing for session.timeout.ms (6 s) loses what it holds to others. The group says who should work;
// that a process which believes so wrongly does no harm rests on epochs, ordinals and reading back, not on
// the group.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "engine/base/result.h"
#include "engine/log/kafka_log.h"
#include "engine/log/shares.h"

namespace lastkm::log {

/// Owns the whole deployment, as the one to whom the group gives the single partition of `meta`.
class Ownership {
 public:
  virtual ~Ownership() = default;  ///< leaves the group, so that another process need not wait for a time-out
  /// Waits until this process owns the deployment, at most so long; whether it does.
  [[nodiscard]] virtual bool wait(std::chrono::milliseconds at_most) = 0;
  /// Called once, when ownership that was held is gone: from another thread, or at once where it is gone
  /// already.
  virtual void on_loss(std::function<void()> lost) = 0;
};

/// Joins at once. Errors are those of the settings.
[[nodiscard]] Result<std::unique_ptr<Ownership>> join_owners(const KafkaLogOptions& options);

/// A share of the partitions of `commands`. Nothing is given while another process owns the whole deployment.
[[nodiscard]] Result<std::unique_ptr<Shares>> kafka_shares(const KafkaLogOptions& options);

}  // namespace lastkm::log
