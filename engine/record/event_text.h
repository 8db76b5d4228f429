// The events of a decision as they stand in its record.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/record/decision.h"

namespace lastkm::record {

/// The text of each event of an encoded decision, in order: JSON objects, parts of `bytes`. integrity
/// "undecodable" where decode_decision(bytes) would fail too.
[[nodiscard]] Result<std::vector<std::string_view>> event_texts(std::string_view bytes);
/// The same of one event.
[[nodiscard]] std::string event_text(const Event& event);

}  // namespace lastkm::record
