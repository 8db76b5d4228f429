// The folder in which a demonstration is played: one of its own, for what it plays stays in the log.
#pragma once

#include <optional>
#include <string>

#include "engine/runtime/scratch_folder.h"
#include "tools/lastkm/session.h"

namespace lastkm::tool {

struct DemoFolder {
  std::string path;
  std::optional<runtime::ScratchFolder> made;  ///< where none was named: goes, unless it is kept
};

/// The folder that is named, or a new one among the temporary files; where nothing is in it, a deployment is
/// made there with everything shipped in force.
[[nodiscard]] Result<DemoFolder> demo_folder(Session& session);

/// refused "not-virtual" where the clock is the system's, "others-cases" where a case was opened by anybody
/// but a demonstration.
[[nodiscard]] Status may_play(runtime::Engine& engine);

}  // namespace lastkm::tool
