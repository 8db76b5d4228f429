// This program run again as a process of its own, so that it can be killed and its memory read.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "engine/base/result.h"

namespace lastkm::tool::bench {

class Child {
 public:
  /// Starts `lastkm ARGUMENTS`; what it prints on its output can be read with output().
  [[nodiscard]] static Result<Child> start(const std::vector<std::string>& arguments);
  ~Child();  ///< kills it where it still runs
  Child(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int pid() const { return pid_; }
  /// The next line of its output; empty at the end.
  [[nodiscard]] std::string line();
  /// As a power switch would.
  void kill();
  /// Its exit code once it has ended.
  [[nodiscard]] int wait();

 private:
  Child(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_ = -1;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace lastkm::tool::bench
