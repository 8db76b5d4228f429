// How the embedded log keeps a record: lengths, then key, value and headers, as they came.
#pragma once

#include <string>
#include <string_view>

#include "engine/log/event_log.h"

namespace lastkm::log {

[[nodiscard]] std::string frame(const Record& record);
/// Sorts by topic, partition and offset.
[[nodiscard]] std::string key_of(Topic topic, std::int32_t partition, std::int64_t offset);
[[nodiscard]] std::int64_t offset_of(std::string_view key);
/// False where the bytes are no frame.
[[nodiscard]] bool unframe(std::string_view bytes, Record& record);

}  // namespace lastkm::log
