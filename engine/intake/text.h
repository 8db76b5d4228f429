// What text from outside may hold. Codes and identifiers stand in clear in the log; free text is sealed.
// Nothing that could hide or forge a line on a screen is stored: control characters other than line feed and
// tab are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lastkm::intake {

/// How much text is taken: in code points and in bytes.
struct TextLimits {
  std::size_t points, bytes;
};
/// Of what is asked now; and of what another system has kept, which is not thrown away for being long.
inline constexpr TextLimits kTextLimits{5000, 20000};
inline constexpr TextLimits kImportedTextLimits{10000, 40000};
inline constexpr std::size_t kCodeBytes = 64;  ///< that is_code() takes
inline constexpr std::size_t kIdentifierBytes = 128;
inline constexpr int kMarksMax = 8;  ///< combining marks on one letter

/// 1..128 visible ASCII characters: references, keys, channels, persons.
[[nodiscard]] bool is_identifier(std::string_view text);

/// The code point at `at`, which moves on; nullopt, and `at` moves by one byte, where the bytes are not
/// UTF-8.
[[nodiscard]] std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t c);
/// C0 other than \n and \t, DEL, C1, line and paragraph separators, and U+FFFE, U+FFFF.
[[nodiscard]] bool is_control(char32_t c);
[[nodiscard]] bool is_combining_mark(char32_t c);
/// What is not seen and makes two names look alike: zero width characters, bidirectional controls, the soft
/// hyphen. Free text may hold them, names and identifiers may not.
[[nodiscard]] bool is_hidden(char32_t c);
[[nodiscard]] bool has_hidden(std::string_view text);

[[nodiscard]] bool is_too_long(std::string_view text, TextLimits limits);
/// Why free text is refused ("not-utf8", "control-character", "text-too-complex"), whatever its length; or
/// nullopt.
[[nodiscard]] std::optional<std::string_view> text_fault(std::string_view text);

}  // namespace lastkm::intake
