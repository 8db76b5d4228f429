// What whoever names a case that is not there is told.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace lastkm::cases {

/// not_found "no-such-case", with the ways in which a case is named. `path`: of the member that names it.
[[nodiscard]] Error no_such_case(std::string_view named, std::string path = {});

}  // namespace lastkm::cases
