// Folds one event into the state of a case. Cannot fail: decide made the event, or a decoder refused it. The
// one fold for live work, replay, views and simulation.
#pragma once

#include "engine/cases/state.h"
#include "engine/record/decision.h"
#include "engine/rules/event_facts.h"

namespace lastkm::cases {

/// Members of the data that it does not know are ignored, missing ones change nothing.
void evolve(CaseState& state, const record::Event& event, Instant recorded_at);

/// The same fold of who has a part in the case, for whoever needs no more of it.
void evolve(Parts& parts, const record::Event& event);

/// Whether the folds know this (type, version): of a case, or of a lane (lane/step.h).
[[nodiscard]] bool is_known(const AggregateId& of, const record::Event& event);

/// The event types of a case, sorted, with the members that their data must and may have.
using rules::EventMember;
struct EventType {
  std::string name;
  std::vector<EventMember> members;
};
[[nodiscard]] const std::vector<EventType>& event_types();

}  // namespace lastkm::cases
