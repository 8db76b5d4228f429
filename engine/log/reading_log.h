// A log for a process that only reads it: appends are refused.
#pragma once

#include <vector>

#include "engine/log/forwarding_log.h"

namespace lastkm::log {

class ReadingLog final : public ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;
  Result<std::vector<std::int64_t>> append(std::span<const Append> /*records*/,
                                           Durability /*durability*/) override {
    return Error{ErrorKind::refused, "read-only",
                 "this process reads the log and takes no commands: ask one that has the role engine", ""};
  }
  Status sync() override { return done(); }
};

}  // namespace lastkm::log
