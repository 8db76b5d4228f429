// The fast reader of record bytes: JSON of our own making, integers only, no duplicate members, at most
// kMaxDepth deep. Documents and requests from outside go through engine/json, which says line and column.
#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "engine/base/value.h"

namespace lastkm::record {

/// integrity "undecodable" with the reason where the bytes are not such JSON.
[[nodiscard]] Result<Value> parse(std::string_view bytes);

}  // namespace lastkm::record
