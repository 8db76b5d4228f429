// Lines about cases, by the numbers that people know them by.
#pragma once

#include <span>
#include <string>

#include "projections/projector.h"

namespace lastkm::projections {

/// Sets "ref" in each line to the reference number of the case whose id stands at the same place; of few
/// cases, for each is looked up.
[[nodiscard]] Status name_cases(const Projector::Reading& rows, std::span<const std::string> ids,
                                Array& lines);

}  // namespace lastkm::projections
