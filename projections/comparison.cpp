#include "projections/comparison.h"

#include <utility>

namespace lastkm::projections {

Comparison::Comparison(const store::Snapshot& rows, const std::string& family, KeyRange range)
    : range_(std::move(range)), before_(rows.cursor(family, range_.from)) {}

void Comparison::differs(std::string_view key) {
  if (++compared_.different == 1) compared_.first = key;
}

/// An old row that is no longer there.
void Comparison::pass_over() {
  ++compared_.rows;
  differs((*before_)->key());
  (*before_)->next();
}

void Comparison::row(std::string_view key, std::string_view value) {
  int order = -1;  // of the old row to the new one
  while (goes_on() && (order = (*before_)->key().compare(key)) < 0) pass_over();
  ++compared_.rows;
  const bool same_key = goes_on() && order == 0;
  if (!same_key || (*before_)->value() != value) differs(key);
  if (same_key) (*before_)->next();
}

Result<Compared> Comparison::finish() {
  while (goes_on()) pass_over();
  if (!before_) return before_.error();
  if (const Status read = (*before_)->status(); !read) return read.error();
  return std::move(compared_);
}

Status add_range(std::vector<Compared>& all, std::string_view view, const Result<Compared>& range) {
  if (all.empty() || all.back().view != view) all.emplace_back().view = view;
  Compared& whole = all.back();
  if (range) {
    if (whole.different == 0) whole.first = range->first;
    whole.rows += range->rows;
    whole.different += range->different;
    return done();
  }
  if (!is_damage(range.error())) return range.error();
  whole.unreadable = range.error().message;
  return done();
}

}  // namespace lastkm::projections
