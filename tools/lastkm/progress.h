// A progress bar on a terminal's last line, redrawn at most ten times a second, wiped when it is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

namespace lastkm::tool {

class Progress {
 public:
  /// `total` 0: unknown, counts only. Nothing is drawn where `shown` is false.
  Progress(std::ostream& out, bool shown, std::string what, std::int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void at(std::int64_t n, const std::string& note = {});

 private:
  std::ostream* out_;
  bool shown_;
  bool drawn_ = false;
  std::string what_;
  std::int64_t total_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace lastkm::tool
