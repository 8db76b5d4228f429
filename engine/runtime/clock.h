// The clock seam: the one place where a deployment learns the time.
#pragma once

#include <chrono>
#include <memory>

#include "engine/base/time.h"

namespace lastkm::runtime {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return Instant{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
  }
};

}  // namespace lastkm::runtime
