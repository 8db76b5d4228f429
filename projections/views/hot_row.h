// A row of the view "hot": where a case counts.
#pragma once

#include <string>
#include <string_view>

namespace lastkm::projections {

inline constexpr std::string_view kHotCasePrefix = "case/";

struct HotRow {
  std::string month;  ///< of China Standard Time, by business time: "2026-05"
  std::string category, community;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.month, self.category, self.community);
  }
};

}  // namespace lastkm::projections
