#include "projections/views/open_clocks.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace lastkm::projections {

Status OpenClocks::apply(const Value& changes) {
  const Array* array = changes.if_array();
  if (array == nullptr) return done();
  for (const Value& change : *array) {
    const std::string clock(change.text("clock"));
    const std::string_view what = change.text("change");
    if (what == "stopped" || what == "suspended") {
      due_.erase(clock);
      continue;
    }
    const std::string_view text = change.text("due");
    // A mark on a clock, or its breach, leaves the due time as it is.
    if (what == "marked" || what == "breached" || text.empty()) continue;
    auto due = parse_instant(text);
    if (!due) return due.error();
    due_[clock] = *due;
  }
  return done();
}

std::optional<Instant> OpenClocks::next() const {
  std::optional<Instant> next;
  for (const auto& [clock, due] : due_) {
    if (!next || due < *next) next = due;
  }
  return next;
}

std::optional<Instant> OpenClocks::due(const std::string& clock) const {
  const auto found = due_.find(clock);
  return found == due_.end() ? std::nullopt : std::optional(found->second);
}

std::string sortable(std::optional<Instant> at) {
  if (!at) return "~";
  static constexpr std::string_view hex = "0123456789abcdef";
  std::uint64_t bits = static_cast<std::uint64_t>(at->ms) ^ (std::uint64_t{1} << 63U);
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, bits >>= 4U) *digit = hex[bits & 15U];
  return text;
}

}  // namespace lastkm::projections
