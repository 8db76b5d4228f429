// The checks that only intake can make: what is sealed is opaque to the rules, so its shape is checked
// before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/intake/text.h"

namespace lastkm::intake {

/// Levels of objects and arrays in a command's data.
inline constexpr int kDataDepth = 16;
/// The largest integer that every reader of JSON reads as it was written, and the smallest below 0 likewise
/// (RFC 7493 section 2.2, RFC 8785 section 3.2.2.3).
inline constexpr std::int64_t kIntegerMost = 9007199254740991;

[[nodiscard]] Error bad_data(std::string path, std::string text);

/// Walks a command's plain data. bad_input "bad-data" with the JSON pointer, below `base`, of the first
/// fault: a member name that is no code, text that may not be stored, a sealed box (only intake makes them),
/// nesting, an integer beyond kIntegerMost, and the shapes of text, note, address, name, phone (text), caller
/// (an object of texts) and location ({lat, long} in 1e-7 degrees). Names and phone numbers hold no hidden
/// characters.
[[nodiscard]] Status check_data(const Value& data, const std::string& base = "",
                                TextLimits limits = kTextLimits);

}  // namespace lastkm::intake
