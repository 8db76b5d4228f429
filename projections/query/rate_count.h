// How orders count in the three rates (domain 1.10) under a rule set.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/value.h"
#include "engine/rules/evaluation.h"
#include "projections/views/outcome.h"

namespace lastkm::projections {

/// In hundredths of an order, for parts of one.
struct Fraction {
  std::int64_t num = 0, den = 0;
  void count(std::int64_t percent, std::int64_t orders) {
    num += percent * orders;
    den += 100 * orders;
  }
  /// Of whole orders where no part of one counts; null where the base is empty.
  [[nodiscard]] Value to_value() const;
  /// So many hundredths of it, in parts of kScoreUnit.
  [[nodiscard]] std::int64_t weighted(std::int64_t hundredths) const;
};
/// Parts of a full score, where the exact fraction of three large bases would not fit.
inline constexpr std::int64_t kScoreUnit = 10000000;

class RateLine {
 public:
  /// Adds so many orders that bring this score.
  void add(const Score& score, std::int64_t orders, const rules::Evaluation& evaluation);
  /// No order of it counts anywhere.
  [[nodiscard]] bool empty() const { return base_ == 0 && excluded_.empty(); }
  [[nodiscard]] Value to_value(const std::string& key) const;
  /// Of it "base", the three rates and "excluded".
  [[nodiscard]] Object counts() const;
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, std::int64_t>& excluded() const {
    return excluded_;
  }
  /// The rates by their weights, {"num","den"}; null where one of them is, or where rule sets weigh them
  /// differently.
  [[nodiscard]] Value score() const;

 private:
  std::int64_t base_ = 0;
  Fraction response_, resolution_, satisfaction_;
  std::optional<rules::Evaluation::Weights> weights_;
  bool weighed_alike_ = true;
  std::map<std::pair<std::string, std::string>, std::int64_t> excluded_;  ///< by code and approver
};

[[nodiscard]] Array excluded_lines(
    const std::map<std::pair<std::string, std::string>, std::int64_t>& excluded);

}  // namespace lastkm::projections
