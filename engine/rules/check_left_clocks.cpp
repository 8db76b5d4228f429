// Clocks that are left alone: those that run on where the case has ended, and operations that never find a
// clock in a state for them.
#include <algorithm>

#include "engine/base/fields.h"
#include "engine/rules/check_parts.h"

namespace lastkm::rules {
namespace {

using Kind = ClockOperation::Kind;

/// Whether the effects say what becomes of the clock: all but a resumption and an extension do.
bool settles(const Effects& effects, std::string_view clock) {
  return std::ranges::any_of(effects.clocks, [clock](const ClockOperation& operation) {
    return may_concern(operation, clock) && operation.kind != Kind::resume && operation.kind != Kind::extend;
  });
}

class LeftClocks {
 public:
  LeftClocks(const Workflow& workflow, const Reach& reached, const Never& never, Findings& findings)
      : workflow_(workflow), reached_(reached), never_(never), findings_(findings) {}

  void check() {
    for (const CommandRule& command : workflow_.commands) {
      for (const Transition& transition : command.transitions) {
        std::set<std::string> from;
        for (const std::string& stage : transition.from) {
          if (reached_.stages.count(stage) > 0 && never_.count({&transition, stage}) == 0) from.insert(stage);
        }
        check_end(transition.effects, from, nullptr, transition.pointer);
        check_operations(transition.effects, transition.pointer);
      }
    }
    for (const ClockRule& clock : workflow_.clocks) {
      const std::set<std::string>& from = reached_.clocks.at(clock.id);
      check_end(clock.on_due, from, &clock, clock.pointer + "/on_due");
      check_operations(clock.on_due, clock.pointer + "/on_due");
      for (std::size_t i = 0; i < clock.marks.size(); ++i) {
        const std::string pointer = child(clock.pointer + "/marks", i);
        check_end(clock.marks[i].effects, from, nullptr, pointer);
        check_operations(clock.marks[i].effects, pointer);
      }
    }
  }

 private:
  [[nodiscard]] bool ends(const std::string& stage) const {
    const Stage* found = workflow_.find_stage(stage);
    return found != nullptr && found->ends;
  }

  /// Whether something starts the clock in a stage that ends, or on the way into one: it is to run there.
  [[nodiscard]] bool is_for_ended(const ClockRule& clock) const {
    const auto starts = [&clock](const Effects& effects) {
      return std::ranges::any_of(effects.clocks, [&clock](const ClockOperation& operation) {
        return operation.kind == Kind::start && operation.clock == clock.id;
      });
    };
    return std::ranges::any_of(workflow_.commands, [&](const CommandRule& command) {
      return std::ranges::any_of(command.transitions, [&](const Transition& transition) {
        const bool there =
            transition.effects.to.empty()
                ? std::ranges::any_of(transition.from, [this](const auto& s) { return ends(s); })
                : ends(transition.effects.to);
        return there && starts(transition.effects);
      });
    });
  }

  /// `over` has run out by then.
  void check_end(const Effects& effects, const std::set<std::string>& from, const ClockRule* over,
                 const std::string& pointer) {
    if (!ends(effects.to)) return;
    std::string left;
    for (const ClockRule& clock : workflow_.clocks) {
      if (!can_end(workflow_, clock)) continue;  // clock-never-ends
      if (&clock == over || settles(effects, clock.id) || is_for_ended(clock)) continue;
      const std::set<std::string>& runs = reached_.clocks.at(clock.id);
      const bool may_run = std::ranges::any_of(
          from, [&](const std::string& stage) { return !ends(stage) && runs.count(stage) > 0; });
      if (may_run) left += (left.empty() ? "" : ", ") + quoted(clock.id);
    }
    if (left.empty()) return;
    add_warning(findings_, "clock-runs-on", pointer,
                "the case ends in stage " + quoted(effects.to) +
                    ", and these clocks may run on and out there: " + left +
                    R"(; stop them here, one by one or all with {"op": "stop", "clock": "*"})");
  }

  void check_operations(const Effects& effects, const std::string& pointer) {
    for (std::size_t i = 0; i < effects.clocks.size(); ++i) {
      const ClockOperation& operation = effects.clocks[i];
      const std::string named = operation.clock.empty() || operation.clock == "*"
                                    ? "any clock"
                                    : "clock " + quoted(operation.clock);
      if (operation.kind == Kind::resume && !some(Kind::suspend, operation)) {
        add_warning(findings_, "never-suspended", child(pointer + "/clocks", i),
                    "nothing suspends " + named + ", so there is none to resume");
      }
      if (operation.kind == Kind::restore && !some(Kind::stop, operation)) {
        add_warning(findings_, "never-stopped", child(pointer + "/clocks", i),
                    "nothing stops " + named + ", so there is none to restore");
      }
    }
  }

  /// Whether an operation of this kind can be on a clock that `other` can be on.
  [[nodiscard]] bool some(Kind kind, const ClockOperation& other) const {
    return std::ranges::any_of(workflow_.clocks, [&](const ClockRule& clock) {
      const auto fits = [&](const ClockOperation& operation) {
        return operation.kind == kind && may_concern(operation, clock.id);
      };
      return may_concern(other, clock.id) && any_effects([&fits](const Effects& effects) {
               return std::ranges::any_of(effects.clocks, fits);
             });
    });
  }

  /// Whether it is so of the effects of any transition, due time or mark.
  template <class Is>
  [[nodiscard]] bool any_effects(const Is& is) const {
    return std::ranges::any_of(workflow_.commands,
                               [&is](const CommandRule& command) {
                                 return std::ranges::any_of(command.transitions, is, &Transition::effects);
                               }) ||
           std::ranges::any_of(workflow_.clocks, [&is](const ClockRule& clock) {
             return is(clock.on_due) || std::ranges::any_of(clock.marks, is, &Mark::effects);
           });
  }

  const Workflow& workflow_;
  const Reach& reached_;
  const Never& never_;
  Findings& findings_;
};

}  // namespace

void check_left_clocks(const Workflow& workflow, const Reach& reached, const Never& never,
                       Findings& findings) {
  LeftClocks(workflow, reached, never, findings).check();
}

}  // namespace lastkm::rules
