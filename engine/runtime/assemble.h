// The engine over given parts: log, state store, vault, clock. Other files open these; tests give their own.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/log/event_log.h"
#include "engine/log/shares.h"
#include "engine/privacy/vault.h"
#include "engine/runtime/attempts.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/deployment.h"
#include "engine/runtime/engine.h"
#include "engine/store/store.h"

namespace lastkm::runtime {

struct EngineParts {
  std::unique_ptr<log::EventLog> log;
  std::unique_ptr<store::Store> state;
  std::unique_ptr<privacy::Vault> vault;
  std::unique_ptr<Attempts> attempts;
  std::unique_ptr<Clock> clock;  ///< not asked where the deployment's clock is virtual
  Deployment deployment;
  /// Which partitions this engine decides; it follows the others. nullptr: it decides all.
  std::unique_ptr<log::Shares> shares = nullptr;
};

/// Loads the state, folds what the log has beyond it, decides what waits, and starts the workers.
/// integrity clock-behind-log and what the log says.
[[nodiscard]] Result<std::unique_ptr<Engine>> assemble(EngineOptions options, EngineParts parts);

}  // namespace lastkm::runtime
