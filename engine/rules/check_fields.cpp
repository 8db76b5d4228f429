// The fields of commands: which names they may bear, and that an expression does not take a value for granted
// that a submission may leave out.
#include <algorithm>

#include "engine/base/fields.h"
#include "engine/base/sealed_names.h"
#include "engine/rules/cel_ast.h"
#include "engine/rules/check_parts.h"

namespace lastkm::rules {
namespace {

using Names = std::set<std::string>;

bool is_field(std::string_view fact) {
  return fact.starts_with("cmd.");
}

bool compares(const Node& node) {
  return node.op == Op::equal || node.op == Op::unequal;
}

/// Fields that the expression asks for with has(), or compares, which a field that is absent may be.
void add_asked(const Node& node, Names& asked) {
  if (node.op == Op::has && is_field(node.name)) asked.insert(node.name);
  for (const NodePtr& operand : node.operands) {
    if (compares(node) && operand->op == Op::fact && is_field(operand->name)) asked.insert(operand->name);
    add_asked(*operand, asked);
  }
}

/// Fields that have to be there for an evaluation not to fail. `bare`: nothing takes the value of this node
/// that could not do with null.
void add_needed(const Node& node, bool bare, Names& needed) {
  if (node.op == Op::fact && node.nullable && !bare && is_field(node.name)) needed.insert(node.name);
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    const bool handed_on = node.op == Op::choose && i > 0 && bare;
    add_needed(*node.operands[i], handed_on || compares(node), needed);
  }
}

/// What is known to have been asked before an expression is evaluated.
class Asked {
 public:
  /// An evaluation that has not failed has read all that it reads.
  void add(const Program& program) {
    if (program.empty()) return;
    add_asked(*program.root(), names_);
    for (const std::string& fact : program.facts()) {
      if (is_field(fact)) names_.insert(fact);
    }
  }
  [[nodiscard]] Asked with(const Program& program) const {
    Asked out = *this;
    out.add(program);
    return out;
  }
  /// The fields that `program` needs and nothing has asked for.
  [[nodiscard]] std::vector<std::string> missing_in(const Program& program, bool bare) const {
    Names needed;
    Names asked = names_;
    if (!program.empty()) {
      add_needed(*program.root(), bare, needed);
      add_asked(*program.root(), asked);
    }
    std::vector<std::string> out;
    std::set_difference(needed.begin(), needed.end(), asked.begin(), asked.end(), std::back_inserter(out));
    return out;
  }

 private:
  Names names_;
};

/// Whether every command that opens a case has the field and demands it.
bool every_opening_demands(const Workflow& workflow, std::string_view name) {
  return std::all_of(workflow.commands.begin(), workflow.commands.end(), [name](const CommandRule& command) {
    return !command.opens ||
           std::any_of(command.fields.begin(), command.fields.end(),
                       [name](const Field& field) { return field.required && field.name == name; });
  });
}

/// Whether the first is tried wherever the second is.
bool covers(const Transition& first, const Transition& second) {
  return std::ranges::all_of(second.from, [&first](const std::string& stage) {
    return std::ranges::find(first.from, stage) != first.from.end();
  });
}

class FieldCheck {
 public:
  FieldCheck(const Workflow& workflow, Findings& findings) : workflow_(workflow), findings_(findings) {}

  void check() {
    check_applies();
    for (std::size_t i = 0; i < workflow_.commands.size(); ++i) {
      const CommandRule& command = workflow_.commands[i];
      check_names(command, child(child("/commands", i), "fields"));
      for (std::size_t t = 0; t < command.transitions.size(); ++t) {
        Asked before;  // by the transitions that are tried first
        for (std::size_t earlier = 0; earlier < t; ++earlier) {
          if (covers(command.transitions[earlier], command.transitions[t]))
            before.add(command.transitions[earlier].when);
        }
        check_transition(command.transitions[t], before);
      }
    }
  }

 private:
  /// Intake seals what has one of these names, so no rule would ever get a value of another kind.
  void check_names(const CommandRule& command, const std::string& pointer) {
    for (std::size_t i = 0; i < command.fields.size(); ++i) {
      const Field& field = command.fields[i];
      if (field.kind == FieldKind::text || field.kind == FieldKind::caller || !is_always_sealed(field.name))
        continue;
      add_error(
          findings_, "reserved-name", child(child(pointer, i), "name"),
          "what is called " + quoted(field.name) +
              " is sealed before any rule sees it, so it can only be of kind 'text' (or 'caller'), and " +
              quoted(command.name) + " would refuse every submission: give the field another name");
    }
  }

  /// There is no case yet that it could read.
  void check_applies() {
    for (const std::string& fact : workflow_.applies.facts()) {
      if (!fact.starts_with("case.") && !fact.starts_with("clock.")) continue;
      add_error(findings_, "no-case-yet", "/applies",
                "'applies' is asked before there is a case: it reads cmd.*, actor.* and category.*, not " +
                    quoted(fact));
    }
    for (const std::string& fact : Asked().missing_in(workflow_.applies, false)) {
      if (!every_opening_demands(workflow_, std::string_view(fact).substr(4))) say("/applies", fact);
    }
  }

  void check_transition(const Transition& transition, const Asked& before) {
    Asked asked = before;
    look(transition.when, false, asked, transition.pointer + "/when");
    asked.add(transition.when);
    for (std::size_t i = 0; i < transition.require.size(); ++i) {
      const Program& condition = transition.require[i].condition;
      look(condition, false, asked, child(transition.pointer + "/require", i) + "/if");
      asked.add(condition);
    }
    const Effects& effects = transition.effects;
    for (std::size_t i = 0; i < effects.events.size(); ++i)
      check_event(effects.events[i], asked, child(transition.pointer + "/events", i));
    for (std::size_t i = 0; i < effects.clocks.size(); ++i)
      check_operation(effects.clocks[i], asked, child(transition.pointer + "/clocks", i));
    for (std::size_t i = 0; i < effects.asks.size(); ++i)
      check_ask(effects.asks[i], asked, child(transition.pointer + "/asks", i));
  }

  void check_event(const EventRule& event, const Asked& asked, const std::string& pointer) {
    look(event.when, false, asked, pointer + "/when");
    const Asked inside = asked.with(event.when);
    for (const auto& [name, program] : event.data)
      look(program, true, inside, child(pointer + "/data", name));
  }

  /// A start takes from the limit what is null, an extension the unit.
  void check_operation(const ClockOperation& operation, const Asked& asked, const std::string& pointer) {
    look(operation.when, false, asked, pointer + "/when");
    const Asked inside = asked.with(operation.when);
    const bool extends = operation.kind == ClockOperation::Kind::extend;
    look(operation.clock_from, false, inside, pointer + "/clock_from");
    look(operation.n, !extends, inside, pointer + "/n");
    look(operation.unit, true, inside, pointer + "/unit");
  }

  void check_ask(const AskRule& ask, const Asked& asked, const std::string& pointer) {
    look(ask.when, false, asked, pointer + "/when");
    const Asked inside = asked.with(ask.when);
    look(ask.of, true, inside, pointer + "/of");
    for (const auto& [name, program] : ask.data) look(program, true, inside, child(pointer + "/data", name));
  }

  void look(const Program& program, bool bare, const Asked& asked, const std::string& pointer) {
    for (const std::string& field : asked.missing_in(program, bare)) say(pointer, field);
  }

  void say(const std::string& pointer, const std::string& field) {
    add_warning(findings_, "optional-unasked", pointer,
                quoted(field) + " may be left out, and this fails where it is: ask has(" + field + ") first");
  }

  const Workflow& workflow_;
  Findings& findings_;
};

}  // namespace

void check_fields(const Workflow& workflow, Findings& findings) {
  FieldCheck(workflow, findings).check();
}

}  // namespace lastkm::rules
