// Reads JSON from outside (documents, requests, command lines) strictly: UTF-8, no duplicate members,
// integers only, bounded in depth and size; and remembers where each value stands, so that a message can name
// line and column.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/result.h"
#include "engine/base/value.h"

namespace lastkm::json {

struct Limits {
  std::size_t bytes = 8U << 20U;
  std::size_t depth = 32;
  std::size_t members = 10000;  ///< of one object
  bool floats_as_text = false;  ///< numbers that are no integers become their text, instead of not-an-integer
};

struct Place {
  int line = 1;    ///< from 1
  int column = 1;  ///< from 1, in code points; of where the value begins
};

struct Text {
  Value root;
  std::unordered_map<std::string, Place> places;  ///< by JSON pointer (RFC 6901); "" is the root
  /// "file:line:column" of the pointer, or of its nearest ancestor that has a place.
  [[nodiscard]] std::string where(std::string_view file, std::string_view pointer) const;
};

/// bad_input with code malformed-json | too-deep | too-large | too-many-members | duplicate-member |
/// not-an-integer | not-utf8 | control-character, path "file:line:column".
[[nodiscard]] Result<Text> read(std::string_view text, std::string_view file, const Limits& limits = {});
/// The same without keeping places: for many small inputs.
[[nodiscard]] Result<Value> read_value(std::string_view text, std::string_view file,
                                       const Limits& limits = {});

}  // namespace lastkm::json
