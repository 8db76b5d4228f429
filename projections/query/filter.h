// Whether a case is among those that are asked for.
#pragma once

#include "engine/cases/state.h"
#include "projections/query/queries.h"

namespace lastkm::projections {

[[nodiscard]] bool matches(const CaseFilter& filter, const cases::CaseState& state, Instant now);

/// What counts() may count by: the member of the filter it stands for, and its value in a case; empty: not
/// counted.
struct Dimension {
  std::string_view name;
  std::string (*value)(const cases::CaseState& state);
};
/// nullptr: there is no such dimension.
[[nodiscard]] const Dimension* find_dimension(std::string_view name);

}  // namespace lastkm::projections
