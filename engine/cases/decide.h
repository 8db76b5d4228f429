// Answers a command with the events it causes, or with the rule that refuses it. Reads nothing but its
// arguments; equal arguments give equal answers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cases/state.h"
#include "engine/directory/context.h"
#include "engine/record/command.h"
#include "engine/record/decision.h"

namespace lastkm::cases {

/// An operator's command to one case, given by the engine alone: input {"workflow", "version", "stage"?,
/// "reason", "by"}. Moves the case under another version of a workflow; `stage` where the new version has
/// another one for it.
inline constexpr std::string_view kMigrateCase = "MigrateCase";

/// What the lane gives to a decision.
struct Moment {
  Instant now;      ///< lane time: the command's record time included
  std::string ref;  ///< the reference number that a case opened now would get; not asked of one that exists
  std::int32_t decider = 1;
  bool from_case = false;  ///< the command is a follow-up of another case, not asked by a person
};

/// Work that a decision asks of another case.
struct Request {
  AggregateId aggregate;
  std::string command;
  Value input;
  std::string refused;  ///< the command that the other case asks back where it refuses; empty: none
};

struct Answer {
  std::vector<record::Event> events;  ///< numbered from state.version + 1
  std::optional<record::Rejection> rejection;
  std::unique_ptr<const CaseState> after;  ///< the fold of `events` over the state; nullptr: there are none
  std::vector<Request> requests;           ///< in the order of the rules that asked
  bool clocks_pending = false;             ///< the rejection is "clocks-pending"
};

/// Where another calendar is in force than the due times were computed by, they are computed again
/// (DueDateRecomputed), in cases that have not ended. Then the clocks and marks of the case that are due at
/// or before `now` fire first, ordered by (time, clock name), whatever becomes of the command; then the
/// command is answered on the state after them. One decision fires clocks up to kMaxFiredEvents events: the
/// next `ClockDue` fires the rest, any other command is refused with "clocks-pending" till then.
///
/// `ClockDue` is answered with the clocks alone. A command that `opens`, sent again for a case that exists
/// (the caller has sorted out repeats), becomes SupplementReceived. Refusals, in this order:
/// document-missing, clocks-pending, unknown-case, unknown-command, unknown-body, forbidden-role (also where
/// a person asks what only cases ask, or a case what people ask), version-conflict, wrong-stage,
/// before-opening (what is told of happened before the case was asked for), bad-data | unknown-body (with a
/// path), guard-failed and the workflow's own codes, calendar-missing | out-of-range | evaluation,
/// too-many-events.
///
/// What a fired clock causes cannot be refused, so it never stands still either. Where its effects need a
/// calendar year that is not in force, they are counted on plain weeks (Monday to Friday) and the clock is
/// provisional; an expression that cannot be evaluated counts as not holding. Both are told in the event's
/// facts as "engine.problem". A due time whose events all do not apply is StageBreached; a mark whose
/// condition does not hold is MarkPassed.
[[nodiscard]] Answer decide(const CaseState& state, const record::Command& command,
                            const directory::Context& context, const Moment& moment);

inline constexpr std::size_t kMaxFiredEvents = 40;

/// Whether the calendar in force gives due times that differ from the case's: the next decision about the
/// case, a `ClockDue` if nothing else, computes them again.
[[nodiscard]] bool is_behind_calendar(const CaseState& state, const directory::Context& context, Instant now);

/// Only the calendar and the clocks: the answer to `ClockDue`. Empty also where the pinned workflow is not in
/// force.
[[nodiscard]] Answer fire(const CaseState& state, const directory::Context& context, const Moment& moment);

}  // namespace lastkm::cases
