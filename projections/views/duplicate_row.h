// A row of the view "duplicates": what tells whether a case may be a repeat of another one (domain 1.9).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"

namespace lastkm::projections {

inline constexpr std::string_view kDuplicateCasePrefix = "case/";
inline constexpr std::string_view kDuplicateOpenPrefix = "open/";

struct DuplicateRow {
  std::string ref, place, category, urgency;
  std::string workflow;   ///< "ID@VERSION"
  std::string sketch;     ///< keyed sketch of the request's text, made at intake; empty: none
  Instant at;             ///< when it was asked, in business time
  bool accepted = false;  ///< past the stage at which it could become a child
  bool hidden = false;    ///< confidential, or about somebody's conduct: never merged visibly
  bool linked = false;    ///< a child, or was one: not proposed again
  bool ended = false;
  std::string indexed;  ///< its key among the open ones; empty: none

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.ref, self.place, self.category, self.urgency, self.workflow, self.sketch, self.at,
         self.accepted, self.hidden, self.linked, self.ended, self.indexed);
  }
};

/// "open/" place "/" category "/" time "/" id: neighbours in time stand side by side.
[[nodiscard]] std::string duplicate_key(const DuplicateRow& row, std::string_view id);

}  // namespace lastkm::projections
