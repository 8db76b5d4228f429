// A row of the view "cases".
#pragma once

#include <optional>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/cases/state.h"

namespace lastkm::projections {

/// The earliest due time of the clocks that run, or have run out and were not stopped since; none of a case
/// that has ended.
[[nodiscard]] std::optional<Instant> due_of(const cases::CaseState& state);

struct CaseRow {
  LaneId lane;
  cases::CaseState state;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.lane, self.state);
  }
};

}  // namespace lastkm::projections
