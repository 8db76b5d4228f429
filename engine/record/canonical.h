// Canonical JSON (RFC 8785) of values without floating point. The bytes that are written are the bytes that
// are hashed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/value.h"
#include "engine/record/writer.h"

namespace lastkm::record {

void append_canonical(Writer& out, const Value& value);
/// A JSON string with its quotes; escapes what RFC 8785 section 3.2.2.2 escapes. `text` is valid UTF-8.
void append_string(Writer& out, std::string_view text);
void append_number(Writer& out, std::int64_t number);
/// A member that is left out where it is empty, or null; `name` is as it is written, with comma and colon.
void append_present(Writer& out, std::string_view name, const std::string& text);
void append_present(Writer& out, std::string_view name, const Value& value);
[[nodiscard]] std::string canonical(const Value& value);
/// A text as append_string() writes it.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace lastkm::record
