#include "engine/intake/text.h"

#include <utf8proc.h>

#include <algorithm>

namespace lastkm::intake {

bool is_identifier(std::string_view text) {
  if (text.empty() || text.size() > kIdentifierBytes) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(at);
  const std::size_t start = at++;
  if (lead < 0x80) return static_cast<char32_t>(lead);
  const std::size_t more = lead >= 0xF0 && lead <= 0xF4  ? 3
                           : lead >= 0xE0 && lead < 0xF0 ? 2
                           : lead >= 0xC2 && lead < 0xE0 ? 1
                                                         : 0;
  if (more == 0) return std::nullopt;
  char32_t c = lead & (0x3FU >> more);
  for (std::size_t i = 1; i <= more; ++i) {
    const unsigned next = byte(start + i);
    if ((next & 0xC0U) != 0x80U) return std::nullopt;
    c = (c << 6U) | (next & 0x3FU);
  }
  const bool overlong = (more == 2 && c < 0x800) || (more == 3 && c < 0x10000);
  if (overlong || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return std::nullopt;
  at = start + more + 1;
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6U));
    put(0x80 | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12U));
    put(0x80 | ((c >> 6U) & 0x3FU));
    put(0x80 | (c & 0x3FU));
  } else {
    put(0xF0 | (c >> 18U));
    put(0x80 | ((c >> 12U) & 0x3FU));
    put(0x80 | ((c >> 6U) & 0x3FU));
    put(0x80 | (c & 0x3FU));
  }
}

bool is_control(char32_t c) {
  if (c < 0x20) return c != '\n' && c != '\t';
  return (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFFFE || c == 0xFFFF;
}

bool is_combining_mark(char32_t c) {
  if (c < 0x300) return false;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

bool is_hidden(char32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         c == 0x00AD || c == 0x061C || c == 0x180E || c == 0xFEFF;
}

bool has_hidden(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (is_hidden(next_code_point(text, at).value_or(0))) return true;
  }
  return false;
}

bool is_too_long(std::string_view text, TextLimits limits) {
  if (text.size() > limits.bytes) return true;
  if (text.size() <= limits.points) return false;
  const auto points = std::count_if(text.begin(), text.end(),
                                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return static_cast<std::size_t>(points) > limits.points;
}

std::optional<std::string_view> text_fault(std::string_view text) {
  int marks = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::optional<char32_t> c = next_code_point(text, at);
    if (!c) return "not-utf8";
    if (is_control(*c)) return "control-character";
    marks = is_combining_mark(*c) ? marks + 1 : 0;
    if (marks > kMarksMax) return "text-too-complex";
  }
  return std::nullopt;
}

}  // namespace lastkm::intake
