#include <algorithm>
#include <optional>

#include "engine/base/fields.h"
#include "engine/rules/cel_ast.h"
#include "engine/rules/check_parts.h"
#include "engine/rules/event_facts.h"
#include "engine/rules/names.h"

namespace lastkm::rules {
namespace {

using Kind = ClockOperation::Kind;

/// Calls `act` with every node whose value the expression can give as it is.
template <class Act>
void for_each_leaf(const Node& node, const Act& act) {
  if (node.op != Op::choose) return act(node);
  for_each_leaf(*node.operands[1], act);
  for_each_leaf(*node.operands[2], act);
}

/// Calls `act` with every literal that the expression can give as it stands.
template <class Act>
void for_each_result(const Node& node, const Act& act) {
  for_each_leaf(node, [&act](const Node& leaf) {
    if (leaf.op == Op::literal) act(leaf.value);
  });
}

/// What a field's value is, as a member of an event, in the words of EventMember::kind.
std::string_view kind_of(const Field& field) {
  switch (field.kind) {
    case FieldKind::text:
    case FieldKind::caller:
      return "sealed";
    case FieldKind::integer:
      return "integer";
    case FieldKind::boolean:
      return "boolean";
    case FieldKind::bodies:
      return "bodies";
    case FieldKind::co_handlers:
      return "co_handlers";
    case FieldKind::scores:
      return "scores";
    case FieldKind::evidence:
    case FieldKind::value:
      return "any";
    default:
      return "text";
  }
}

std::string_view kind_of(Type type) {
  switch (type) {
    case Type::boolean:
      return "boolean";
    case Type::integer:
      return "integer";
    case Type::texts:
      return "bodies";
    case Type::null:
      return "null";
    case Type::text:
      break;
  }
  return "text";
}

bool fits(std::string_view given, std::string_view wanted) {
  return given == wanted || wanted == "any" || (wanted == "co_handlers" && given == "bodies");
}

/// The field of which this is the fact, or the expression that copies it as a whole.
const Field* field_named(std::string_view text, const CommandRule* command) {
  if (command == nullptr || !text.starts_with("cmd.")) return nullptr;
  const auto found = std::find_if(command->fields.begin(), command->fields.end(),
                                  [&](const Field& field) { return field.name == text.substr(4); });
  return found == command->fields.end() ? nullptr : &*found;
}

class Values {
 public:
  Values(const Workflow& workflow, Findings& findings) : workflow_(workflow), findings_(findings) {}

  void check() {
    check_names();
    for (const CommandRule& command : workflow_.commands) {
      for (const Transition& transition : command.transitions) {
        check_effects(transition.effects, transition.pointer, &command);
        if (command.opens) check_opening(transition);
      }
    }
    for (const ClockRule& clock : workflow_.clocks) {
      check_effects(clock.on_due, clock.pointer + "/on_due", nullptr);
      for (std::size_t i = 0; i < clock.marks.size(); ++i) {
        check_effects(clock.marks[i].effects, child(clock.pointer + "/marks", i), nullptr);
      }
      for (std::size_t i = 0; i < clock.limits.size(); ++i) {
        check_amount(clock.limits[i].n, child(clock.pointer + "/limits", i) + "/n");
      }
    }
  }

 private:
  void check_names() {
    check_name(workflow_.id, "/id", NameForm::id);
    for (std::size_t i = 0; i < workflow_.stages.size(); ++i)
      check_name(workflow_.stages[i].id, child("/stages", i) + "/id", NameForm::id);
    for (const ClockRule& clock : workflow_.clocks) {
      check_name(clock.id, clock.pointer + "/id", NameForm::id);
      for (std::size_t m = 0; m < clock.marks.size(); ++m)
        check_name(clock.marks[m].id, child(clock.pointer + "/marks", m) + "/id", NameForm::id);
    }
    for (std::size_t i = 0; i < workflow_.commands.size(); ++i)
      check_names(workflow_.commands[i], child("/commands", i));
  }

  void check_names(const CommandRule& command, const std::string& pointer) {
    check_name(command.name, pointer + "/name", NameForm::command);
    for (std::size_t r = 0; r < command.roles.size(); ++r)
      check_name(command.roles[r], child(pointer + "/roles", r), NameForm::role);
    for (std::size_t f = 0; f < command.fields.size(); ++f)
      check_name(command.fields[f].name, child(pointer + "/fields", f) + "/name", NameForm::field);
    for (const Transition& transition : command.transitions) {
      check_name(transition.id, transition.pointer + "/id", NameForm::id);
      for (std::size_t r = 0; r < transition.require.size(); ++r)
        check_name(transition.require[r].code, child(transition.pointer + "/require", r) + "/code",
                   NameForm::refusal);
    }
  }

  void check_name(std::string_view name, const std::string& pointer, NameForm form) {
    if (is_name(name, form)) return;
    add_error(findings_, "bad-name", pointer,
              quoted(name) + " is no name here: " + std::string(words_for(form)));
  }

  /// A case is what CaseRegistered says of it: without it the case would have no workflow and no number.
  void check_opening(const Transition& transition) {
    const EventRule* first = transition.effects.events.empty() ? nullptr : &transition.effects.events.front();
    if (first != nullptr && first->type == "CaseRegistered" && first->when.empty()) return;
    add_error(findings_, "no-registration", transition.pointer + "/events/0",
              "the first event of a command that opens a case is CaseRegistered, without a condition");
  }

  void check_effects(const Effects& effects, const std::string& pointer, const CommandRule* command) {
    for (std::size_t i = 0; i < effects.events.size(); ++i) {
      check_event(effects.events[i], child(pointer + "/events", i), command);
    }
    for (std::size_t i = 0; i < effects.clocks.size(); ++i) {
      check_operation(effects.clocks[i], child(pointer + "/clocks", i), command);
    }
  }

  void check_operation(const ClockOperation& operation, const std::string& pointer,
                       const CommandRule* command) {
    check_amount(operation.n, pointer + "/n");
    check_unit(operation.unit, pointer + "/unit", command);
    const bool reckons = operation.kind == Kind::start || operation.kind == Kind::extend;
    if (!reckons && (!operation.n.empty() || !operation.unit.empty())) {
      add_error(findings_, "unused-member", pointer + (operation.n.empty() ? "/unit" : "/n"),
                "only 'start' and 'extend' take an amount");
    }
    if (operation.clock_from.empty()) return;
    for_each_result(*operation.clock_from.root(), [&](const CelValue& value) {
      const auto* name = std::get_if<std::string_view>(&value);
      if (name != nullptr && workflow_.find_clock(*name) == nullptr) {
        add_error(findings_, "unknown-clock", pointer + "/clock_from", "there is no clock " + quoted(*name));
      }
    });
  }

  void check_amount(const Program& program, const std::string& pointer) {
    if (program.empty()) return;
    for_each_result(*program.root(), [&](const CelValue& value) {
      const auto* n = std::get_if<std::int64_t>(&value);
      if (n != nullptr && *n < 1) {
        add_error(findings_, "out-of-range", pointer,
                  "an amount of time is at least 1, not " + std::to_string(*n));
      }
    });
  }

  void check_unit(const Program& program, const std::string& pointer, const CommandRule* command) {
    if (program.empty()) return;
    for_each_leaf(*program.root(), [&](const Node& leaf) {
      if (const auto* unit = std::get_if<std::string_view>(&leaf.value);
          leaf.op == Op::literal && unit != nullptr)
        check_unit(*unit, pointer, "a text stands between quotes: \"'WD'\"");
      const Field* field = leaf.op == Op::fact ? field_named(leaf.name, command) : nullptr;
      if (field != nullptr) check_unit(*field, pointer);
    });
  }

  /// What the field may hold would be refused, or end in a problem of a clock, only when it is used.
  void check_unit(const Field& field, const std::string& pointer) {
    for (const std::string& one : field.one_of)
      check_unit(one, pointer, "the field " + quoted(field.name) + " may be it");
    if (!field.one_of.empty()) return;
    add_warning(findings_, "any-unit", pointer,
                "the field " + quoted(field.name) +
                    " may be anything, and what is no unit is refused only when a clock needs it: give the "
                    "field \"one_of\" with some of NM, NH, ND, WM, WH, WD");
  }

  void check_unit(std::string_view unit, const std::string& pointer, const std::string& how) {
    if (calendar::unit_of(unit)) return;
    add_error(findings_, "unknown-unit", pointer,
              quoted(unit) + " is none of NM, NH, ND, WM, WH, WD (" + how + ")");
  }

  void check_event(const EventRule& event, const std::string& pointer, const CommandRule* command) {
    if (event.type == "CaseRegistered" && (command == nullptr || !command->opens)) {
      add_error(findings_, "registered-twice", pointer,
                "only a command that opens a case (\"opens\": true) causes CaseRegistered");
    }
    const std::vector<EventMember> members = members_of(event.type);
    for (const auto& [name, program] : event.data) {
      const auto member = std::ranges::find(members, name, &EventMember::name);
      const std::string at = child(pointer + "/data", name);
      const Field* copied = field_named(program.text(), command);
      if (member != members.end()) {
        check_kind(*member, copied != nullptr ? kind_of(*copied) : kind_of(program.type()), event, at);
        if (name == "n") check_amount(program, at);
        if (name == "unit") check_unit(program, at, command);
      } else {
        add_error(findings_, "unknown-event-member", at,
                  event.type + " has no member " + quoted(name) + ": it has " +
                      (members.empty() ? "none" : names_of(members)));
      }
    }
    for (const EventMember& member : members) check_given(member, event, pointer, command);
  }

  void check_given(const EventMember& member, const EventRule& event, const std::string& pointer,
                   const CommandRule* command) {
    const bool said = std::any_of(event.data.begin(), event.data.end(),
                                  [&member](const auto& each) { return each.first == member.name; });
    if (said || engine_gives(member.name, event, command)) return;
    if (event.copies_input && command != nullptr) {
      const auto field = std::find_if(command->fields.begin(), command->fields.end(),
                                      [&member](const Field& each) { return each.name == member.name; });
      if (field != command->fields.end()) {
        check_kind(member, kind_of(*field), event, pointer);
        if (member.name == "unit") check_unit(*field, pointer);
        return;
      }
    }
    if (!member.required) return;
    add_error(findings_, "missing-event-member", pointer,
              event.type + " needs the member " + quoted(member.name) +
                  (command == nullptr ? ": give it in 'data'"
                                      : ": give it in 'data', or let a field bear that name"));
  }

  /// What the decider puts into the data by itself.
  static bool engine_gives(std::string_view member, const EventRule& event, const CommandRule* command) {
    if (command == nullptr) {
      return member == "clock" && (event.type == "StageBreached" || event.type == "SlaBreached");
    }
    return command->opens && (member == "ref" || member == "workflow" || member == "workflow_version" ||
                              member == "channel" || member == "reference");
  }

  void check_kind(const EventMember& member, std::string_view given, const EventRule& event,
                  const std::string& pointer) {
    if (fits(given, member.kind) || (given == "null" && !member.required) || given == "any") return;
    if (member.kind == "sealed") {
      add_error(
          findings_, "wrong-event-member", pointer,
          quoted(member.name) + " of " + event.type +
              " is free text or personal data, which only a field of kind 'text' or 'caller' holds: copy one "
              "with cmd.NAME alone; this gives " +
              said(given) + " that is not sealed");
      return;
    }
    add_error(findings_, "wrong-event-member", pointer,
              quoted(member.name) + " of " + event.type + " is " + said(member.kind) + ", and this gives " +
                  said(given));
  }

  static std::string said(std::string_view kind) {
    if (kind == "text") return "a text";
    if (kind == "integer") return "an integer";
    if (kind == "boolean") return "a boolean";
    if (kind == "bodies") return "a list of texts";
    if (kind == "co_handlers") return "a list of co-handlers";
    if (kind == "scores") return "a score for each body";
    if (kind == "sealed") return "free text or personal data";
    return "nothing";
  }

  static std::string names_of(const std::vector<EventMember>& members) {
    std::string out;
    for (const EventMember& member : members) out += (out.empty() ? "" : ", ") + member.name;
    return out;
  }

  const Workflow& workflow_;
  Findings& findings_;
};

}  // namespace

void check_values(const Workflow& workflow, Findings& findings) {
  Values(workflow, findings).check();
}

}  // namespace lastkm::rules
