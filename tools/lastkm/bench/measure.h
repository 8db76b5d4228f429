// What a benchmark reads off the clock and the system.
#pragma once

#include <sched.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace lastkm::tool::bench {

using SteadyClock = std::chrono::steady_clock;

[[nodiscard]] inline std::int64_t us_since(SteadyClock::time_point from) {
  return std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - from).count();
}
[[nodiscard]] inline double seconds_since(SteadyClock::time_point from) {
  return static_cast<double>(us_since(from)) / 1e6;
}

/// How long each of many things took, in microseconds, as a histogram: below 128 exact, above that to 1.6 %.
/// Its size does not grow with what it counts. One thread.
class Latencies {
 public:
  void add(std::int64_t us);
  void add(const Latencies& other);
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// A time that `part` of all (0 to 1) did not exceed; 0 where nothing was measured.
  [[nodiscard]] std::int64_t at(double part) const;

 private:
  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
};

/// While it lives this process, with all its threads, runs on so many of the cores that it may use.
class KeptToCores {
 public:
  explicit KeptToCores(int cores);
  ~KeptToCores() { run_all_on(before_); }
  KeptToCores(const KeptToCores&) = delete;
  KeptToCores& operator=(const KeptToCores&) = delete;

 private:
  static void run_all_on(const cpu_set_t& cores);
  cpu_set_t before_{};
};
/// CPU seconds that this process has used, of all its threads.
[[nodiscard]] double cpu_seconds();
/// Those that the processes have used which it started, as far as they have ended.
[[nodiscard]] double cpu_seconds_of_children();
/// The most memory that a process had resident, in bytes; 0: this one.
[[nodiscard]] std::int64_t resident_most(int pid = 0);
[[nodiscard]] std::int64_t resident_now(int pid = 0);
/// Bytes of all files under a folder.
[[nodiscard]] std::int64_t disk_bytes(const std::string& folder);

}  // namespace lastkm::tool::bench
