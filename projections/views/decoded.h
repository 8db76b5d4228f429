// Rows of one view kept decoded, so that a case which many events touch is read and parsed once, and written
// once a chunk. What is not touched any more is forgotten in time.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "projections/checkpoint.h"
#include "projections/view.h"

namespace lastkm::projections {

/// T is Packable (packed.h); where it has `bool absent() const`, that says that there is no such row.
/// Keys of rows are prefix and id. Between two flushes it is asked by at() alone or by at_subject() alone.
template <class T>
class Decoded {
 public:
  explicit Decoded(std::string_view prefix = {}) : prefix_(prefix) {}

  /// The row to be changed, made empty where there is none. Valid until flush or discard.
  [[nodiscard]] Result<T*> at(std::string_view id, Rows& rows) {
    if (const auto held = by_id_.find(id); held != by_id_.end()) return held->second;
    auto found = touch(std::string(id), rows);
    if (found) by_id_.emplace(id, *found);
    return found;
  }

  /// The same of what the running decision is about, which has this id: where it has come before since the
  /// last flush, its number tells where that is, and no table is waited for.
  [[nodiscard]] Result<T*> at_subject(const AggregateId& id, Rows& rows) {
    const std::size_t number = rows.subject();
    if (number == Rows::kNoSubject) return at(id.value, rows);
    if (number < by_subject_.size() && by_subject_[number] != nullptr) return by_subject_[number];
    auto found = touch(id.value, rows);
    if (found) {
      if (number >= by_subject_.size()) by_subject_.resize(std::max(number + 1, by_subject_.size() * 2));
      by_subject_[number] = *found;
    }
    return found;
  }

  /// Reads the rows of these together, where they are not known yet. What cannot be read is told by at().
  void expect(std::span<const std::string> ids, Rows& rows) {
    std::vector<std::string> keys;
    for (const std::string& id : ids) {
      if (!clean_.contains(id) && !old_.contains(id)) keys.push_back(prefix_ + id);
    }
    const auto found = rows.get_many(keys);
    if (!found) return;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string_view id = std::string_view(keys[i]).substr(prefix_.size());
      auto row = (*found)[i] ? row_of<T>(rows.family(), id, *(*found)[i]) : Result<T>(T{});
      if (row) clean_.emplace(id, std::make_unique<T>(std::move(*row)));
    }
  }

  /// What was asked for since the last flush.
  template <class Visit>
  void each(Visit visit) {
    for (auto& [id, row] : touched_) visit(id, *row);
  }

  void flush(Rows& rows) {
    by_subject_.clear();
    by_id_.clear();
    for (const auto& [id, row] : touched_) {
      bool absent = false;
      if constexpr (requires(const T& one) { one.absent(); }) absent = row->absent();
      if (absent) {
        rows.erase(prefix_ + id);
      } else {
        rows.append(prefix_ + id, pack(*row));  // nobody asks for it before the commit
      }
    }
    if (clean_.size() + touched_.size() > kKept) old_ = std::exchange(clean_, {});
    if (touched_.size() <= kKept) {
      for (auto& [id, row] : touched_) clean_.insert_or_assign(std::move(id), std::move(row));
    }
    touched_.clear();
  }
  void discard() {
    by_subject_.clear();
    by_id_.clear();
    touched_.clear();
    clean_.clear();
    old_.clear();
  }
  [[nodiscard]] std::size_t bytes() const {
    return (touched_.size() + clean_.size() + old_.size()) * (sizeof(T) * 2 + 256);
  }

 private:
  static constexpr std::size_t kKept = 4096;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };
  template <class Held>
  using ById = std::unordered_map<std::string, Held, Hash, std::equal_to<>>;
  using Row = std::unique_ptr<T>;

  Result<T*> touch(const std::string& id, Rows& rows) {
    auto row = take(id, rows);
    if (!row) return row.error();
    return touched_.emplace_back(id, std::move(*row)).second.get();
  }
  Result<Row> take(const std::string& id, Rows& rows) {
    for (ById<Row>* kept : {&clean_, &old_}) {
      if (kept->empty()) continue;
      const auto found = kept->find(id);
      if (found == kept->end()) continue;
      Row row = std::move(found->second);
      kept->erase(found);
      return row;
    }
    if (!rows.has_committed()) return std::make_unique<T>();
    auto bytes = rows.get(prefix_ + id);
    if (!bytes) return bytes.error();
    if (!*bytes) return std::make_unique<T>();
    auto row = row_of<T>(rows.family(), id, **bytes);
    if (!row) return row.error();
    return std::make_unique<T>(std::move(*row));
  }

  std::string prefix_;
  std::vector<std::pair<std::string, Row>> touched_;  ///< asked for since the last flush, in that order
  std::vector<T*> by_subject_;                        ///< of these, by Rows::subject()
  ById<T*> by_id_;                                    ///< … and those that at() was asked for
  ById<Row> clean_, old_;                             ///< as committed: of late, and before that
};

}  // namespace lastkm::projections
