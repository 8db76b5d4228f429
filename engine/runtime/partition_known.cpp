// What is known of a row that was imported before.
#include "engine/runtime/partition_owner.h"

namespace lastkm::runtime {

std::optional<Outcome> known_by(const cases::CaseState& known, std::string_view fingerprint) {
  for (const cases::Remembered& remembered : known.remembered) {
    if (remembered.fingerprint != fingerprint) continue;
    Outcome outcome;
    outcome.status = OutcomeStatus::duplicate;
    outcome.command = remembered.command;
    outcome.aggregate = known.id;
    outcome.ref = known.ref;
    outcome.seq = known.version;
    outcome.ordinal = remembered.ordinal;
    return outcome;
  }
  return std::nullopt;
}

std::optional<Outcome> PartitionOwner::find_known(LaneId lane, const AggregateId& about,
                                                  std::string_view fingerprint, const CommandId& command) {
  const std::lock_guard lock(mutex_);
  LaneBooks& books = this->books(lane);
  books.let_go_of_read();
  const cases::CaseState* found = books.find_case(about);
  if (found != nullptr) {
    if (auto known = known_by(*found, fingerprint)) {
      known->lane = lane;
      return known;
    }
  }
  const auto answered = books.find_answered(about, command);
  if (!answered) return std::nullopt;
  auto decision = find_decision(books, answered->ordinal, about, command);
  if (!decision || !decision->rejection) return std::nullopt;
  Outcome outcome;
  outcome.status = OutcomeStatus::rejected;
  outcome.command = command;
  outcome.aggregate = about;
  outcome.lane = lane;
  outcome.ordinal = decision->ordinal;
  outcome.lane_time = decision->lane_time;
  outcome.rejection = std::move(decision->rejection);
  if (found != nullptr) {
    outcome.ref = found->ref;
    outcome.seq = found->version;
  }
  return outcome;
}

DirectoryOrdinal PartitionOwner::in_force(LaneId lane) {
  const std::lock_guard lock(mutex_);
  return books(lane).state.context;
}

}  // namespace lastkm::runtime
