// A group of effects of a workflow made into events: what a transition, a due time or a mark causes.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/cases/decide.h"
#include "engine/cases/facts.h"
#include "engine/cases/state.h"
#include "engine/directory/context.h"
#include "engine/record/decision.h"
#include "engine/rules/workflow.h"

namespace lastkm::cases {

/// "three-party@1/SignCase", or with a part of that: "three-party@1/SignCase/T08"
[[nodiscard]] std::string rule_id(const rules::Workflow& workflow, std::string_view part,
                                  std::string_view within = {});

/// What is the same in all events of the group.
struct Cause {
  const rules::Workflow& workflow;
  const directory::Context& context;
  const Moment& moment;
  std::string rule;
  const record::Actor& actor;
  Instant occurred_at;
  Instant base;  ///< what clocks count from
  Object facts;  ///< what the guards saw; goes into the first event
  /// The command; both nullptr where a clock is the cause. A clock's effects cannot be refused: see decide.h.
  const record::Command* command = nullptr;
  const rules::CommandRule* command_rule = nullptr;
  Value change;                ///< of the clock that is the cause, applied first; null: none
  std::string_view clock;      ///< its name; empty: a command
  std::string_view mark;       ///< its mark; empty: the due time
  std::string_view otherwise;  ///< the event where none of the group's applies; empty: refused "guard-failed"
};

/// Events and requests of a decision that is being made.
struct Caused {
  std::vector<record::Event>& events;
  std::vector<Request>& requests;
};

/// Appends the group's events and requests and moves the state to after them. On an error the state is
/// somewhere in between, and so is what was appended: the caller drops all. refused guard-failed |
/// calendar-missing | evaluation | bad-case; bad_input out-of-range.
[[nodiscard]] Status take_effect(const rules::Effects& effects, Cause cause, CaseState& state, Caused caused);

}  // namespace lastkm::cases
