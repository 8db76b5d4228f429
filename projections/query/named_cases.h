// Lines about cases, by the numbers that people know them by; and lines that no case stands behind.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "projections/projector.h"

namespace lastkm::projections {

/// Sets "ref" in each line to the reference number of the case whose id stands at the same place; of few
/// cases, for each is looked up.
[[nodiscard]] Status name_cases(const Projector::Reading& rows, std::span<const std::string> ids,
                                Array& lines);

/// not_found "no-such-line": of what counts `what` (cases, orders) by the keys that `shown_by` shows.
[[nodiscard]] Error no_such_line(std::string_view what, std::string_view key, std::string_view shown_by);

}  // namespace lastkm::projections
