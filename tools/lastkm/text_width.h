// How many columns a text takes on a terminal: Chinese, Japanese and Korean characters take two, combining
// marks none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastkm::tool {

/// Of UTF-8; a byte that is none counts as one column.
[[nodiscard]] std::size_t text_width(std::string_view text);
/// The text in at most `columns`, its end replaced by "…" where it is longer.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);
/// Without control characters, so that stored text cannot move the cursor: they become spaces.
[[nodiscard]] std::string printable(std::string_view text);

/// Lines of at most `columns`, broken at blanks and between Chinese characters, never before a closing mark.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

}  // namespace lastkm::tool
