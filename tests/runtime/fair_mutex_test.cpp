#include "engine/runtime/fair_mutex.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

using lastkm::runtime::FairMutex;

TEST_CASE("fair mutex: who has it and wants it again waits for those who came before") {
  static constexpr int kRounds = 20;
  int in_order = 0;
  for (int round = 0; round < kRounds; ++round) {
    FairMutex mutex;
    std::string order;
    std::atomic<bool> comes = false;
    std::unique_lock mine(mutex);
    std::thread other([&] {
      comes = true;
      const std::lock_guard lock(mutex);
      order += "other ";
    });
    while (!comes) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    mine.unlock();
    mine.lock();
    order += "mine ";
    mine.unlock();
    other.join();
    in_order += order == "other mine " ? 1 : 0;
  }
  // Not all: the other thread may be held up before it asks.
  CHECK(in_order >= kRounds * 3 / 4);
}

TEST_CASE("fair mutex: one at a time") {
  FairMutex mutex;
  int count = 0;
  const auto add = [&] {
    for (int n = 0; n < 2000; ++n) {
      const std::lock_guard lock(mutex);
      ++count;
    }
  };
  std::thread one(add);
  std::thread two(add);
  add();
  one.join();
  two.join();
  CHECK(count == 6000);
}
