// Cursors: the sort key of the last line of a page, and a mark that only who knows the secret can make, for
// one query alone. A page begins after its cursor's key, so lines that come or go between two pages are
// neither doubled nor hide others.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

/// One page of what is found, in whatever order it comes: no more is held than the page needs, and one to
/// know whether it is the last.
template <class Item>
class PageOf {
 public:
  /// Errors of Cursors::key_in.
  [[nodiscard]] static Result<PageOf> asked(const PageRequest& request, Cursors cursors) {
    auto after = cursors.key_in(request.cursor);
    if (!after) return after.error();
    return PageOf(request.limit, std::move(cursors), std::move(*after));
  }

  /// Keys are different, and none is empty.
  void take(std::string key, Item item) {
    ++count_;
    if (key <= after_) return;
    const bool full = limit_ != 0 && held_.size() > limit_;
    if (full && held_.front().first < key) return;
    if (full) drop_last();
    held_.emplace_back(std::move(key), std::move(item));
    std::push_heap(held_.begin(), held_.end(), before);
  }

  /// Ends the taking: `line_of(item)` is a Result<Value>.
  template <class LineOf>
  [[nodiscard]] Result<Page> lines(LineOf line_of) {
    Page page;
    page.count = count_;
    const bool more = limit_ != 0 && held_.size() > limit_;
    if (more) drop_last();
    std::sort_heap(held_.begin(), held_.end(), before);
    if (more) page.next = cursors_.of(held_.back().first);
    for (const auto& [key, item] : held_) {
      Result<Value> line = line_of(item);
      if (!line) return line.error();
      page.lines.push_back(std::move(*line));
    }
    return page;
  }

 private:
  using Held = std::pair<std::string, Item>;
  PageOf(std::size_t limit, Cursors cursors, std::string after)
      : limit_(limit), cursors_(std::move(cursors)), after_(std::move(after)) {}
  static bool before(const Held& a, const Held& b) { return a.first < b.first; }
  void drop_last() {
    std::pop_heap(held_.begin(), held_.end(), before);
    held_.pop_back();
  }

  std::size_t limit_;  ///< 0: none
  Cursors cursors_;
  std::string after_;
  std::vector<Held> held_;  ///< a heap, the last of the order in front
  std::int64_t count_ = 0;
};

}  // namespace lastkm::projections
