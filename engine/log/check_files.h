// What may lie in a data folder: plain files and folders. A link, a pipe or a device in place of a data file
// would be followed or waited for, so it is refused by name before anything is opened.
#pragma once

#include <initializer_list>
#include <string>

#include "engine/base/result.h"

namespace lastkm::log {

/// Looks at the entries of each folder that is there; folders may be links, what lies in them may not.
/// integrity "foreign-file". Sockets pass: the served folder has one.
[[nodiscard]] Status check_files(std::initializer_list<std::string> folders);

}  // namespace lastkm::log
