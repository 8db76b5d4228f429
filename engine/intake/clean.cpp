#include "engine/intake/clean.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/intake/text.h"

namespace lastkm::intake {

namespace {
/// Windows-1252 of 0x80..0x9F; 0: not assigned, then the byte stands for itself.
constexpr std::array<char32_t, 32> kWindows = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

std::optional<char> to_single_byte(char32_t c) {
  if (c < 0x100) return static_cast<char>(c);
  const auto* found = std::find(kWindows.begin(), kWindows.end(), c);
  if (found == kWindows.end()) return std::nullopt;
  return static_cast<char>(0x80 + (found - kWindows.begin()));
}

std::string from_single_bytes(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    const auto c = static_cast<unsigned char>(byte);
    const char32_t mapped = c >= 0x80 && c < 0xA0 ? kWindows[c - 0x80U] : 0;
    append_utf8(out, mapped != 0 ? mapped : c);
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!next_code_point(text, at)) return false;
  }
  return true;
}

/// One run of neighbours beyond ASCII: decoded once more where every one of them is a single byte of
/// Windows-1252 or Latin-1 and those bytes together are whole UTF-8. Two such letters side by side that
/// happen to be UTF-8 do not occur in real words.
std::string mend_run(std::string_view run) {
  std::string bytes;
  for (std::size_t at = 0; at < run.size();) {
    const auto c = next_code_point(run, at);
    const auto byte = c ? to_single_byte(*c) : std::nullopt;
    if (!byte) return std::string(run);
    bytes.push_back(*byte);
  }
  return is_utf8(bytes) ? bytes : std::string(run);
}

std::string mend_twice_encoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const bool ascii = static_cast<unsigned char>(text[at]) < 0x80;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) < 0x80) == ascii) ++at;
    const std::string_view run = text.substr(from, at - from);
    if (ascii) {
      out += run;
    } else {
      out += mend_run(run);
    }
  }
  return out;
}

/// Line ends, control characters, marks. What is left passes text_fault().
std::string without_controls(std::string_view text, Cleaned& cleaned) {
  std::string out;
  std::int64_t controls = 0;
  std::int64_t surplus = 0;
  int marks = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at).value_or(0xFFFD);
    marks = is_combining_mark(c) ? marks + 1 : 0;
    if (c == '\r') {
      if (at == text.size() || text[at] != '\n') out.push_back('\n');
    } else if (c == 0x85 || c == 0x2028 || c == 0x2029) {
      out.push_back('\n');
    } else if (is_control(c)) {
      ++controls;
    } else if (marks > kMarksMax) {
      ++surplus;
    } else {
      append_utf8(out, c);
    }
  }
  if (controls > 0) cleaned["control-characters"] += controls;
  if (surplus > 0) cleaned["combining-marks"] += surplus;
  return out;
}

/// Blanks, line ends, no-break spaces.
std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view no_break = "\xC2\xA0";
  while (true) {
    const std::size_t before = text.size();
    while (!text.empty() && std::string_view(" \t\n").find(text.front()) != std::string_view::npos)
      text.remove_prefix(1);
    while (!text.empty() && std::string_view(" \t\n").find(text.back()) != std::string_view::npos)
      text.remove_suffix(1);
    if (text.substr(0, 2) == no_break) text.remove_prefix(2);
    if (text.size() >= 2 && text.substr(text.size() - 2) == no_break) text.remove_suffix(2);
    if (text.size() == before) return text;
  }
}

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\t'; });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
}  // namespace

std::optional<std::string> clean_text(std::string_view raw, bool single_byte, Cleaned& cleaned) {
  if (is_plain_ascii(raw)) return std::string(trimmed(raw));
  std::string text(raw);
  if (!is_utf8(text)) {
    if (!single_byte) return std::nullopt;
    text = from_single_bytes(text);
    ++cleaned["single-byte-encoding"];
  }
  std::string mended = mend_twice_encoded(text);
  if (mended != text) ++cleaned["mojibake"];
  const std::string clean = without_controls(mended, cleaned);
  return std::string(trimmed(clean));
}

bool is_null_token(std::string_view text) {
  static constexpr std::array<std::string_view, 13> tokens = {
      "n/a", "#n/a",        "null",          "(null)",         "\\n", "nil", "none", "-",
      "--",  "unspecified", "not available", "not applicable", "nan"};
  if (text.size() > 16) return false;
  std::string small;
  for (const char c : text) small.push_back(lower(c));
  return std::find(tokens.begin(), tokens.end(), small) != tokens.end();
}

std::string slug(std::string_view text, std::size_t most) {
  std::string out;
  bool gap = false;
  for (const char raw : text) {
    const char c = lower(raw);
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
      gap = !out.empty();
      continue;
    }
    if (out.size() + (gap ? 2 : 1) > most) break;
    if (gap) out.push_back('-');
    gap = false;
    out.push_back(c);
  }
  return out;
}

std::optional<std::int64_t> read_degrees(std::string_view text, int most_degrees) {
  constexpr std::size_t decimals = 7;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
  const auto digits = [](std::string_view part) {
    return part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (whole.empty() || whole.size() > 3 || fraction.size() > 40 || !digits(whole) || !digits(fraction))
    return std::nullopt;
  std::int64_t n = 0;
  for (const char c : whole) n = n * 10 + (c - '0');
  for (std::size_t i = 0; i < decimals; ++i) n = n * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  if (fraction.size() > decimals && fraction[decimals] >= '5') ++n;
  if (n > most_degrees * std::int64_t{10000000}) return std::nullopt;
  return negative ? -n : n;
}

}  // namespace lastkm::intake
