// The exit codes of the contract (design section 12), and the one place where errors become exit codes.
#pragma once

#include "engine/base/result.h"

namespace lastkm::tool {

enum class Exit : int {
  ok = 0,
  refused = 1,
  bad_input = 2,
  not_found = 3,
  version_conflict = 4,
  folder_in_use = 5,
  integrity = 6,
  unknown_outcome = 7,  ///< ask again with the same key
  difference = 8,
};

[[nodiscard]] constexpr Exit exit_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::refused:
      return Exit::refused;
    case ErrorKind::bad_input:
      return Exit::bad_input;
    case ErrorKind::not_found:
      return Exit::not_found;
    case ErrorKind::version_conflict:
      return Exit::version_conflict;
    case ErrorKind::folder_in_use:
      return Exit::folder_in_use;
    case ErrorKind::integrity:
      return Exit::integrity;
    case ErrorKind::unknown_outcome:
      return Exit::unknown_outcome;
    case ErrorKind::difference:
      return Exit::difference;
  }
  return Exit::integrity;
}

}  // namespace lastkm::tool
