#include "engine/rules/read_parts.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/rules/event_facts.h"
#include "engine/rules/vocabulary.h"

namespace lastkm::rules {

namespace {

const std::map<std::string_view, ClockOperation::Kind>& operation_kinds() {
  using Kind = ClockOperation::Kind;
  static const std::map<std::string_view, Kind> kinds = {
      {"start", Kind::start},   {"stop", Kind::stop},     {"suspend", Kind::suspend},
      {"resume", Kind::resume}, {"extend", Kind::extend}, {"restore", Kind::restore}};
  return kinds;
}

}  // namespace

void PartReader::fault(std::string pointer, std::string code, std::string text) {
  faults_.push_back(Fault{std::move(code), std::move(pointer), std::move(text)});
}

std::string PartReader::name(Fields& fields, std::string_view member, NameForm form, Need need) {
  return fields.code(member, need, words_for(form));
}

Bilingual PartReader::bilingual(Fields& fields, std::string_view name, Need need) {
  const Value* value = fields.value(name, need);
  if (value == nullptr) return {};
  Fields inner(*value, fields.at(name), faults_);
  Bilingual out{inner.text("zh"), inner.text("en")};
  inner.end();
  return out;
}

Program PartReader::program(std::string_view text, const std::string& pointer,
                            const std::vector<Field>* fields, std::initializer_list<Type> types) {
  auto compiled = compile(text, vocabulary_for(known_, fields));
  if (!compiled) {
    fault(pointer, compiled.error().code,
          compiled.error().message + " (column " + compiled.error().path.substr(1) + ")");
    return {};
  }
  const bool fits =
      types.size() == 0 || std::find(types.begin(), types.end(), compiled->type()) != types.end();
  if (!fits)
    fault(pointer, "cel-type",
          "the expression '" + std::string(text) + "' has another type than is needed here");
  return std::move(*compiled);
}

Program PartReader::optional_program(Fields& from, std::string_view name, const std::vector<Field>* fields,
                                     std::initializer_list<Type> types, Need need) {
  const std::string text = from.text(name, need);
  if (text.empty()) return {};
  return program(text, from.at(name), fields, types);
}

void PartReader::check_stage(const std::string& id, const std::string& pointer) {
  if (!id.empty() && known_.find_stage(id) == nullptr)
    fault(pointer, "unknown-stage", "there is no stage '" + id + "'");
}

Effects PartReader::read_effects(Fields& from, const std::vector<Field>* fields) {
  Effects out;
  out.to = from.text("to", Need::optional);
  check_stage(out.to, from.at("to"));
  if (const Array* events = from.list("events")) {
    if (events->empty())
      fault(from.at("events"), "no-event", "whatever happens is an event: name at least one");
    for (std::size_t i = 0; i < events->size(); ++i) {
      out.events.push_back(read_event((*events)[i], child(from.at("events"), i), fields));
    }
  }
  if (const Array* clocks = from.list("clocks", Need::optional)) {
    for (std::size_t i = 0; i < clocks->size(); ++i) {
      out.clocks.push_back(read_operation((*clocks)[i], child(from.at("clocks"), i), fields));
    }
  }
  if (const Array* asks = from.list("asks", Need::optional)) {
    for (std::size_t i = 0; i < asks->size(); ++i) {
      out.asks.push_back(read_ask((*asks)[i], child(from.at("asks"), i), fields));
    }
  }
  return out;
}

/// Goes into another case's record, so it may not even name personal data.
AskRule PartReader::read_ask(const Value& value, const std::string& pointer,
                             const std::vector<Field>* fields) {
  Fields ask(value, pointer, faults_);
  AskRule out;
  out.of = optional_program(ask, "of", fields, {Type::text, Type::texts}, Need::required);
  out.when = optional_program(ask, "when", fields, {Type::boolean});
  out.command = name(ask, "command", NameForm::command);
  out.refused = name(ask, "refused", NameForm::command, Need::optional);
  if (const Value* data = ask.value("data", Need::optional)) {
    const Object* members = data->if_object();
    if (members == nullptr) {
      fault(ask.at("data"), "wrong-type", "'data' must be an object of expressions");
    } else {
      for (const Member& member : *members) {
        const std::string at = child(ask.at("data"), member.name);
        const std::string* text = member.value.if_string();
        if (text == nullptr) {
          fault(at, "wrong-type", "an expression is a text");
        } else {
          out.data.emplace_back(member.name, program(*text, at, fields, {}));
        }
      }
    }
  }
  ask.end();
  return out;
}

EventRule PartReader::read_event(const Value& value, const std::string& pointer,
                                 const std::vector<Field>* fields) {
  Fields event(value, pointer, faults_);
  EventRule out;
  out.type = event.text("type");
  if (!out.type.empty() && !is_event(out.type)) {
    fault(event.at("type"), "unknown-event",
          "there is no event '" + out.type + "' that a workflow can cause");
  }
  out.when = optional_program(event, "when", fields, {Type::boolean});
  if (const Value* data = event.value("data", Need::optional)) {
    const Object* members = data->if_object();
    if (members == nullptr) {
      fault(event.at("data"), "wrong-type", "'data' must be an object of expressions");
    } else {
      out.copies_input = false;
      for (const Member& member : *members) {
        const std::string at = child(event.at("data"), member.name);
        const std::string* text = member.value.if_string();
        if (text == nullptr) {
          fault(at, "wrong-type", "an expression is a text");
        } else if (member.name == "*") {
          if (*text != "input")
            fault(at, "wrong-type", "'*' can only be \"input\": all fields of the command");
          out.copies_input = true;
        } else {
          out.data.emplace_back(member.name, data_program(*text, at, fields));
        }
      }
    }
  }
  event.end();
  return out;
}

/// cmd.FIELD alone copies the field as it is, sealed or not, so it may name personal data.
Program PartReader::data_program(const std::string& text, const std::string& at,
                                 const std::vector<Field>* fields) {
  if (fields != nullptr && text.starts_with("cmd.")) {
    const std::string_view name = std::string_view(text).substr(4);
    const auto found =
        std::find_if(fields->begin(), fields->end(), [name](const Field& f) { return f.name == name; });
    if (found != fields->end()) {
      Vocabulary open = vocabulary_for(known_, fields);
      open.fact = [inner = std::move(open.fact)](std::string_view fact) {
        auto declaration = inner(fact);
        if (declaration) declaration->personal = false;
        return declaration;
      };
      auto compiled = compile(text, open);
      if (compiled) return std::move(*compiled);
    }
  }
  return program(text, at, fields, {});
}

ClockOperation PartReader::read_operation(const Value& value, const std::string& pointer,
                                          const std::vector<Field>* fields) {
  Fields operation(value, pointer, faults_);
  ClockOperation out;
  const std::string kind = operation.text("op");
  if (const auto found = operation_kinds().find(kind); found != operation_kinds().end()) {
    out.kind = found->second;
  } else if (!kind.empty()) {
    fault(operation.at("op"), "unknown-operation",
          "'" + kind + "' is none of start, stop, suspend, resume, extend, restore");
  }
  out.clock = operation.text("clock", Need::optional);
  out.clock_from = optional_program(operation, "clock_from", fields, {Type::text});
  out.when = optional_program(operation, "when", fields, {Type::boolean});
  out.n = optional_program(operation, "n", fields, {Type::integer});
  out.unit = optional_program(operation, "unit", fields, {Type::text});
  const bool named = !out.clock.empty();
  if (named == (value.find("clock_from") != nullptr)) {
    fault(pointer, "no-clock", "an operation names its clock with either 'clock' or 'clock_from'");
  }
  if (named && out.clock != "*" && known_.find_clock(out.clock) == nullptr) {
    fault(operation.at("clock"), "unknown-clock", "there is no clock '" + out.clock + "'");
  }
  if (out.clock == "*" && out.kind == ClockOperation::Kind::start) {
    fault(operation.at("clock"), "unknown-clock", "a start names one clock");
  }
  if (out.kind == ClockOperation::Kind::extend &&
      (value.find("n") == nullptr || value.find("unit") == nullptr)) {
    fault(pointer, "missing-member", "an extension needs 'n' and 'unit'");
  }
  operation.end();
  return out;
}

}  // namespace lastkm::rules
