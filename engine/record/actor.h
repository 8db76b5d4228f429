// The actor as a JSON value, for commands and events alike.
#pragma once

#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/record/command.h"
#include "engine/record/writer.h"

namespace lastkm::record {

[[nodiscard]] Value to_value(const Actor& actor);
/// The same as canonical JSON.
void append_actor(Writer& out, const Actor& actor);
[[nodiscard]] Result<Actor> actor_from(const Value& value);

}  // namespace lastkm::record
