#include "engine/lane/repeat.h"

namespace lastkm::lane {

bool is_repeat(const record::Command& command, const cases::CaseState& about, Memory& memory,
               record::Decision& decision) {
  const auto answered = memory.find_answered(command.aggregate, command.id);
  if (!answered || is_forgotten(about, *answered, decision.lane_time)) return false;
  if (answered->fingerprint == command.fingerprint) {
    decision.duplicate_of = answered->ordinal;
  } else {
    const std::string_view other =
        decision.decider >= 2 ? "for another request: content, actor, expected version or time differ"
                              : "with other content";
    decision.rejection = record::Rejection{
        "key-reused",
        "the idempotency key '" + command.idempotency_key + "' was used before " + std::string(other), "",
        "engine", Value()};
  }
  return true;
}

}  // namespace lastkm::lane
