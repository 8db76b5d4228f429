// What may lie in a data folder: plain files and folders that this user may use. A link, a pipe or a device
// in place of a data file would be followed or waited for, so it is refused by name before anything is
// opened.
#pragma once

#include <initializer_list>
#include <string>

#include "engine/base/result.h"
#include "engine/log/permission.h"

namespace lastkm::log {

/// Looks at the entries of each folder that is there; folders may be links, what lies in them may not.
/// integrity "foreign-file"; refused "permission-denied" as of check_permission. Sockets pass: the served
/// folder has one. What lies in a folder within is not looked at.
[[nodiscard]] Status check_files(std::initializer_list<std::string> folders, Use use);

}  // namespace lastkm::log
