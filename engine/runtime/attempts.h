// Notes, in a file that outlives the process but costs no system call, which command each lane is deciding. A
// process that dies inside `decide` leaves its note behind; after two deaths at one ordinal the lane stops
// there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"

namespace lastkm::runtime {

class Attempts {
 public:
  /// Maps `file`, making it where it is missing. An empty path keeps the notes in memory only.
  [[nodiscard]] static Result<std::unique_ptr<Attempts>> open(const std::string& file, std::int32_t lanes);
  ~Attempts();
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;

  /// How many processes have died while they decided this ordinal.
  [[nodiscard]] int deaths(LaneId lane, Ordinal ordinal) const;
  void begin(LaneId lane, Ordinal ordinal);
  void end(LaneId lane);
  /// Forgets the deaths of a lane: an operator has dealt with them.
  void forget(LaneId lane);

 private:
  struct Note {
    std::int64_t ordinal = 0;
    std::int32_t begun = 0;  ///< attempts at this ordinal that have not ended
    std::int32_t spare = 0;
  };
  Attempts() = default;
  Note* notes_ = nullptr;
  std::size_t bytes_ = 0;
  bool mapped_ = false;
};

}  // namespace lastkm::runtime
