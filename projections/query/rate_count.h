// How one case's outcome counts in the three rates of a period (domain 1.10). Attempt basis: the first
// call-back that reached the caller. Solved: yes. Satisfied: yes and basic.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/value.h"
#include "projections/query/queries.h"
#include "projections/views/outcome.h"

namespace lastkm::projections {

struct Fraction {
  std::int64_t num = 0, den = 0;
  void count(bool good) {
    ++den;
    if (good) ++num;
  }
};

struct RateLine {
  std::int64_t base = 0;
  Fraction response, resolution, satisfaction;
  std::map<std::pair<std::string, std::string>, std::int64_t> excluded;  ///< by code and approver
  [[nodiscard]] Value to_value(const std::string& key) const;
};

/// One key that an outcome belongs to: in the base of that line, or only among what was excluded from it.
struct Counted {
  std::string key;
  bool in_base = false;
  std::vector<Exclusion> excluded;
};
[[nodiscard]] std::vector<Counted> count(const Outcome& outcome, RatesBy by, RatesBasis basis,
                                         const Period& period, std::int32_t offset_minutes);
void add_to(RateLine& line, const Outcome& outcome, const Counted& counted);

}  // namespace lastkm::projections
