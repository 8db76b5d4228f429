// A mutex that is given to those who wait for it in the order in which they came.
#pragma once

#include <atomic>
#include <cstdint>

namespace lastkm::runtime {

/// std::mutex promises no order: a thread that unlocks and locks again at once can keep others out for
/// seconds. For std::lock_guard and std::unique_lock.
class FairMutex {
 public:
  void lock() {
    const std::uint32_t mine = next_.fetch_add(1, std::memory_order_relaxed);
    for (std::uint32_t now = serving_.load(std::memory_order_acquire); now != mine;
         now = serving_.load(std::memory_order_acquire)) {
      serving_.wait(now, std::memory_order_relaxed);
    }
  }
  void unlock() {
    serving_.fetch_add(1, std::memory_order_release);
    serving_.notify_all();
  }

 private:
  std::atomic<std::uint32_t> next_ = 0;
  std::atomic<std::uint32_t> serving_ = 0;
};

}  // namespace lastkm::runtime
