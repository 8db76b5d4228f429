// Mends what can be mended with certainty in cells from outside, and says what it did.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lastkm::intake {

/// How often each kind of mending was done: "control-characters", "mojibake", "null-token" …
using Cleaned = std::map<std::string, std::int64_t, std::less<>>;

/// Makes text that text_fault() lets pass, but for its length: line ends become \n, control characters and
/// surplus combining marks go, twice encoded UTF-8 ("â€™", "Â ") is decoded once more, blanks at both ends
/// go. Bytes that are no UTF-8 are read as Windows-1252 where `single_byte`; else nullopt.
[[nodiscard]] std::optional<std::string> clean_text(std::string_view raw, bool single_byte, Cleaned& cleaned);

/// N/A, NULL, None, -, Unspecified …: words that stand for nothing.
[[nodiscard]] bool is_null_token(std::string_view text);

/// Lower-case words joined by "-", at most `most` bytes, ASCII only: "Noise - Street/Sidewalk" is
/// "noise-street-sidewalk".
[[nodiscard]] std::string slug(std::string_view text, std::size_t most);

/// Decimal degrees as integers of 1e-7 degrees, rounded half away from zero, without floating point. nullopt:
/// no decimal number, or more than `most_degrees`.
[[nodiscard]] std::optional<std::int64_t> read_degrees(std::string_view text, int most_degrees);

}  // namespace lastkm::intake
