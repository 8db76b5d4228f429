#include <algorithm>

#include "engine/base/fields.h"
#include "engine/rules/cel_ast.h"
#include "engine/rules/check_parts.h"
#include "engine/rules/vocabulary.h"

namespace lastkm::rules {
namespace {

using Kind = ClockOperation::Kind;

/// Whether the expression can give this text.
bool can_be(const Node& node, std::string_view text) {
  if (node.op == Op::choose) return can_be(*node.operands[1], text) || can_be(*node.operands[2], text);
  if (node.op != Op::literal) return true;
  const auto* held = std::get_if<std::string_view>(&node.value);
  return held != nullptr && *held == text;
}

bool begins(const ClockOperation& operation, const std::string& clock) {
  return operation.kind == Kind::start && may_concern(operation, clock);
}

/// Whether none of its marks can come behind the due time.
bool is_over_when_due(const ClockRule& clock) {
  return std::ranges::all_of(clock.marks, [](const Mark& mark) { return mark.n < 0; });
}

bool surely_stops(const Effects& effects, const std::string& clock) {
  return std::any_of(effects.clocks.begin(), effects.clocks.end(), [&clock](const ClockOperation& operation) {
    return operation.kind == Kind::stop && (operation.clock == clock || operation.clock == "*") &&
           operation.when.empty();
  });
}

/// Adds what can happen until nothing new does.
class Walk {
 public:
  Walk(const Workflow& workflow, const Never& never) : workflow_(workflow), never_(never) {}

  Reach run() {
    do {
      grown_ = false;
      for (const CommandRule& command : workflow_.commands) {
        fields_ = &command.fields;
        for (const Transition& transition : command.transitions) {
          take(command, transition);
        }
      }
      fields_ = nullptr;
      for (const ClockRule& clock : workflow_.clocks) {
        apply_from(clock, clock.on_due, is_over_when_due(clock));
        for (const Mark& mark : clock.marks) apply_from(clock, mark.effects, false);
      }
    } while (grown_);
    return std::move(out_);
  }

 private:
  template <class Set, class Item>
  void grow(Set& set, Item&& item) {
    grown_ |= set.insert(std::forward<Item>(item)).second;
  }

  void take(const CommandRule& command, const Transition& transition) {
    if (command.opens && never_.count({&transition, ""}) == 0)
      enter("", transition.effects.to, transition.effects, nullptr);
    for (const std::string& from : transition.from) {
      if (out_.stages.count(from) > 0 && never_.count({&transition, from}) == 0)
        leave(from, transition.effects, nullptr);
    }
  }

  void apply_from(const ClockRule& clock, const Effects& effects, bool over) {
    const std::set<std::string> stages = out_.clocks[clock.id];
    for (const std::string& from : stages) leave(from, effects, over ? &clock : nullptr);
  }

  void leave(const std::string& from, const Effects& effects, const ClockRule* over) {
    const std::string& to = effects.to.empty() ? from : effects.to;
    grow(out_.edges, std::pair(from, to));
    enter(from, to, effects, over);
  }

  void enter(const std::string& from, const std::string& to, const Effects& effects, const ClockRule* over) {
    grow(out_.stages, to);
    for (const ClockRule& clock : workflow_.clocks) {
      std::set<std::string>& runs = out_.clocks[clock.id];
      const bool kept = runs.count(from) > 0 && &clock != over && !surely_stops(effects, clock.id);
      const bool begun =
          std::any_of(effects.clocks.begin(), effects.clocks.end(), [&](const ClockOperation& operation) {
            return begins(operation, clock.id) && can_hold_in(to, operation);
          });
      if (kept || begun) grow(runs, to);
    }
  }

  /// Whether the condition of an operation does not shut the stage out, of which it is asked once the case
  /// is there.
  bool can_hold_in(const std::string& stage, const ClockOperation& operation) {
    const std::vector<std::string>& facts = operation.when.facts();
    if (!std::binary_search(facts.begin(), facts.end(), "case.stage")) return true;
    const auto [known, asked] = can_hold_.try_emplace({&operation, stage}, true);
    if (!asked) return known->second;
    Declaration here;
    here.one_of = {stage};
    const Demand demand{&operation.when};
    const Vocabulary vocabulary = narrowed(vocabulary_for(workflow_, fields_), {{"case.stage", here}});
    known->second = try_cells(std::span(&demand, 1), vocabulary).verdict != Verdict::impossible;
    return known->second;
  }

  const Workflow& workflow_;
  const Never& never_;
  const std::vector<Field>* fields_ = nullptr;  ///< of the command that is looked at
  std::map<std::pair<const ClockOperation*, std::string>, bool> can_hold_;
  Reach out_;
  bool grown_ = false;
};

/// The stages from which an end can be reached.
std::set<std::string> ending(const Workflow& workflow, const Reach& reached) {
  std::set<std::string> out;
  for (const Stage& stage : workflow.stages) {
    if (stage.ends) out.insert(stage.id);
  }
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [from, to] : reached.edges) {
      if (out.count(to) > 0) grown |= out.insert(from).second;
    }
  }
  return out;
}

}  // namespace

bool may_concern(const ClockOperation& operation, std::string_view clock) {
  if (!operation.clock_from.empty()) return can_be(*operation.clock_from.root(), clock);
  return operation.clock == clock || operation.clock == "*";
}

Reach reach(const Workflow& workflow, const Never& never) {
  return Walk(workflow, never).run();
}

void check_stages(const Workflow& workflow, const Reach& reached, Findings& findings) {
  const std::set<std::string> ends = ending(workflow, reached);
  for (std::size_t i = 0; i < workflow.stages.size(); ++i) {
    const Stage& stage = workflow.stages[i];
    const std::string pointer = child("/stages", i);
    if (reached.stages.count(stage.id) == 0) {
      add_error(findings, "unreachable-stage", pointer, "no case ever comes to stage " + quoted(stage.id));
    } else if (ends.count(stage.id) == 0) {
      add_error(findings, "no-way-to-end", pointer,
                "from stage " + quoted(stage.id) + " no path leads to a stage that ends");
    }
    if (!stage.ends && stage.holders.empty()) {
      add_warning(findings, "stage-without-holders", pointer,
                  "a case in stage " + quoted(stage.id) + " is on nobody's worklist");
    }
  }
  for (const CommandRule& command : workflow.commands) {
    for (const Transition& transition : command.transitions) {
      const bool dead =
          std::none_of(transition.from.begin(), transition.from.end(),
                       [&reached](const std::string& from) { return reached.stages.count(from) > 0; });
      if (dead && !command.opens) {
        add_error(findings, "dead-transition", transition.pointer,
                  "transition " + quoted(transition.id) + " of " + quoted(command.name) +
                      " begins only in stages that no case comes to");
      }
    }
  }
}

}  // namespace lastkm::rules
