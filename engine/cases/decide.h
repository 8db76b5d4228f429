// Answers a command with the events it causes, or with the rule that refuses it. Reads nothing but its arguments;
// equal arguments give equal answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/cases/state.h"
#include "engine/directory/context.h"
#include "engine/record/command.h"
#include "engine/record/decision.h"

namespace lastkm::cases {

/// What the lane gives to a decision.
struct Moment {
  Instant now;           ///< lane time: the command's record time included
  std::string ref;       ///< the reference number that a case opened now would get
  std::int32_t decider = 1;
};

struct Answer {
  std::vector<record::Event> events;  ///< numbered from state.version + 1
  std::optional<record::Rejection> rejection;
};

/// The clocks and marks of the case that are due at or before `now` fire first, ordered by (time, clock name), whatever
/// becomes of the command; then the command is answered on the state after them.
[[nodiscard]] Answer decide(const CaseState& state, const record::Command& command, const directory::Context& context,
                            const Moment& moment);

/// Only the clocks: the answer to `ClockDue`.
[[nodiscard]] std::vector<record::Event> fire(const CaseState& state, const directory::Context& context, const Moment& moment);

/// Work that an event asks of other cases.
struct Request {
  AggregateId aggregate;
  std::string command;
  Value input;
};
[[nodiscard]] std::vector<Request> react(const CaseState& after, const record::Event& event);

}  // namespace lastkm::cases
