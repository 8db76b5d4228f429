#include "tools/lastkm/text_width.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace lastkm::tool {

namespace {

struct Range {
  std::uint32_t first, last;
};

// East Asian Wide and Fullwidth (Unicode TR 11), in blocks.
constexpr std::array<Range, 14> kWide{{{0x1100, 0x115F},
                                       {0x231A, 0x231B},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0x33FF},
                                       {0x3400, 0x4DBF},
                                       {0x4E00, 0x9FFF},
                                       {0xA000, 0xA4CF},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1F9FF},
                                       {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 4> kNone{
    {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool lies_in(const std::array<Range, N>& ranges, std::uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](Range r) { return r.first <= code && code <= r.last; });
}

/// The code point at `i`, which moves past it.
std::uint32_t next_code(std::string_view text, std::size_t& i) {
  const auto lead = static_cast<unsigned char>(text[i++]);
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  std::uint32_t code = more == 0 ? lead : lead & (0x3FU >> static_cast<unsigned>(more));
  for (int k = 0; k < more && i < text.size(); ++k) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return '?';
    code = (code << 6U) | (next & 0x3FU);
    ++i;
  }
  return code;
}

std::size_t columns_of(std::uint32_t code) {
  if (lies_in(kNone, code)) return 0;
  return lies_in(kWide, code) ? 2 : 1;
}

}  // namespace

std::size_t text_width(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size();) columns += columns_of(next_code(text, i));
  return columns;
}

std::string fit(std::string_view text, std::size_t columns) {
  if (text_width(text) <= columns) return std::string(text);
  std::size_t used = 0;
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size();) {
    used += columns_of(next_code(text, i));
    if (used + 1 > columns) break;
    end = i;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  constexpr std::string_view kClosing = "，。、；：）”」！？》";
  std::vector<std::string> lines;
  std::size_t begin = 0, width = 0, at = 0;
  std::size_t broken_at = 0;  // where the line may end; begin: nowhere yet
  std::size_t goes_on = 0;    // where the next line would begin
  while (at < text.size()) {
    const std::size_t start = at;
    const std::uint32_t code = next_code(text, at);
    const std::string_view sign = text.substr(start, at - start);
    if (code == ' ') {
      broken_at = start;
      goes_on = at;
    } else if (code >= 0x2E80 && start > begin && kClosing.find(sign) == std::string_view::npos) {
      broken_at = goes_on = start;
    }
    width += columns_of(code);
    if (width <= columns || broken_at <= begin) continue;
    std::string_view line = text.substr(begin, broken_at - begin);
    while (line.ends_with(' ')) line.remove_suffix(1);
    lines.emplace_back(line);
    begin = at = goes_on;
    broken_at = begin;
    width = 0;
  }
  lines.emplace_back(text.substr(begin));
  return lines;
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out;
}

}  // namespace lastkm::tool
