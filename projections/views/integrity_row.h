// A row of the view "integrity": what can be proven of one lane.
#pragma once

#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/record/merkle.h"

namespace lastkm::projections {

inline constexpr std::string_view kLanePrefix = "lane/";
inline constexpr std::string_view kLatePrefix = "late/";
[[nodiscard]] std::string lane_key(LaneId lane);

struct IntegrityRow {
  Ordinal last;
  record::Frontier decisions;  ///< over the accepted sequence
  record::Frontier commands;   ///< over the commands that it answers
  std::int64_t events = 0, rejected = 0, repeats = 0;
  std::int64_t late = 0;    ///< events recorded more than a day after they happened; imports are not
  std::int64_t broken = 0;  ///< decisions whose `prev` is not the hash of the aggregate's previous one
  Ordinal first_broken;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.last, self.decisions, self.commands, self.events, self.rejected, self.repeats, self.late,
         self.broken, self.first_broken);
  }
};

}  // namespace lastkm::projections
