// The event types of a case: what each does to the state beside the stage, the clocks and the holders. The
// members of their data stand in rules/event_facts.
#pragma once

#include <string_view>

#include "engine/cases/evolve.h"

namespace lastkm::cases {

using Fold = void (*)(CaseState&, const record::Event&, Instant recorded_at);
using FoldParts = void (*)(Parts&, const record::Event&);

struct Row {
  std::string_view type;
  Fold fold;                  ///< nullptr: recorded, changes nothing of the rest by its data
  FoldParts parts = nullptr;  ///< nullptr: nobody's part changes
};

/// The row of a type, or nullptr.
[[nodiscard]] const Row* find_row(std::string_view type);

}  // namespace lastkm::cases
