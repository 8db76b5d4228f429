// A log together with what says that this process may write it: both end together, the log first.
#pragma once

#include <memory>
#include <utility>

#include "engine/log/forwarding_log.h"
#include "engine/log/kafka_log_group.h"

namespace lastkm::log {

/// A base, for bases end in the reverse of their order, and after all members.
class HeldOwnership {
 protected:
  explicit HeldOwnership(std::unique_ptr<Ownership> owned) : owned_(std::move(owned)) {}

 private:
  const std::unique_ptr<Ownership> owned_;
};

class OwnedLog final : private HeldOwnership, public ForwardingLog {
 public:
  OwnedLog(std::unique_ptr<EventLog> log, std::unique_ptr<Ownership> owned)
      : HeldOwnership(std::move(owned)), ForwardingLog(std::move(log)) {}
};

}  // namespace lastkm::log
