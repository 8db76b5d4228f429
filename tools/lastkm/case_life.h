// A case's life from the decisions alone: each event with the decision it stands in and the state after it.
// The views are not asked, so that an auditor can hold them against it.
#pragma once

#include <vector>

#include "engine/base/result.h"
#include "engine/cases/state.h"
#include "engine/record/decision.h"
#include "engine/runtime/engine.h"

namespace lastkm::tool {

struct Step {
  record::Event event;
  LaneId lane;
  Ordinal ordinal;
  Instant recorded_at;
  cases::CaseState after;
};

/// not_found "no-such-case".
[[nodiscard]] Result<std::vector<Step>> case_life(runtime::Engine& engine, std::string_view id_or_ref);

/// A line of `case history`.
[[nodiscard]] Value history_line(const Step& step, std::int32_t offset_minutes);
/// A line of `audit explain`.
[[nodiscard]] Value explain_line(const Step& step, std::int32_t offset_minutes);

}  // namespace lastkm::tool
