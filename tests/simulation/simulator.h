// Whole lives of a deployment from one seed, on one thread: owners that come, crash and overlap, a log that
// fails and doubles, clients that ask again. What must hold afterwards is judged by checker.h alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/runtime/bed.h"

namespace lastkm::simulation {

/// What a client asked, and every answer that it got.
struct Asked {
  intake::Submission submission;
  CommandId command;
  AggregateId aggregate;
  bool acknowledged = false;
  std::vector<runtime::Outcome> answers;  ///< decided ones
};

struct Life {
  explicit Life(std::uint64_t life_seed, bool lose_syncs = false);
  /// Runs the steps, heals everything, and opens one last time over a clean handle.
  void run();

  std::uint64_t seed;
  bool lose_syncs;
  std::int32_t lanes, partitions;
  runtime::Bed bed;
  std::vector<Asked> asked;
  std::vector<std::string> complaints;  ///< of an owner that stopped for a reason that no fault explains
};

}  // namespace lastkm::simulation
