// Rows of one view kept decoded while a chunk runs, so that a case which many events of the chunk touch is
// read, parsed and written once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engine/base/result.h"
#include "engine/record/canonical.h"
#include "projections/checkpoint.h"
#include "projections/view.h"

namespace lastkm::projections {

/// T has `static Result<T> from(const Value&)` and `Value to_value() const` (null: there is no such row).
/// Keys of rows are prefix and id.
template <class T>
class Decoded {
 public:
  explicit Decoded(std::string_view prefix = {}) : prefix_(prefix) {}

  /// The row, made empty where there is none. Valid until flush or discard.
  [[nodiscard]] Result<T*> at(const std::string& id, Rows& rows) {
    const auto held = touched_.find(id);
    if (held != touched_.end()) return &held->second;
    auto bytes = rows.get(prefix_ + id);
    if (!bytes) return bytes.error();
    T row{};
    if (*bytes) {
      auto value = row_value(rows.family(), id, **bytes);
      if (!value) return value.error();
      auto read = T::from(*value);
      if (!read) return read.error();
      row = std::move(*read);
    }
    return &touched_.emplace(id, std::move(row)).first->second;
  }

  /// What the chunk has touched, in no order.
  template <class Visit>
  void each(Visit visit) {
    for (auto& [id, row] : touched_) visit(id, row);
  }

  void flush(Rows& rows) {
    for (const auto& [id, row] : touched_) {
      const Value value = row.to_value();
      if (value.is_null()) {
        rows.erase(prefix_ + id);
      } else {
        rows.put(prefix_ + id, record::canonical(value));
      }
    }
    touched_.clear();
  }
  void discard() { touched_.clear(); }

 private:
  std::string prefix_;
  std::unordered_map<std::string, T> touched_;
};

}  // namespace lastkm::projections
