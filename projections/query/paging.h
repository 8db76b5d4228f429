// Cursors: the sort key of the last line of a page, in hexadecimal. A page begins after its cursor's key, so
// lines that come or go between two pages are neither doubled nor hide others.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "projections/query/queries.h"

namespace lastkm::projections {

/// bad_input "bad-cursor".
[[nodiscard]] Result<std::string> key_in(std::string_view cursor);
[[nodiscard]] std::string cursor_of(std::string_view key);

/// Sorts what was found by its key, and makes the lines of one page of it: `line_of(item)` is a
/// Result<Value>.
template <class Item, class LineOf>
[[nodiscard]] Result<Page> page_of(std::vector<std::pair<std::string, Item>> found,
                                   const PageRequest& request, LineOf line_of) {
  auto after = key_in(request.cursor);
  if (!after) return after.error();
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Page page;
  page.count = static_cast<std::int64_t>(found.size());
  auto at = request.cursor.empty()
                ? found.begin()
                : std::upper_bound(found.begin(), found.end(), *after,
                                   [](const std::string& key, const auto& item) { return key < item.first; });
  for (; at != found.end(); ++at) {
    if (request.limit != 0 && page.lines.size() == request.limit) {
      page.next = cursor_of(std::prev(at)->first);
      break;
    }
    Result<Value> line = line_of(at->second);
    if (!line) return line.error();
    page.lines.push_back(std::move(*line));
  }
  return page;
}

}  // namespace lastkm::projections
