// The event types of a case in one table: what each does to the state beside the stage, the clocks and the
// holders, and which members its data must and may have. Folds and schemas come from here.
#pragma once

#include <string_view>

#include "engine/cases/evolve.h"

namespace lastkm::cases {

using Fold = void (*)(CaseState&, const record::Event&, Instant recorded_at);

struct Row {
  std::string_view type;
  Fold fold;  ///< nullptr: recorded, changes nothing of the state by its data
  std::string_view
      members;  ///< "lead! co_handlers:co_handlers": name, kind (text where none is said), ! where required
};

/// The row of a type, or nullptr.
[[nodiscard]] const Row* find_row(std::string_view type);

}  // namespace lastkm::cases
