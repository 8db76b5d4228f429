// The parts of `prove`: conditions decided by cells, paths between stages, clocks and their ladders.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/cells.h"
#include "engine/rules/check.h"
#include "engine/rules/workflow.h"

namespace lastkm::rules {

using Findings = std::vector<Finding>;
void add_error(Findings& findings, std::string code, std::string pointer, std::string text);
void add_warning(Findings& findings, std::string code, std::string pointer, std::string text);
/// "'REGISTERED'"
[[nodiscard]] std::string quoted(std::string_view name);

/// A vocabulary in which some facts can take fewer values.
using Narrower = std::map<std::string, Declaration, std::less<>>;
[[nodiscard]] Vocabulary narrowed(Vocabulary base, Narrower facts);

/// Transitions that can never be taken, with the stage that they would be taken from ("" for an opening).
using Never = std::set<std::pair<const Transition*, std::string>>;

/// contradictory-guard, dead-limit, overlap, undecided. What can never be taken is added to `never`.
void check_conditions(const Workflow& workflow, Findings& findings, Never& never);

/// Whether an operation can be on this clock: it names it, or all, or an expression can name it.
[[nodiscard]] bool may_concern(const ClockOperation& operation, std::string_view clock);

/// Whether something stops the clock, or the case moves on when it runs out.
[[nodiscard]] bool can_end(const Workflow& workflow, const ClockRule& clock);

/// Where a case can be, and which clocks may then run.
struct Reach {
  std::set<std::string> stages;
  std::set<std::pair<std::string, std::string>> edges;
  std::map<std::string, std::set<std::string>> clocks;  ///< stages in which they may run or still have marks
};
[[nodiscard]] Reach reach(const Workflow& workflow, const Never& never);

/// unreachable-stage, no-way-to-end, dead-transition, stage-without-holders.
void check_stages(const Workflow& workflow, const Reach& reached, Findings& findings);
/// clock-never-started, clock-never-ends, clock-without-limit.
void check_clocks(const Workflow& workflow, const Reach& reached, Findings& findings);
/// Clocks that nothing has an eye on: clock-runs-on never-suspended never-stopped.
void check_left_clocks(const Workflow& workflow, const Reach& reached, const Never& never,
                       Findings& findings);
/// endless-ladder.
void check_ladders(const Workflow& workflow, Findings& findings);
/// reserved-name no-case-yet optional-unasked.
void check_fields(const Workflow& workflow, Findings& findings);
/// What stands as a literal and can never do, and data that an event's type does not have: unknown-unit
/// out-of-range unknown-clock unused-member unknown-event-member missing-event-member wrong-event-member
/// no-registration registered-twice bad-name.
void check_values(const Workflow& workflow, Findings& findings);

}  // namespace lastkm::rules
