// Content as it is compared: the same words written with other code points are the same words. What is stored
// stays as it came.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/value.h"

namespace lastkm::intake {

/// Unicode Normalization Form C; text that is not UTF-8 as it is.
[[nodiscard]] std::string composed(std::string_view text);
/// Form KC: half and full width, ligatures and the like are one too. For numbers and names of things.
[[nodiscard]] std::string compatible(std::string_view text);
/// Every text of the data in Form C, phone numbers in Form KC.
[[nodiscard]] Value comparable(const Value& data);

}  // namespace lastkm::intake
