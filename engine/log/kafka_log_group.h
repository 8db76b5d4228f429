// Which process owns a deployment on Kafka: the one to which a consumer group gives the single partition of `meta`.
// The group says who should work; that a process which believes so wrongly does no harm rests on epochs, ordinals
// and reading back, not on the group.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/log/kafka_log.h"

namespace lastkm::log {

class Ownership {
 public:
  virtual ~Ownership() = default;  ///< leaves the group, so that another process need not wait for a time-out
  /// Waits until this process owns the deployment, at most so long; whether it does.
  [[nodiscard]] virtual bool wait(std::chrono::milliseconds at_most) = 0;
  [[nodiscard]] virtual bool held() const = 0;
  /// Called once, from another thread, when ownership that was held is gone.
  virtual void on_loss(std::function<void()> lost) = 0;
};

/// Joins the group PREFIX.owners. A member that does not say anything for session.timeout.ms (6 s) loses its
/// ownership to another. Errors are those of the settings.
[[nodiscard]] Result<std::unique_ptr<Ownership>> join_owners(const KafkaLogOptions& options);

}  // namespace lastkm::log
