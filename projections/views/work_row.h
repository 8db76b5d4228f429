// Rows of the view "worklist".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/views/open_clocks.h"

namespace lastkm::projections {

inline constexpr std::string_view kWorkCasePrefix = "case/";
inline constexpr std::string_view kDuePrefix = "due/";
/// Of the index rows of one body's or one person's list.
[[nodiscard]] std::string body_prefix(std::string_view body);
[[nodiscard]] std::string person_prefix(std::string_view person);
inline constexpr std::string_view kCountPrefix = "count/";
/// Of the row that says how long the list with this prefix is; none where it is empty.
[[nodiscard]] std::string count_key(std::string_view list_prefix);

struct WorkRow {
  std::string ref, stage;
  std::vector<std::string> holders;            ///< sorted
  std::map<std::string, std::string> persons;  ///< by body: who of it has acted on the case last
  std::vector<std::string> indexed;            ///< the index rows that are written for it, sorted
  bool ended = false;
  OpenClocks open;

  /// What the list sorts by; a case that has ended falls due no more.
  [[nodiscard]] std::optional<Instant> due() const { return ended ? std::nullopt : open.next(); }

  /// The person of a holding body whose work it is; empty: nobody of it has acted yet.
  [[nodiscard]] std::string_view person_of(std::string_view holder) const;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.ref, self.stage, self.holders, self.persons, self.indexed, self.ended, self.open);
  }
};

}  // namespace lastkm::projections
