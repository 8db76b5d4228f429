// A row of the view "cases".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/cases/state.h"
#include "engine/record/decision.h"

namespace lastkm::projections {

/// Whether a clock of this case counts as due or overdue: it runs, or has run out and was not stopped since;
/// none does of a case that has ended.
[[nodiscard]] bool is_open(const cases::Clock& clock, const cases::CaseState& state);
/// The earliest due time of the open clocks.
[[nodiscard]] std::optional<Instant> due_of(const cases::CaseState& state);

struct CaseRow {
  LaneId lane;
  cases::CaseState state;
  std::optional<Instant> closed_at;  ///< business time; the state's own, for guards, is record time

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.lane, self.state, self.closed_at);
  }
};
/// From a row of the view "cases" in this layout, which may be an older one.
[[nodiscard]] Result<CaseRow> case_row_of(std::int32_t layout, std::string_view id, std::string_view row);

/// When the case was closed, after this event: what was closed before it came to us keeps its own time.
void follow_closing(std::optional<Instant>& closed_at, const record::Event& event);

}  // namespace lastkm::projections
