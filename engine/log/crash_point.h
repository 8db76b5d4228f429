// Named places at which a test can kill the process, as a power switch would: LASTKM_CRASH_AT=name:n ends it
// at the n-th passing of that name (exit code 137). Costs one comparison where the variable is not set.
// engine/README.md lists the names.
#pragma once

#include <string_view>

namespace lastkm::log {

/// Whether this passing is the chosen one; counts it.
[[nodiscard]] bool crash_is_due(std::string_view name);
[[noreturn]] void crash_now();

inline void crash_point(std::string_view name) {
  if (crash_is_due(name)) crash_now();
}
/// Does `half` before it dies: what a death in the middle of a step leaves behind.
template <class Half>
void crash_point(std::string_view name, const Half& half) {
  if (!crash_is_due(name)) return;
  half();
  crash_now();
}

}  // namespace lastkm::log
