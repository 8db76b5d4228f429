// Whole lives of a deployment from one seed, on one thread: owners that come, crash, overlap and share, a log
// that fails, doubles, lags and lets records land late, operators that decide elsewhere, clients that ask
// again. First the safety phase: anything may fail. Then everything heals, and the liveness phase begins:
// whatever was asked gets its answer. What must hold afterwards is judged by checker.h alone.
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

/// Protections that a control switches off.
struct Without {
  bool syncs = false;
  bool read_back = false;
  bool epochs = false;
};

struct Life {
  explicit Life(std::uint64_t life_seed, Without protections = {});
  /// Both phases. With protections switched off only the first: what is broken need not heal.
  void run();
  /// Every option that the seed chose, on one line.
  [[nodiscard]] std::string options() const;

  std::uint64_t seed;
  Without without;
  std::int32_t lanes, partitions;
  runtime::Bed bed;
  std::vector<Asked> asked;
  std::vector<std::string> complaints;  ///< what no fault explains: a stop, or no answer after healing
  std::string chosen;                   ///< the options of the safety phase, as text
};

}  // namespace lastkm::simulation
