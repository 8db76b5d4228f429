// Names of members of a command's data that are sealed at intake, whatever a workflow says of them.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace lastkm {

/// Whom it comes from, and where they are.
inline constexpr std::array<std::string_view, 5> kReporterNames{"address", "caller", "location", "name",
                                                                "phone"};
/// What they say.
inline constexpr std::array<std::string_view, 2> kNarrativeNames{"note", "text"};

[[nodiscard]] constexpr bool is_of_reporter(std::string_view name) {
  return std::ranges::find(kReporterNames, name) != kReporterNames.end();
}

[[nodiscard]] constexpr bool is_always_sealed(std::string_view name) {
  return is_of_reporter(name) || std::ranges::find(kNarrativeNames, name) != kNarrativeNames.end();
}

/// Facts of a case that are codes: what corrects one of them is no more personal than it was.
inline constexpr std::array<std::string_view, 5> kPlainFacts{"category", "place", "respondent", "type",
                                                             "urgency"};
[[nodiscard]] constexpr bool is_plain_fact(std::string_view name) {
  return std::ranges::find(kPlainFacts, name) != kPlainFacts.end();
}

}  // namespace lastkm
