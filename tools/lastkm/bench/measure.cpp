#include "tools/lastkm/bench/measure.h"

#include <sys/resource.h>

#include <bit>
#include <filesystem>
#include <fstream>

namespace lastkm::tool::bench {

namespace {

// 64 steps to each doubling.
constexpr int kStepBits = 6;
constexpr std::uint64_t kExact = 2U << kStepBits;

std::size_t step_of(std::uint64_t us) {
  if (us < kExact) return us;
  const int doublings = static_cast<int>(std::bit_width(us)) - kStepBits - 1;
  return (static_cast<std::size_t>(doublings) << kStepBits) + static_cast<std::size_t>(us >> doublings);
}

/// The largest time that falls into a step.
std::int64_t end_of(std::size_t step) {
  if (step < kExact) return static_cast<std::int64_t>(step);
  const std::size_t doublings = (step >> kStepBits) - 1;
  const std::uint64_t head = step - (doublings << kStepBits);
  return static_cast<std::int64_t>(((head + 1) << doublings) - 1);
}

}  // namespace

void Latencies::add(std::int64_t us) {
  const std::size_t step = step_of(us < 0 ? 0 : static_cast<std::uint64_t>(us));
  if (step >= counts_.size()) counts_.resize(step + 1);
  ++counts_[step];
  ++count_;
}

void Latencies::add(const Latencies& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t step = 0; step < other.counts_.size(); ++step) counts_[step] += other.counts_[step];
  count_ += other.count_;
}

std::int64_t Latencies::at(double part) const {
  const auto wanted = static_cast<std::int64_t>(part * static_cast<double>(count_) + 0.999999);
  std::int64_t seen = 0;
  for (std::size_t step = 0; step < counts_.size(); ++step) {
    seen += counts_[step];
    if (seen >= wanted && seen > 0) return end_of(step);
  }
  return 0;
}

KeptToCores::KeptToCores(int cores) {
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  if (sched_getaffinity(0, sizeof before_, &before_) != 0) return;
  for (std::size_t core = 0; core < CPU_SETSIZE && CPU_COUNT(&chosen) < cores; ++core) {
    if (CPU_ISSET(core, &before_)) CPU_SET(core, &chosen);
  }
  run_all_on(chosen);
}

void KeptToCores::run_all_on(const cpu_set_t& cores) {
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", gone))
    sched_setaffinity(std::stoi(thread.path().filename().string()), sizeof cores, &cores);
}

namespace {
double cpu_seconds_of(decltype(RUSAGE_SELF) who) {
  rusage used{};
  getrusage(who, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}
}  // namespace

double cpu_seconds() {
  return cpu_seconds_of(RUSAGE_SELF);
}

double cpu_seconds_of_children() {
  return cpu_seconds_of(RUSAGE_CHILDREN);
}

namespace {

std::int64_t status_bytes(int pid, const std::string& name) {
  std::ifstream file("/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid)) + "/status");
  for (std::string word; file >> word;) {
    std::int64_t kilobytes = 0;
    if (word == name && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace

std::int64_t resident_most(int pid) {
  return status_bytes(pid, "VmHWM:");
}
std::int64_t resident_now(int pid) {
  return status_bytes(pid, "VmRSS:");
}

std::int64_t disk_bytes(const std::string& folder) {
  std::int64_t bytes = 0;
  std::error_code gone;  // files come and go under a running database
  for (auto at = std::filesystem::recursive_directory_iterator(folder, gone);
       !gone && at != std::filesystem::recursive_directory_iterator(); at.increment(gone)) {
    std::error_code failed;
    if (!at->is_regular_file(failed)) continue;
    const auto size = at->file_size(failed);
    if (!failed) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

}  // namespace lastkm::tool::bench
