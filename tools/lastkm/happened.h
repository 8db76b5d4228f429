// What happened in a deployment from a time on, counted from its decisions.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "engine/base/result.h"
#include "engine/runtime/engine.h"

namespace lastkm::tool {

struct Happened {
  std::map<std::string, std::int64_t, std::less<>> events;  ///< by type
  std::int64_t unhappy = 0;                                 ///< call-backs: not solved, or not satisfied
  std::set<std::string> channels, categories, compounds;    ///< of requests
  [[nodiscard]] std::int64_t count(std::string_view type) const;
};

/// integrity where a decision cannot be read.
[[nodiscard]] Result<Happened> what_happened(runtime::Engine& engine, Instant from);

}  // namespace lastkm::tool
