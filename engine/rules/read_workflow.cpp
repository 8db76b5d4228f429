#include <algorithm>
#include <set>

#include "engine/base/fields.h"
#include "engine/rules/evaluation.h"
#include "engine/rules/field_kinds.h"
#include "engine/rules/read_parts.h"
#include "engine/rules/workflow.h"

namespace lastkm::rules {

namespace {

using Need = Fields::Need;

/// Reads one document; what refers to stages, clocks and fields is read after these are known.
class Reader {
 public:
  explicit Reader(Faults& faults) : faults_(faults), parts_(out_, faults) {}

  Workflow read(const Value& document, std::string_view sha256) {
    Fields fields(document, "", faults_);
    if (const std::string kind = fields.text("kind"); !kind.empty() && kind != "workflow") {
      parts_.fault(fields.at("kind"), "unknown-kind", "'" + kind + "' is not 'workflow'");
    }
    out_.id = parts_.name(fields, "id", NameForm::id);
    out_.version = fields.integer("version", 1, INT64_MAX).value_or(0);
    out_.sha256 = sha256;
    out_.title = parts_.bilingual(fields, "title");
    out_.profile = fields.text("profile", Need::optional);
    fields.text("note", Need::optional);
    read_words(fields);
    // Kept by those who judge orders, who read it from the document; here it is checked.
    (void)read_evaluation(fields.value("evaluation", Need::optional), fields.at("evaluation"), faults_);
    read_stages(fields);
    const Array* clocks = fields.list("clocks");
    const Array* commands = fields.list("commands");
    name_clocks(clocks, fields.at("clocks"));
    read_commands(commands, fields.at("commands"));
    read_clocks(clocks, fields.at("clocks"));
    read_applies(fields);
    check_asks();
    for (const std::string_view word : {"include", "includes", "import", "imports"}) {
      if (document.find(word) == nullptr) continue;
      fields.value(word, Need::optional);
      parts_.fault(
          fields.at(word), "no-includes",
          "a workflow is one document and includes no other: put everything that it needs into this one");
    }
    fields.end();
    for (Pending& pending : stage_holders_) {
      *pending.into = parts_.program(pending.text, pending.pointer, nullptr, {Type::text, Type::texts});
    }
    return std::move(out_);
  }

 private:
  struct Pending {
    Program* into;
    std::string text;
    std::string pointer;
  };

  /// For people alone: no rule reads them.
  void read_words(Fields& fields) {
    const Value* words = fields.value("words", Need::optional);
    if (words == nullptr) return;
    if (words->if_object() == nullptr) {
      parts_.fault(fields.at("words"), "wrong-type", "'words' is an object: a title for each code");
      return;
    }
    Fields titles(*words, fields.at("words"), faults_);
    for (const Member& word : *words->if_object()) parts_.bilingual(titles, word.name);
  }

  void read_stages(Fields& fields) {
    const Array* stages = fields.list("stages");
    if (stages == nullptr) return;
    if (stages->empty()) parts_.fault(fields.at("stages"), "no-stage", "a workflow needs at least one stage");
    out_.stages.resize(stages->size());
    std::set<std::string> seen;
    for (std::size_t i = 0; i < stages->size(); ++i) {
      Fields stage((*stages)[i], child(fields.at("stages"), i), faults_);
      Stage& into = out_.stages[i];
      into.id = parts_.name(stage, "id", NameForm::id);
      into.title = parts_.bilingual(stage, "title");
      into.ends = stage.flag("ends", false);
      const std::string holders = stage.text("holders", Need::optional);
      if (!holders.empty()) stage_holders_.push_back(Pending{&into.holders, holders, stage.at("holders")});
      if (!into.id.empty() && !seen.insert(into.id).second) {
        parts_.fault(stage.at("id"), "duplicate-id", "stage '" + into.id + "' stands twice");
      }
      stage.end();
    }
  }

  void name_clocks(const Array* clocks, const std::string& pointer) {
    if (clocks == nullptr) return;
    out_.clocks.resize(clocks->size());
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < clocks->size(); ++i) {
      out_.clocks[i].id = (*clocks)[i].text("id");
      out_.clocks[i].pointer = child(pointer, i);
      if (!out_.clocks[i].id.empty() && !seen.insert(out_.clocks[i].id).second) {
        parts_.fault(child(child(pointer, i), "id"), "duplicate-id",
                     "clock '" + out_.clocks[i].id + "' stands twice");
      }
    }
  }

  std::vector<Field> read_fields(Fields& from) {
    std::vector<Field> out;
    const Array* fields = from.list("fields");
    if (fields == nullptr) return out;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < fields->size(); ++i) {
      Fields field((*fields)[i], child(from.at("fields"), i), faults_);
      Field into;
      into.name = parts_.name(field, "name", NameForm::field);
      const std::string kind = field.text("kind");
      if (const auto found = field_kind(kind)) {
        into.kind = *found;
      } else if (!kind.empty()) {
        parts_.fault(field.at("kind"), "unknown-kind", "'" + kind + "' is no kind of field");
      }
      into.required = field.flag("required", true);
      into.one_of = field.codes("one_of", Need::optional);
      into.min = field.integer("min", INT64_MIN, INT64_MAX, Need::optional).value_or(INT64_MIN);
      into.max = field.integer("max", INT64_MIN, INT64_MAX, Need::optional).value_or(INT64_MAX);
      if (into.min > into.max) parts_.fault(field.at("min"), "out-of-range", "'min' is above 'max'");
      if (!into.name.empty() && !seen.insert(into.name).second) {
        parts_.fault(field.at("name"), "duplicate-id", "field '" + into.name + "' stands twice");
      }
      field.end();
      out.push_back(std::move(into));
    }
    return out;
  }

  std::vector<std::string> read_from(Fields& transition, bool opens) {
    const Value* from = transition.value("from", opens ? Need::optional : Need::required);
    std::vector<std::string> out;
    if (from == nullptr) return out;
    if (opens) {
      parts_.fault(transition.at("from"), "unknown-member",
                   "a command that opens a case comes from no stage");
      return out;
    }
    if (const std::string* text = from->if_string()) {
      if (*text != "open" && *text != "any") {
        parts_.fault(transition.at("from"), "wrong-type", "'from' is a list of stages, \"open\" or \"any\"");
      }
      for (const Stage& stage : out_.stages) {
        if (*text == "any" || !stage.ends) out.push_back(stage.id);
      }
      return out;
    }
    if (from->if_array() == nullptr || from->if_array()->empty()) {
      parts_.fault(transition.at("from"), "wrong-type", "'from' is a list of stages, \"open\" or \"any\"");
      return out;
    }
    for (std::size_t i = 0; i < from->if_array()->size(); ++i) {
      const std::string* id = (*from->if_array())[i].if_string();
      const std::string at = child(transition.at("from"), i);
      if (id == nullptr) {
        parts_.fault(at, "wrong-type", "a stage is named by a text");
      } else {
        parts_.check_stage(*id, at);
        if (std::find(out.begin(), out.end(), *id) != out.end()) {
          parts_.fault(at, "duplicate-entry", "stage '" + *id + "' stands twice in the list");
        }
        out.push_back(*id);
      }
    }
    return out;
  }

  Transition read_transition(const Value& value, const std::string& pointer, const CommandRule& command) {
    Fields transition(value, pointer, faults_);
    Transition out;
    out.pointer = pointer;
    out.id = parts_.name(transition, "id", NameForm::id);
    out.from = read_from(transition, command.opens);
    out.when = parts_.optional_program(transition, "when", &command.fields, {Type::boolean});
    if (const Array* requirements = transition.list("require", Need::optional)) {
      for (std::size_t i = 0; i < requirements->size(); ++i) {
        Fields requirement((*requirements)[i], child(transition.at("require"), i), faults_);
        Requirement into;
        into.condition =
            parts_.optional_program(requirement, "if", &command.fields, {Type::boolean}, Need::required);
        into.code = parts_.name(requirement, "code", NameForm::refusal, Need::optional);
        if (into.code.empty()) into.code = "guard-failed";
        into.text = parts_.bilingual(requirement, "text", Need::optional);
        requirement.end();
        out.require.push_back(std::move(into));
      }
    }
    out.effects = parts_.read_effects(transition, &command.fields);
    if (command.opens && out.effects.to.empty()) {
      parts_.fault(pointer, "missing-member", "a command that opens a case says its first stage with 'to'");
    }
    transition.end();
    return out;
  }

  void read_commands(const Array* commands, const std::string& pointer) {
    if (commands == nullptr) return;
    if (commands->empty()) parts_.fault(pointer, "no-command", "a workflow needs at least one command");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < commands->size(); ++i) {
      Fields command((*commands)[i], child(pointer, i), faults_);
      CommandRule into;
      into.name = parts_.name(command, "name", NameForm::command);
      into.title = parts_.bilingual(command, "title");
      into.opens = command.flag("opens", false);
      into.from_cases = command.flag("from_cases", false);
      into.roles = command.codes("roles", into.from_cases ? Need::optional : Need::required,
                                 words_for(NameForm::role));
      if (into.from_cases && (into.opens || !into.roles.empty())) {
        parts_.fault(child(pointer, i), "from-cases",
                     "a command that comes from cases has no roles and opens no case");
      }
      if (command.value("roles", Need::optional) != nullptr && into.roles.empty()) {
        parts_.fault(command.at("roles"), "no-role", "a command that no role may give can never be given");
      }
      into.fields = read_fields(command);
      std::set<std::string> transition_ids;
      if (const Array* transitions = command.list("transitions")) {
        if (transitions->empty())
          parts_.fault(command.at("transitions"), "no-transition", "a command needs at least one transition");
        for (std::size_t t = 0; t < transitions->size(); ++t) {
          const std::string at = child(command.at("transitions"), t);
          into.transitions.push_back(read_transition((*transitions)[t], at, into));
          if (!transition_ids.insert(into.transitions.back().id).second) {
            parts_.fault(child(at, "id"), "duplicate-id",
                         "transition '" + into.transitions.back().id + "' stands twice in one command");
          }
        }
      }
      if (!into.name.empty() && !seen.insert(into.name).second) {
        parts_.fault(command.at("name"), "duplicate-id", "command '" + into.name + "' stands twice");
      }
      command.end();
      out_.commands.push_back(std::move(into));
    }
    if (std::none_of(out_.commands.begin(), out_.commands.end(),
                     [](const CommandRule& c) { return c.opens; })) {
      parts_.fault(pointer, "no-opening", "no command opens a case: give one of them \"opens\": true");
    }
  }

  std::vector<ClockLimit> read_limits(Fields& clock) {
    std::vector<ClockLimit> out;
    const Array* limits = clock.list("limits");
    if (limits == nullptr) return out;
    for (std::size_t i = 0; i < limits->size(); ++i) {
      Fields limit((*limits)[i], child(clock.at("limits"), i), faults_);
      ClockLimit into;
      into.when = parts_.optional_program(limit, "when", nullptr, {Type::boolean});
      if (const Value* n = limit.value("n")) {
        if (const std::int64_t* fixed = n->if_int()) {
          if (*fixed < 1) parts_.fault(limit.at("n"), "out-of-range", "a limit is at least 1");
          into.n = parts_.program(std::to_string(*fixed), limit.at("n"), nullptr, {Type::integer});
        } else if (const std::string* text = n->if_string()) {
          into.n = parts_.program(*text, limit.at("n"), nullptr, {Type::integer});
        } else {
          parts_.fault(limit.at("n"), "wrong-type", "'n' is an integer or an expression");
        }
      }
      const std::string unit = limit.text("unit");
      if (const auto known = calendar::unit_of(unit)) {
        into.unit = *known;
      } else if (!unit.empty()) {
        parts_.fault(limit.at("unit"), "unknown-unit", "'" + unit + "' is none of NM, NH, ND, WM, WH, WD");
      }
      limit.end();
      out.push_back(std::move(into));
    }
    return out;
  }

  void read_clocks(const Array* clocks, const std::string& pointer) {
    if (clocks == nullptr) return;
    for (std::size_t i = 0; i < clocks->size(); ++i) {
      Fields clock((*clocks)[i], child(pointer, i), faults_);
      ClockRule& into = out_.clocks[i];
      parts_.name(clock, "id", NameForm::id);
      into.title = parts_.bilingual(clock, "title");
      into.limits = read_limits(clock);
      if (const Array* marks = clock.list("marks", Need::optional)) {
        std::set<std::string> mark_ids;
        for (std::size_t m = 0; m < marks->size(); ++m) {
          Fields mark((*marks)[m], child(clock.at("marks"), m), faults_);
          Mark one;
          one.id = parts_.name(mark, "id", NameForm::id);
          if (!one.id.empty() && !mark_ids.insert(one.id).second) {
            parts_.fault(mark.at("id"), "duplicate-id", "mark '" + one.id + "' stands twice");
          }
          one.n = mark.integer("n", -366, 366).value_or(0);
          one.when = parts_.optional_program(mark, "when", nullptr, {Type::boolean});
          one.effects = parts_.read_effects(mark, nullptr);
          mark.end();
          into.marks.push_back(std::move(one));
        }
      }
      if (const Value* on_due = clock.value("on_due")) {
        Fields effects(*on_due, clock.at("on_due"), faults_);
        into.on_due = parts_.read_effects(effects, nullptr);
        effects.end();
      }
      clock.end();
    }
  }

  /// What is asked of other cases, by pointer: the commands that it names are known only at the end.
  void check_asks() {
    for (const CommandRule& command : out_.commands) {
      for (const Transition& transition : command.transitions)
        check_asks(transition.effects, transition.pointer);
    }
    for (const ClockRule& clock : out_.clocks) {
      check_asks(clock.on_due, child(clock.pointer, "on_due"));
      for (std::size_t i = 0; i < clock.marks.size(); ++i)
        check_asks(clock.marks[i].effects, child(child(clock.pointer, "marks"), i));
    }
  }

  void check_asks(const Effects& effects, const std::string& pointer) {
    for (std::size_t i = 0; i < effects.asks.size(); ++i) {
      const AskRule& ask = effects.asks[i];
      const std::string at = child(child(pointer, "asks"), i);
      std::vector<std::string> given;
      for (const auto& [name, program] : ask.data) given.push_back(name);
      check_asked(ask.command, given, child(at, "command"));
      if (!ask.refused.empty()) check_asked(ask.refused, {"case", "reason"}, child(at, "refused"));
    }
  }

  void check_asked(const std::string& name, const std::vector<std::string>& given, const std::string& at) {
    if (name.empty()) return;
    const CommandRule* asked = out_.find_command(name);
    if (asked == nullptr || !asked->from_cases) {
      parts_.fault(at, "unknown-command", "there is no command '" + name + "' that comes \"from_cases\"");
      return;
    }
    const auto gives = [&given](const std::string& field) {
      return std::find(given.begin(), given.end(), field) != given.end();
    };
    for (const Field& field : asked->fields) {
      if (field.required && !gives(field.name))
        parts_.fault(at, "missing-member", "'" + name + "' needs the field '" + field.name + "'");
    }
    for (const std::string& field : given) {
      const bool known = std::any_of(asked->fields.begin(), asked->fields.end(),
                                     [&field](const Field& f) { return f.name == field; });
      if (!known) parts_.fault(at, "unknown-member", "'" + name + "' has no field '" + field + "'");
    }
  }

  /// `applies` is asked of any opening command, so a field that only some of them have may be absent.
  void read_applies(Fields& fields) {
    std::vector<Field> all;
    for (const CommandRule& command : out_.commands) {
      if (!command.opens) continue;
      for (Field field : command.fields) {
        field.required = false;
        const bool there =
            std::any_of(all.begin(), all.end(), [&field](const Field& f) { return f.name == field.name; });
        if (!there) all.push_back(std::move(field));
      }
    }
    out_.applies = parts_.optional_program(fields, "applies", &all, {Type::boolean});
  }

  Faults& faults_;
  Workflow out_;
  PartReader parts_;
  std::vector<Pending> stage_holders_;
};

}  // namespace

Reading read_workflow(const Value& document, std::string_view sha256) {
  Faults faults;
  Workflow workflow = Reader(faults).read(document, sha256);
  Reading out;
  for (Fault& fault : faults) {
    out.findings.push_back(
        Finding{std::move(fault.code), "error", std::move(fault.pointer), std::move(fault.text)});
  }
  if (out.findings.empty()) out.workflow = std::move(workflow);
  return out;
}

}  // namespace lastkm::rules
