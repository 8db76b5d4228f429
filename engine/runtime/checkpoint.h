// How far the state of a partition goes: what stands in the state store beside the state, in the same batch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/log/event_log.h"
#include "engine/store/store.h"

namespace lastkm::runtime {

struct Checkpoint {
  std::int64_t commands_next = 0;  ///< all commands before it are decided
  std::int64_t decisions_next = 0;
  std::int64_t epoch = 0;
  std::int64_t last_offset = -1;  ///< of the last decision that the state contains
  std::string last_hash;
};

/// nullopt: none was written.
[[nodiscard]] Result<std::optional<Checkpoint>> read_checkpoint(store::Store& state, std::int32_t partition);
void put_checkpoint(store::Batch& batch, std::int32_t partition, const Checkpoint& checkpoint);

/// Whether the log still bears out every checkpoint in the store: it has the very decision that each ends
/// with, and its commands. If not, no lane can use the state, for cases of all lanes lie together in it.
[[nodiscard]] Result<bool> state_agrees(store::Store& state, log::EventLog& log);
/// Empties the state; the checkpoints go last, so that a state that is half gone is still known as such.
[[nodiscard]] Status discard_state(store::Store& state);

}  // namespace lastkm::runtime
