// Rows that were made anew, walked beside those that were there before.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/store/store.h"
#include "projections/fold.h"
#include "projections/projector.h"

namespace lastkm::projections {

/// Keys from `from` on and before `until`; without one to the end.
struct KeyRange {
  std::string from;
  std::optional<std::string> until;
  /// Whether a cursor that began at `from` stands at a row of them.
  [[nodiscard]] bool holds(const store::Cursor& at) const {
    return at.valid() && (!until || at.key() < *until);
  }
};

/// The live rows of one moment. It holds a snapshot: keep it short.
struct OldRows {
  std::unique_ptr<store::Snapshot> rows;
  Ends until;                                ///< the records that they are made from
  std::set<std::string, std::less<>> views;  ///< those whose rows can be compared
};

/// Of one range of one view.
class Comparison {
 public:
  /// Of the old rows in this family. `rows` outlive this.
  Comparison(const store::Snapshot& rows, const std::string& family, KeyRange range);

  /// A new row; their keys ascend.
  void row(std::string_view key, std::string_view value);
  /// After the last of them. integrity where the old ones could not be read.
  [[nodiscard]] Result<Compared> finish();

 private:
  [[nodiscard]] bool goes_on() const { return before_ && range_.holds(**before_); }
  void differs(std::string_view key);
  void pass_over();

  KeyRange range_;
  Result<std::unique_ptr<store::Cursor>> before_;
  Compared compared_;
};

/// Puts the outcome of a view's next range into `all`, in which views and ranges are in order. An error that
/// is no damage of the old rows is returned.
[[nodiscard]] Status add_range(std::vector<Compared>& all, std::string_view view,
                               const Result<Compared>& range);

}  // namespace lastkm::projections
