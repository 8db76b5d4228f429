// What several views ask of an event.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/record/decision.h"

namespace lastkm::projections {

inline constexpr std::size_t kCommunityDigits = 12;
/// The community of a place code (12 digits); a coarser place stands for itself.
[[nodiscard]] inline std::string_view community_of(std::string_view place) {
  return place.substr(0, kCommunityDigits);
}

/// The case's new category, place … where the event sets one: at registration, acceptance or by a corrected
/// fact.
[[nodiscard]] std::optional<std::string> changed_member(const record::Event& event, std::string_view member);

/// "ID@VERSION" of the workflow that a registration names.
[[nodiscard]] std::string workflow_of(const record::Event& registered);
/// "2026-05": the month in China Standard Time, which has one zone and no summer time.
[[nodiscard]] std::string month_of(Instant at);
/// A text as a part of a key: without the "/" that parts keys.
[[nodiscard]] std::string key_part(std::string_view text);
/// The text that such a part stands for; "%7C" is a bar.
[[nodiscard]] std::string plain_part(std::string_view part);

}  // namespace lastkm::projections
