// Judges what a life has left behind: from the log and from what clients were told, with nothing of the
// engine's reading.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/simulator.h"

namespace lastkm::simulation {

using Complaints = std::vector<std::string>;

/// P2 and P5 and the order of ordinals, by decisions alone.
[[nodiscard]] Complaints check_decisions(const runtime::Sequences& sequences);
/// P1, and that every answer is what the log says.
[[nodiscard]] Complaints check_answers(const std::vector<Asked>& asked, const runtime::Sequences& sequences);
/// All of it, with P3 (re-decided, and run afresh on another number of partitions) and the state as the fold
/// of events.
[[nodiscard]] Complaints check(Life& life);

}  // namespace lastkm::simulation
