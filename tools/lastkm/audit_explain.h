// lastkm audit explain CASE: why each step of a case was taken, and why others were refused.
#pragma once

#include <string>

#include "tools/lastkm/session.h"

namespace lastkm::tool {

/// `about`: a case by id or reference number, or one decision as LANE:ORDINAL. `language`: "zh", "en", or
/// empty: by the caller's locale. not_found where nothing was ever decided about it.
[[nodiscard]] Result<Exit> explain_case(Session& session, const std::string& about,
                                        const std::string& language);

}  // namespace lastkm::tool
