// Cursors: the sort key of the last line of a page, and a mark that only who knows the secret can make, for
// one query alone. A page begins after its cursor's key, so lines that come or go between two pages are
// neither doubled nor hide others.
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

class Cursors {
 public:
  /// `query` says what is asked, without the page.
  Cursors(std::string_view secret, std::string_view query) : secret_(secret), query_(query) {}
  /// After which the page begins; empty where there is no cursor. bad_input "bad-cursor": made up, altered,
  /// or of another query.
  [[nodiscard]] Result<std::string> key_in(std::string_view cursor) const;
  [[nodiscard]] std::string of(std::string_view key) const;

 private:
  [[nodiscard]] std::string mark(std::string_view key) const;
  std::string secret_, query_;
};

/// Sorts what was found by its key, and makes the lines of one page of it: `line_of(item)` is a
/// Result<Value>.
template <class Item, class LineOf>
[[nodiscard]] Result<Page> page_of(std::vector<std::pair<std::string, Item>> found,
                                   const PageRequest& request, const Cursors& cursors, LineOf line_of) {
  const auto after = cursors.key_in(request.cursor);
  if (!after) return after.error();
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Page page;
  page.count = static_cast<std::int64_t>(found.size());
  auto at = std::upper_bound(found.begin(), found.end(), *after,
                             [](const std::string& key, const auto& item) { return key < item.first; });
  for (; at != found.end(); ++at) {
    if (request.limit != 0 && page.lines.size() == request.limit) {
      page.next = cursors.of(std::prev(at)->first);
      break;
    }
    Result<Value> line = line_of(at->second);
    if (!line) return line.error();
    page.lines.push_back(std::move(*line));
  }
  return page;
}

}  // namespace lastkm::projections
