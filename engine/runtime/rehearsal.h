// Deciding on a shadow of the state: see Rehearsal in engine.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/cases/state.h"
#include "engine/directory/context.h"
#include "engine/intake/submission.h"
#include "engine/lane/state.h"
#include "engine/runtime/deployment.h"
#include "engine/runtime/engine.h"

namespace lastkm::runtime {

/// How a rehearsal asks the engine; all of it outlives the rehearsal.
struct RehearsalParts {
  Deployment deployment;
  std::function<Instant()> now;
  std::function<std::optional<Instant>(std::span<const intake::Submission>)> newest_row;
  std::function<std::shared_ptr<const directory::Context>(DirectoryOrdinal)> context;
  std::function<lane::LaneState(LaneId)> lane_state;
  std::function<std::optional<cases::CaseState>(LaneId, const AggregateId&)> find_case;
  std::function<Result<intake::Identity>(const intake::Submission&)> identify;
  std::function<std::optional<Outcome>(const intake::Submission&, const intake::Identity&)> find_known;
  std::function<std::set<std::string>(std::string_view command)> plain_fields;
};

[[nodiscard]] Result<std::unique_ptr<Rehearsal>> rehearse(RehearsalParts parts);

}  // namespace lastkm::runtime
