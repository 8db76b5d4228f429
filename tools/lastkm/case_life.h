// A case's life from the logs alone: its decisions in order, with the commands that they answer, and the
// state after each event. The views are not asked, so that an auditor can hold them against it.
#pragma once

#include <vector>

#include "engine/base/result.h"
#include "engine/cases/state.h"
#include "engine/record/decision.h"
#include "engine/runtime/engine.h"
#include "projections/explain/explain.h"
#include "projections/projector.h"

namespace lastkm::tool {

struct Step {
  record::Event event;
  LaneId lane;
  Ordinal ordinal;
  Instant recorded_at;
  cases::CaseState after;
};

struct CaseLife {
  std::vector<Step> steps;
  projections::Positions positions;  ///< as far as its lane was read
};
struct CaseTurns {
  std::vector<explain::Turn> turns;
  projections::Positions positions;  ///< as far as its lane was read
};

/// Every event. not_found "no-such-case".
[[nodiscard]] Result<CaseLife> case_life(runtime::Engine& engine, std::string_view id_or_ref);

/// Every decision, refusals and repeats too, also about a case that was never opened. `about`: id, reference
/// number, or LANE:ORDINAL for that decision alone. not_found "no-such-case", "no-such-decision";
/// integrity "decisions-missing" where the engine has the case and the log has nothing about it.
[[nodiscard]] Result<CaseTurns> case_turns(runtime::Engine& engine, std::string_view about);

/// A line of `case history`.
[[nodiscard]] Result<Value> history_line(const Step& step, std::int32_t offset_minutes);

}  // namespace lastkm::tool
