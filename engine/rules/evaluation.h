// How the orders of a workflow are judged: the three rates (domain 1.10) and what is proposed as a duplicate
// (domain 1.9). The member "evaluation" of a workflow document.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/fields.h"
#include "engine/base/value.h"

namespace lastkm::rules {

struct Evaluation {
  /// What an exclusion takes an order out of.
  struct Leaves {
    bool base = false;  ///< all of them
    bool response = false, resolution = false, satisfaction = false;
    bool operator==(const Leaves&) const = default;
  };
  std::int64_t partly_percent = 0;   ///< what "partly solved" counts of a solved order
  std::int64_t basic_percent = 100;  ///< what "basically satisfied" counts of a satisfied one
  /// What each rate counts in the score, in hundredths; 100 together.
  struct Weights {
    std::int64_t response = 30, resolution = 35, satisfaction = 35;
    bool operator==(const Weights&) const = default;
  };
  Weights weights;
  bool last_attempt = false;  ///< the last call-back that reached the caller counts, not the first
  std::map<std::string, Leaves, std::less<>> exclusions;  ///< by code

  /// Hours within which a later request may be a repeat of an earlier one, by its urgency.
  std::map<std::string, std::int64_t, std::less<>> duplicate_hours;
  std::int64_t duplicate_hours_otherwise = 0;  ///< 0: nothing is proposed

  bool operator==(const Evaluation&) const = default;
  /// A code that the rule set does not name leaves the base.
  [[nodiscard]] Leaves leaves(std::string_view code) const;
  [[nodiscard]] std::int64_t hours_for(std::string_view urgency) const;
};

/// Reads the member of a workflow document; nullptr: it has none.
[[nodiscard]] Evaluation read_evaluation(const Value* evaluation, const std::string& pointer, Faults& faults);

}  // namespace lastkm::rules
