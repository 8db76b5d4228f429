// Decides whether conditions can come out as demanded, all at once, for any case at all: facts take one value
// of each class that the expressions can tell apart, and only those that an evaluation really asks for are
// told apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/rules/cel.h"

namespace lastkm::rules {

inline constexpr std::size_t kMaxCells = 1'000'000;

struct Demand {
  const Program* program = nullptr;  ///< a boolean; an empty one holds always
  bool holds = true;                 ///< an evaluation that fails is neither
};

enum class Verdict : std::uint8_t {
  possible,    ///< in the cell of `example`
  impossible,  ///< in no cell: proven
  undecided,   ///< more than kMaxCells, or arithmetic over facts without a small range
};

struct Answer {
  Verdict verdict = Verdict::undecided;
  std::string example;  ///< "case.level = 2, cmd.ok = true"; empty where nothing was read
};

/// Facts and results of host functions are taken to be independent of each other, but for a clock's `state`
/// and `overdue`; equal arguments give equal results. The vocabulary declares every name that the programs
/// use.
[[nodiscard]] Answer try_cells(std::span<const Demand> demands, const Vocabulary& vocabulary,
                               std::size_t max_cells = kMaxCells);

}  // namespace lastkm::rules
