// How much room is left where a folder lies.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace lastkm::log {

/// Thread-safe.
class FreeSpace {
 public:
  explicit FreeSpace(std::string folder) : folder_(std::move(folder)) {}
  /// Bytes; at most 200 ms old: asking the system each time would cost as much as an append.
  [[nodiscard]] std::uint64_t bytes();

 private:
  const std::string folder_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point asked_at_;
  std::uint64_t bytes_ = UINT64_MAX;
};

}  // namespace lastkm::log
