// Rows of one view kept decoded, so that a case which many events touch is read and parsed once, and written
// once a chunk. What is not touched any more is forgotten in time.
#pragma once

#include <algorithm>
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
/// Keys of rows are prefix and id.
template <class T>
class Decoded {
 public:
  explicit Decoded(std::string_view prefix = {}) : prefix_(prefix) {}

  /// The row to be changed, made empty where there is none. Valid until flush or discard.
  [[nodiscard]] Result<T*> at(std::string_view id, Rows& rows) {
    auto held = touched_.find(id);
    if (held == touched_.end()) {
      auto read = take(id, rows);
      if (!read) return read.error();
      held = touched_.emplace(std::string(id), std::move(*read)).first;
    }
    return &held->second;
  }

  /// The same of what the running decision is about, which has this id: where it has come before since the
  /// last flush, its number tells where that is, and no table is waited for.
  [[nodiscard]] Result<T*> at_subject(const AggregateId& id, Rows& rows) {
    const std::size_t number = rows.subject();
    if (number < by_subject_.size() && by_subject_[number] != nullptr) return by_subject_[number];
    auto found = at(id.value, rows);
    if (found && number != Rows::kNoSubject) {
      if (number >= by_subject_.size()) by_subject_.resize(std::max(number + 1, by_subject_.size() * 2));
      by_subject_[number] = *found;
    }
    return found;
  }

  /// Reads the rows of these together, where they are not known yet. What cannot be read is told by at().
  void expect(std::span<const std::string> ids, Rows& rows) {
    std::vector<std::string> keys;
    for (const std::string& id : ids) {
      if (!touched_.contains(id) && !clean_.contains(id) && !old_.contains(id)) keys.push_back(prefix_ + id);
    }
    const auto found = rows.get_many(keys);
    if (!found) return;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string_view id = std::string_view(keys[i]).substr(prefix_.size());
      auto row = (*found)[i] ? row_of<T>(rows.family(), id, *(*found)[i]) : Result<T>(T{});
      if (row) clean_.emplace(std::string(id), std::move(*row));
    }
  }

  /// What the chunk has touched, in no order.
  template <class Visit>
  void each(Visit visit) {
    for (auto& [id, row] : touched_) visit(id, row);
  }

  void flush(Rows& rows) {
    by_subject_.clear();
    for (const auto& [id, row] : touched_) {
      bool absent = false;
      if constexpr (requires(const T& one) { one.absent(); }) absent = row.absent();
      if (absent) {
        rows.erase(prefix_ + id);
      } else {
        rows.append(prefix_ + id, pack(row));  // nobody asks for it before the commit
      }
    }
    if (clean_.size() + touched_.size() > kKept) old_ = std::exchange(clean_, {});
    if (touched_.size() > kKept) {
      touched_.clear();
    } else if (clean_.empty()) {
      clean_.swap(touched_);
    } else {
      clean_.merge(touched_);
      touched_.clear();
    }
  }
  void discard() {
    by_subject_.clear();
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
  using Map = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  Result<T> take(std::string_view id, Rows& rows) {
    for (Map* kept : {&clean_, &old_}) {
      if (kept->empty()) continue;
      const auto found = kept->find(id);
      if (found == kept->end()) continue;
      T row = std::move(found->second);
      kept->erase(found);
      return row;
    }
    auto bytes = rows.get(prefix_ + std::string(id));
    if (!bytes) return bytes.error();
    if (!*bytes) return T{};
    return row_of<T>(rows.family(), id, **bytes);
  }

  std::string prefix_;
  Map touched_;                 ///< changed since the last flush
  std::vector<T*> by_subject_;  ///< some of these, by Rows::subject()
  Map clean_, old_;             ///< as committed: of late, and before that
};

}  // namespace lastkm::projections
