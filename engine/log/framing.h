// How the embedded log keeps a record: lengths, then key, headers and value, as they came.
#pragma once

#include <string>
#include <string_view>

#include "engine/log/event_log.h"

namespace lastkm::log {

[[nodiscard]] std::string frame(const Record& record);
/// False where the bytes are no frame.
[[nodiscard]] bool unframe(std::string_view bytes, Record& record);

}  // namespace lastkm::log
