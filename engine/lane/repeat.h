// De-duplication: the one rule that tells a command that was answered before from a new one.
#pragma once

#include "engine/lane/step.h"

namespace lastkm::lane {

/// Outcomes expire some time after the case has been archived; what is answered later counts anew.
[[nodiscard]] inline bool is_forgotten(const cases::CaseState& about, const cases::Remembered& answered,
                                       Instant now) {
  if (!about.archived_at) return false;
  const Instant expiry{about.archived_at->ms + kRememberedDays * kMsPerDay};
  return now >= expiry && answered.at < expiry;
}

/// True where the command's id was answered before and is not forgotten; the decision then says so:
/// duplicate_of the first answer, or, where the content differs, the rejection "key-reused".
[[nodiscard]] bool is_repeat(const record::Command& command, const cases::CaseState& about, Memory& memory,
                             record::Decision& decision);

}  // namespace lastkm::lane
