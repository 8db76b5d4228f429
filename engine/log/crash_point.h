// Named places at which a test can kill the process, as a power switch would: LASTKM_CRASH_AT=name:n ends it at the n-th
// passing of that name. Costs one comparison where the variable is not set.
#pragma once

#include <string_view>

namespace lastkm::log {

void crash_point(std::string_view name);

}  // namespace lastkm::log
