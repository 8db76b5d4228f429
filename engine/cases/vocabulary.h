// The event types of a case: what each does to the state beside the stage, the clocks and the holders. The
// members of their data stand in rules/event_facts.
#pragma once

#include <string_view>

#include "engine/cases/evolve.h"

namespace lastkm::cases {

using Fold = void (*)(CaseState&, const record::Event&, Instant recorded_at);

struct Row {
  std::string_view type;
  Fold fold;  ///< nullptr: recorded, changes nothing of the state by its data
};

/// The row of a type, or nullptr.
[[nodiscard]] const Row* find_row(std::string_view type);

}  // namespace lastkm::cases
