#include "engine/rules/vocabulary.h"

#include <algorithm>
#include <array>

namespace lastkm::rules {

namespace {

struct Known {
  std::string_view name;
  Type type;
};

constexpr std::array kCaseFacts = {
    Known{"type", Type::text},
    Known{"category", Type::text},
    Known{"urgency", Type::text},
    Known{"place", Type::text},
    Known{"channel", Type::text},
    Known{"respondent", Type::text},
    Known{"lead", Type::text},
    Known{"card", Type::text},
    Known{"extension_asked_by", Type::text},
    Known{"termination_asked_by", Type::text},
    Known{"extension_unit", Type::text},
    Known{"parked_for", Type::text},
    Known{"id", Type::text},
    Known{"occurred_at", Type::text},
    Known{"master", Type::text},
    Known{"merging", Type::text},
    Known{"parent", Type::text},
    Known{"feedback_by", Type::text},
    Known{"solved", Type::text},
    Known{"satisfied", Type::text},
    Known{"verified", Type::text},
    Known{"whistle_kind", Type::text},
    Known{"anonymous", Type::boolean},
    Known{"confidential", Type::boolean},
    Known{"imported", Type::boolean},
    Known{"ruled", Type::boolean},
    Known{"legal_hold", Type::boolean},
    Known{"whistle_open", Type::boolean},
    Known{"co_handlers", Type::texts},
    Known{"returned_by", Type::texts},
    Known{"whistle_bodies", Type::texts},
    Known{"whistle_answered", Type::texts},
    Known{"children", Type::texts},
    Known{"merged", Type::texts},
    Known{"co_handlers_pending", Type::integer},
    Known{"returns", Type::integer},
    Known{"disputes", Type::integer},
    Known{"dispatches", Type::integer},
    Known{"level", Type::integer},
    Known{"supervision", Type::integer},
    Known{"extensions", Type::integer},
    Known{"extension_n", Type::integer},
    Known{"parks", Type::integer},
    Known{"feedbacks", Type::integer},
    Known{"evidence", Type::integer},
    Known{"contacts", Type::integer},
    Known{"callbacks", Type::integer},
    Known{"callbacks_reached", Type::integer},
    Known{"tries", Type::integer},
    Known{"tries_days_apart", Type::integer},
    Known{"reopens", Type::integer},
    Known{"days_since_close", Type::integer},
    Known{"version", Type::integer},
};
constexpr std::array kActorFacts = {Known{"body", Type::text}, Known{"role", Type::text},
                                    Known{"kind", Type::text}, Known{"place", Type::text},
                                    Known{"person", Type::text}};
constexpr std::array kCategoryFacts = {
    Known{"type", Type::text},
    Known{"urgency", Type::text},
    Known{"coded", Type::boolean},
    Known{"action_n", Type::integer},
    Known{"action_unit", Type::text},
    Known{"action_is_handling", Type::boolean},
    Known{"evidence_required", Type::boolean},
    Known{"taken_back", Type::boolean},
    Known{"about_conduct", Type::boolean},
    Known{"responsible", Type::texts},
    Known{"co_handlers", Type::texts},
    Known{"whistle", Type::texts},
};

/// Closed sets that the fold itself defines. What it takes from a command as it is (solved, satisfied) is
/// open.
const std::vector<std::string>& domain_of(std::string_view fact) {
  static const std::vector<std::string> none;
  static const std::vector<std::string> cards = {"none", "yellow", "red"};
  static const std::vector<std::string> verified = {"", "yes", "no"};
  static const std::vector<std::string> units = {"", "NM", "NH", "ND", "WM", "WH", "WD"};
  if (fact == "card") return cards;
  if (fact == "verified") return verified;
  if (fact == "extension_unit" || fact == "action_unit") return units;
  return none;
}

template <std::size_t n>
std::optional<Declaration> find(const std::array<Known, n>& facts, std::string_view name) {
  const auto found =
      std::find_if(facts.begin(), facts.end(), [name](const Known& k) { return k.name == name; });
  if (found == facts.end()) return std::nullopt;
  Declaration out;
  out.type = found->type;
  out.one_of = domain_of(name);
  if (out.type != Type::integer) return out;
  // Counters begin at 0; these hold what a command or an event's data says.
  const bool said =
      name == "level" || name == "supervision" || name == "extension_n" || name == "days_since_close";
  if (!said) out.min = 0;
  return out;
}

std::optional<Declaration> clock_fact(const Workflow& workflow, std::string_view rest) {
  const std::size_t dot = rest.rfind('.');
  if (dot == std::string_view::npos || workflow.find_clock(rest.substr(0, dot)) == nullptr)
    return std::nullopt;
  const std::string_view what = rest.substr(dot + 1);
  Declaration out;
  if (what == "state") {
    out.one_of = {"", "running", "suspended", "met", "breached"};
    return out;
  }
  if (what == "unit") {
    out.one_of = domain_of("action_unit");
    return out;
  }
  if (what == "overdue") {
    out.type = Type::boolean;
    return out;
  }
  if (what != "n") return std::nullopt;
  out.type = Type::integer;
  out.min = 0;
  return out;
}

std::optional<Declaration> case_fact(const Workflow& workflow, std::string_view name) {
  if (name != "stage") return find(kCaseFacts, name);
  Declaration out;
  for (const Stage& stage : workflow.stages) out.one_of.push_back(stage.id);
  return out;
}

std::optional<Signature> function_of(std::string_view name) {
  if (name == "body") return Signature{{Type::text, Type::text}, Type::text, false};
  if (name == "kind_of" || name == "place_of") return Signature{{Type::text}, Type::text, false};
  if (name == "maker_of") return Signature{{Type::integer}, Type::text, false};
  if (name == "known_place") return Signature{{Type::text}, Type::text, false};
  if (name == "days_until") return Signature{{Type::text}, Type::integer, false};
  if (name == "minutes_between") return Signature{{Type::text, Type::text}, Type::integer, false};
  if (name == "list") return Signature{{Type::text, Type::text}, Type::texts, false};
  if (name == "under") return Signature{{Type::text, Type::text}, Type::boolean, false};
  if (name == "future") return Signature{{Type::text}, Type::boolean, false};
  if (name == "same") return Signature{{Type::texts, Type::texts}, Type::boolean, false};
  return std::nullopt;
}

bool strip(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  return true;
}

template <class Each>
std::string names_of(const Each& each) {
  std::string out;
  for (const auto& one : each) out += (out.empty() ? "" : ", ") + std::string(one.name);
  return out;
}

std::string hint_on_field(const std::vector<Field>* fields) {
  if (fields == nullptr) return "there is no command here, so nothing of cmd.* can be read";
  if (fields->empty()) return "the command has no fields";
  return "the command's own fields are " + names_of(*fields);
}

/// `rest` follows "clock.": all of a name up to the first character that no name in an expression has.
std::string hint_on_clock(const Workflow& workflow, std::string_view rest) {
  for (const ClockRule& clock : workflow.clocks) {
    if (clock.id.starts_with(rest) && clock.id.substr(rest.size()).starts_with("-"))
      return "'-' is a minus in expressions, so a clock that is read is named without one: '" + clock.id +
             "' is not";
  }
  const std::string_view id = rest.substr(0, rest.find('.'));
  if (workflow.find_clock(id) != nullptr) return "of a clock .state, .overdue, .n and .unit can be read";
  return "there is no clock '" + std::string(id) + "'";
}

std::string hint_on(const Workflow& workflow, const std::vector<Field>* fields, std::string_view name) {
  if (name.find('.') == std::string_view::npos)
    return "a text stands between quotes of its own, as in \"'" + std::string(name) +
           "'\"; facts begin with case. clock. category. cmd. or actor.";
  if (strip(name, "cmd.")) return hint_on_field(fields);
  if (strip(name, "clock.")) return hint_on_clock(workflow, name);
  if (strip(name, "category.")) return "of a category there are " + names_of(kCategoryFacts);
  if (!strip(name, "actor.")) return "";
  return fields == nullptr ? "nobody asks here, so nothing of actor.* can be read"
                           : "of the actor there are " + names_of(kActorFacts);
}

}  // namespace

Declaration declaration_of(const Field& field) {
  Declaration out;
  out.nullable = !field.required;
  switch (field.kind) {
    case FieldKind::code:
      out.one_of = field.one_of;
      break;
    case FieldKind::body:
    case FieldKind::place:
    case FieldKind::category:
    case FieldKind::clock:
    case FieldKind::time:
    case FieldKind::date:
    case FieldKind::person:
    case FieldKind::value:
      break;
    case FieldKind::text:
    case FieldKind::caller:
      out.personal = true;
      break;
    case FieldKind::integer:
      out.type = Type::integer;
      if (field.min != INT64_MIN) out.min = field.min;
      if (field.max != INT64_MAX) out.max = field.max;
      break;
    case FieldKind::boolean:
      out.type = Type::boolean;
      break;
    case FieldKind::bodies:
    case FieldKind::co_handlers:
    case FieldKind::scores:
      out.type = Type::texts;
      break;
    case FieldKind::evidence:
      out.type = Type::integer;
      out.nullable = false;
      out.min = 0;
      break;
  }
  return out;
}

Vocabulary vocabulary_for(const Workflow& workflow, const std::vector<Field>* fields) {
  Vocabulary out;
  out.function = function_of;
  out.fact = [&workflow, fields](std::string_view name) -> std::optional<Declaration> {
    if (strip(name, "case.")) return case_fact(workflow, name);
    if (strip(name, "clock.")) return clock_fact(workflow, name);
    if (strip(name, "category.")) return find(kCategoryFacts, name);
    if (fields == nullptr) return std::nullopt;
    if (strip(name, "actor.")) return find(kActorFacts, name);
    if (!strip(name, "cmd.")) return std::nullopt;
    const auto found =
        std::find_if(fields->begin(), fields->end(), [name](const Field& f) { return f.name == name; });
    if (found == fields->end()) return std::nullopt;
    return declaration_of(*found);
  };
  out.hint = [&workflow, fields](std::string_view name) { return hint_on(workflow, fields, name); };
  return out;
}

}  // namespace lastkm::rules
