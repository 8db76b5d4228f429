// Which partitions a process may decide, where several share a log. It says who should work; that a process
// which believes so wrongly does no harm rests on epochs, ordinals and reading back.
#pragma once

#include <cstdint>

#include "engine/base/result.h"

namespace lastkm::log {

/// Thread-safe.
class Shares {
 public:
  virtual ~Shares() = default;  ///< gives back what it holds, so that others need not wait for a time-out
  /// Asks for a share; until then this process holds nothing.
  [[nodiscard]] virtual Status join() = 0;
  /// Whether the partition is this process's. Where it is, others wait a while for release() before they get
  /// it.
  [[nodiscard]] virtual bool take(std::int32_t partition) = 0;
  /// Nothing is decided in it here any more.
  virtual void release(std::int32_t partition) = 0;
};

/// The share of a process that follows what others decide.
class NoShares final : public Shares {
 public:
  Status join() override { return done(); }
  bool take(std::int32_t /*partition*/) override { return false; }
  void release(std::int32_t /*partition*/) override {}
};

}  // namespace lastkm::log
