// Rows of the view "worklist".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/cases/state.h"
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

/// What one body has to do about a case.
struct Work {
  std::string_view body, person;  ///< person: empty where nobody of the body has acted yet
  std::string_view why;           ///< the stage that it holds, or kCoHandler or kWhistle
  std::optional<Instant> due;     ///< exclusive: overdue once the time reaches it
};
inline constexpr std::string_view kCoHandler = "CO_HANDLER";
inline constexpr std::string_view kWhistle = "WHISTLE";

struct WorkRow {
  std::string ref, stage;
  std::vector<std::string> holders;            ///< sorted
  std::map<std::string, std::string> persons;  ///< by body: who of it has acted on the case last
  std::vector<std::string> indexed;            ///< the index rows that are written for it, sorted
  bool ended = false;
  OpenClocks open;
  cases::Parts parts;

  /// Of the case itself; one that has ended falls due no more.
  [[nodiscard]] std::optional<Instant> due() const { return ended ? std::nullopt : open.next(); }
  /// One for each body, of those that hold the case and of those whose part is pending: where it has several,
  /// what falls due first. Valid as long as the row.
  [[nodiscard]] std::vector<Work> works() const;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.ref, self.stage, self.holders, self.persons, self.indexed, self.ended, self.open, self.parts);
  }
};

/// From a row of the view "worklist" in this layout, which may be an older one.
[[nodiscard]] Result<WorkRow> work_row_of(std::int32_t layout, std::string_view id, std::string_view row);

}  // namespace lastkm::projections
