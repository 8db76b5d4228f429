// What is known of something that was asked before.
#include <algorithm>

#include "engine/lane/repeat.h"
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

bool PartitionOwner::has_answered(LaneId lane, const AggregateId& about, const CommandId& command,
                                  std::string_view fingerprint) {
  const std::lock_guard lock(mutex_);
  LaneBooks& books = this->books(lane);
  books.let_go_of_read();
  const cases::CaseState* found = books.find_case(about);
  const auto stands = [found, now = parts_.now()](const cases::Remembered& one) {
    return found == nullptr || !lane::is_forgotten(*found, one, now);
  };
  if (const auto answered = books.find_answered(about, command); answered && stands(*answered)) return true;
  return found != nullptr && !fingerprint.empty() &&
         std::any_of(found->remembered.begin(), found->remembered.end(), [&](const cases::Remembered& one) {
           return one.fingerprint == fingerprint && stands(one);
         });
}

DirectoryOrdinal PartitionOwner::in_force(LaneId lane) {
  const std::lock_guard lock(mutex_);
  return books(lane).state.context;
}

}  // namespace lastkm::runtime
