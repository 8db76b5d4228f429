// lastkm log copy.
#pragma once

#include <string>

#include "tools/lastkm/session.h"

namespace lastkm::tool {

/// Copies a deployment and proves that the copy is the same: exit 8 where re-deciding or the views say
/// otherwise. A log is "embedded:DIR" or "kafka:BROKERS/PREFIX".
[[nodiscard]] Result<Exit> copy_log(Session& session, const std::string& from, const std::string& to);

}  // namespace lastkm::tool
