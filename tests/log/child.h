// A process that does something to a log and dies there, so that what it leaves behind can be looked at.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lastkm::log::test {

struct Child {
  pid_t pid = 0;
  int answers = -1;  ///< the child writes a line for each acknowledgement
};

/// Starts this program again in its hidden test case `role` on a folder. `crash_at`: as LASTKM_CRASH_AT.
[[nodiscard]] Child start(const std::string& role, const std::string& folder,
                          const std::string& crash_at = "");
/// Reads what it acknowledged until it ends; its wait status. With `kill_after_ms` >= 0 it is killed that
/// long after its first word.
int finish(const Child& child, std::vector<std::int64_t>& acknowledged, int kill_after_ms = -1);

}  // namespace lastkm::log::test
