#include "engine/cases/facts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace lastkm::cases {

namespace {

using rules::CelValue;
using rules::FieldKind;

CelValue text(std::string_view value) {
  return CelValue(value);
}
CelValue count(std::size_t n) {
  return CelValue(static_cast<std::int64_t>(n));
}

/// Removes "prefix." from the name; false where it has another one.
template <std::size_t size>
bool strip(std::string_view& name, const char (&prefix)[size]) {
  constexpr std::size_t bytes = size - 1;  // known here: comparing takes no call
  if (name.size() < bytes || std::memcmp(name.data(), prefix, bytes) != 0) return false;
  name.remove_prefix(bytes);
  return true;
}

template <auto member>
CelValue value(const CaseState& state) {
  return state.*member;
}
using StateFact = CelValue (*)(const CaseState&);

/// What stands in the state as it is asked for; nullptr: it does not.
StateFact state_fact(std::string_view name) {
  static const std::unordered_map<std::string_view, StateFact> facts{
      {"anonymous", value<&CaseState::anonymous>},
      {"callbacks", value<&CaseState::callbacks>},
      {"callbacks_reached", value<&CaseState::callbacks_reached>},
      {"card", value<&CaseState::card>},
      {"category", value<&CaseState::category>},
      {"channel", value<&CaseState::channel>},
      {"confidential", value<&CaseState::confidential>},
      {"contacts", value<&CaseState::contacts>},
      {"dispatches", value<&CaseState::dispatches>},
      {"disputes", value<&CaseState::disputes>},
      {"evidence", value<&CaseState::evidence>},
      {"extension_asked_by", value<&CaseState::extension_asked_by>},
      {"extensions", value<&CaseState::extensions>},
      {"feedback_by", value<&CaseState::feedback_by>},
      {"feedbacks", value<&CaseState::feedbacks>},
      {"imported", value<&CaseState::imported>},
      {"lead", value<&CaseState::lead>},
      {"legal_hold", value<&CaseState::legal_hold>},
      {"level", value<&CaseState::level>},
      {"master", value<&CaseState::master>},
      {"merging", value<&CaseState::merging>},
      {"parent", value<&CaseState::parent>},
      {"parked_for", value<&CaseState::parked_for>},
      {"parks", value<&CaseState::parks>},
      {"place", value<&CaseState::place>},
      {"reopens", value<&CaseState::reopens>},
      {"respondent", value<&CaseState::respondent>},
      {"returns", value<&CaseState::returns>},
      {"ruled", value<&CaseState::ruled>},
      {"satisfied", value<&CaseState::satisfied>},
      {"solved", value<&CaseState::solved>},
      {"stage", value<&CaseState::stage>},
      {"supervision", value<&CaseState::supervision>},
      {"termination_asked_by", value<&CaseState::termination_asked_by>},
      {"tries", value<&CaseState::tries>},
      {"type", value<&CaseState::type>},
      {"urgency", value<&CaseState::urgency>},
      {"verified", value<&CaseState::verified>},
      {"version", value<&CaseState::version>},
  };
  const auto found = facts.find(name);
  return found == facts.end() ? nullptr : found->second;
}

std::string_view text_of(std::span<const CelValue> arguments, std::size_t i) {
  const auto* held = i < arguments.size() ? std::get_if<std::string_view>(&arguments[i]) : nullptr;
  return held == nullptr ? std::string_view{} : *held;
}

/// As records hold it.
void put(const CelValue& value, Value& into) {
  std::visit(overloaded{[](std::monostate) {}, [&into](bool held) { into.become<bool>(held); },
                        [&into](std::int64_t held) { into.become<std::int64_t>(held); },
                        [&into](std::string_view held) { into.become<std::string>(held); },
                        [&into](std::span<const std::string_view> held) {
                          into.become<Array>(held.begin(), held.end());
                        }},
             value);
}

std::vector<std::string_view> list_of(std::span<const CelValue> arguments, std::size_t i) {
  const auto* held =
      i < arguments.size() ? std::get_if<std::span<const std::string_view>>(&arguments[i]) : nullptr;
  return held == nullptr ? std::vector<std::string_view>{}
                         : std::vector<std::string_view>(held->begin(), held->end());
}

}  // namespace

CaseFacts::CaseFacts(const CaseState& state, const directory::Context& context, Instant now,
                     std::int32_t decider, const record::Command* command, const rules::CommandRule* rule)
    : state_(state), context_(context), now_(now), decider_(decider), command_(command), rule_(rule) {}

CelValue CaseFacts::fact(std::string_view name) const {
  if (strip(name, "case.")) return case_fact(name);
  if (strip(name, "cmd.")) return command_fact(name);
  if (strip(name, "actor.")) return actor_fact(name);
  if (strip(name, "clock.")) return clock_fact(name);
  if (strip(name, "category.")) return category_fact(name);
  return {};
}

CelValue CaseFacts::case_fact(std::string_view name) const {
  if (const StateFact held = state_fact(name)) return held(state_);
  if (name == "co_handlers") {
    std::vector<std::string_view> bodies;
    for (const CoHandler& co_handler : state_.co_handlers) bodies.emplace_back(co_handler.body.value);
    return keep(std::move(bodies));
  }
  if (name == "co_handlers_pending") {
    // A co-handler that has become the lead waits for nobody's report; by the decider 1 it waits for its own.
    const auto waits = [this](const CoHandler& c) {
      return decider_ >= 2 ? state_.is_pending(c) : c.due && !c.reported;
    };
    return count(
        static_cast<std::size_t>(std::count_if(state_.co_handlers.begin(), state_.co_handlers.end(), waits)));
  }
  if (name == "returned_by") return texts(state_.returned_by);
  if (name == "children") return texts(state_.children);
  if (name == "merged") return texts(state_.merged);
  if (name == "id") return text(state_.id.value);
  if (name == "occurred_at") return text(kept_texts_.emplace_front(format_utc(state_.occurred_at)));
  if (name == "extension_n") return state_.extension_asked ? state_.extension_asked->n : std::int64_t{0};
  if (name == "extension_unit") {
    return text(state_.extension_asked ? calendar::name_of(state_.extension_asked->unit)
                                       : std::string_view());
  }
  if (name == "whistle_open") return state_.whistle.has_value();
  if (name == "whistle_kind")
    return text(state_.whistle ? std::string_view(state_.whistle->kind) : std::string_view());
  if (name == "whistle_bodies") return state_.whistle ? texts(state_.whistle->bodies) : keep({});
  if (name == "whistle_answered") return state_.whistle ? texts(state_.whistle->answered) : keep({});
  if (name == "tries_days_apart") {
    if (!state_.first_try || !state_.last_try) return std::int64_t{0};
    const std::int32_t offset = context_.offset_minutes();
    return std::int64_t{local_date(*state_.last_try, offset).days -
                        local_date(*state_.first_try, offset).days};
  }
  if (name == "days_since_close") {
    if (!state_.closed_at) return std::int64_t{-1};
    const std::int32_t offset = context_.offset_minutes();
    return std::int64_t{local_date(now_, offset).days - local_date(*state_.closed_at, offset).days};
  }
  return {};
}

CelValue CaseFacts::clock_fact(std::string_view name) const {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const Clock* clock = state_.find_clock(name.substr(0, dot));
  const std::string_view what = name.substr(dot + 1);
  if (what == "state") return text(clock == nullptr ? std::string_view() : name_of(clock->state));
  if (what == "overdue") return clock != nullptr && clock->is_overdue();
  if (what == "n") return clock == nullptr ? std::int64_t{0} : clock->limit.n;
  if (what == "unit")
    return text(clock == nullptr ? std::string_view() : calendar::name_of(clock->limit.unit));
  return {};
}

CelValue CaseFacts::command_fact(std::string_view name) const {
  if (command_ == nullptr || rule_ == nullptr) return {};
  const auto field = std::find_if(rule_->fields.begin(), rule_->fields.end(),
                                  [name](const rules::Field& f) { return f.name == name; });
  if (field == rule_->fields.end()) return {};
  const Value* value = command_->input.find(name);
  if (value == nullptr) return field->kind == FieldKind::evidence ? CelValue(std::int64_t{0}) : CelValue{};
  return field_fact(*field, *value);
}

CelValue CaseFacts::field_fact(const rules::Field& field, const Value& value) const {
  switch (field.kind) {
    case FieldKind::integer:
      return value.if_int() == nullptr ? CelValue{} : CelValue(*value.if_int());
    case FieldKind::boolean:
      return value.if_bool() == nullptr ? CelValue{} : CelValue(*value.if_bool());
    case FieldKind::text:
    case FieldKind::caller:
      return true;
    case FieldKind::evidence:
      return count(value.if_array() == nullptr ? 0 : value.if_array()->size());
    case FieldKind::bodies:
    case FieldKind::co_handlers: {
      std::vector<std::string_view> bodies;
      if (const Array* items = value.if_array()) {
        for (const Value& item : *items) {
          bodies.push_back(item.if_string() != nullptr ? std::string_view(*item.if_string())
                                                       : item.text("body"));
        }
      }
      return keep(std::move(bodies));
    }
    case FieldKind::scores: {
      std::vector<std::string_view> bodies;
      if (const Object* scores = value.if_object()) {
        for (const Member& score : *scores) bodies.emplace_back(score.name);
      }
      return keep(std::move(bodies));
    }
    case FieldKind::code:
    case FieldKind::time:
    case FieldKind::date:
    case FieldKind::body:
    case FieldKind::place:
    case FieldKind::category:
    case FieldKind::clock:
    case FieldKind::person:
    case FieldKind::value:
      break;
  }
  return value.if_string() == nullptr ? CelValue{} : text(*value.if_string());
}

CelValue CaseFacts::actor_fact(std::string_view name) const {
  if (command_ == nullptr) return {};
  if (name == "body") return text(command_->actor.body.value);
  if (name == "role") return text(command_->actor.role);
  if (name == "person") return text(command_->actor.person);
  if (name != "kind" && name != "place") return {};
  if (actor_body_ == nullptr) actor_body_ = context_.find_body(command_->actor.body);
  if (actor_body_ == nullptr) return text({});
  return text(name == "kind" ? actor_body_->kind : actor_body_->place);
}

const directory::Category* CaseFacts::category() const {
  if (command_ != nullptr) {
    if (const std::string_view given = command_->input.text("category"); !given.empty())
      return context_.find_category(given);
  }
  return context_.find_category(state_.category);
}

CelValue CaseFacts::category_fact(std::string_view name) const {
  static const directory::Category none;
  const directory::Category* found = category();
  const directory::Category& c = found == nullptr ? none : *found;
  if (name == "type") return text(c.type);
  if (name == "urgency") return text(c.urgency);
  if (name == "coded") return c.coded;
  if (name == "action_n") return c.action ? c.action->n : std::int64_t{0};
  if (name == "action_unit") return text(c.action ? calendar::name_of(c.action->unit) : std::string_view());
  if (name == "action_is_handling") return c.action_is_handling;
  if (name == "evidence_required") return c.evidence_required;
  if (name == "taken_back") return c.taken_back;
  if (name == "about_conduct") return c.about_conduct;
  if (name == "responsible") return texts(c.responsible);
  if (name == "co_handlers") return texts(c.co_handlers);
  if (name == "whistle") return texts(c.whistle);
  return {};
}

CelValue CaseFacts::call(std::string_view function, std::span<const CelValue> arguments) const {
  const std::string_view first = text_of(arguments, 0);
  const std::string_view second = text_of(arguments, 1);
  if (function == "body") {
    const directory::Body* body = context_.body_for(first, second);
    return text(body == nullptr ? std::string_view() : body->id.value);
  }
  if (function == "kind_of" || function == "place_of") {
    const directory::Body* body = context_.find_body(BodyId(std::string(first)));
    if (body == nullptr) return text({});
    return text(function == "kind_of" ? body->kind : body->place);
  }
  if (function == "maker_of") {
    const auto* n = arguments.empty() ? nullptr : std::get_if<std::int64_t>(&arguments[0]);
    return text(n == nullptr ? std::string_view() : state_.maker_of(*n));
  }
  if (function == "known_place") {
    const directory::Place* place = context_.find_place(first);
    return text(place == nullptr ? std::string_view() : place->code);
  }
  if (function == "minutes_between") {
    const auto one = parse_instant(first);
    const auto other = parse_instant(second);
    if (!one || !other) return {};
    return (std::max(*one, *other).ms - std::min(*one, *other).ms) / kMsPerMinute;
  }
  if (function == "days_until") {
    const std::int32_t today = local_date(now_, context_.offset_minutes()).days;
    if (const auto date = parse_date(first)) return std::int64_t{date->days - today};
    const auto at = parse_instant(first);
    return at ? CelValue(std::int64_t{local_date(*at, context_.offset_minutes()).days - today}) : CelValue{};
  }
  if (function == "list") {
    std::vector<std::string_view> members;
    if (!first.empty()) members.push_back(first);
    if (!second.empty()) members.push_back(second);
    return keep(std::move(members));
  }
  if (function == "under") return !second.empty() && first.starts_with(second);
  if (function == "same") {
    std::vector<std::string_view> one = list_of(arguments, 0);
    std::vector<std::string_view> other = list_of(arguments, 1);
    std::sort(one.begin(), one.end());
    std::sort(other.begin(), other.end());
    return one == other;
  }
  if (function == "future") {
    // A date is in the future from the day before.
    if (const auto date = parse_date(first)) return *date > local_date(now_, context_.offset_minutes());
    const auto at = parse_instant(first);
    return at && *at > now_;
  }
  return {};
}

Object CaseFacts::values(std::span<const rules::Program* const> programs) const {
  constexpr std::size_t kMostly = 16;
  std::vector<const std::string*> names;
  names.reserve(kMostly);
  for (const rules::Program* program : programs) {
    for (const std::string& name : program->facts()) names.push_back(&name);
  }
  // Before there are values, which are large to move. Of one program they are sorted; names in expressions
  // are ASCII.
  if (programs.size() > 1)
    std::ranges::sort(
        names, {}, [](const std::string* name) -> auto& { return *name; });
  std::vector<Member> out;
  out.reserve(names.size());
  for (const std::string* name : names) {
    if (out.empty() || out.back().name != *name) put(fact(*name), out.emplace_back(*name).value);
  }
  return Object(std::move(out));
}

Object CaseFacts::values(const rules::Program& program) const {
  const std::array only{&program};
  return values(only);
}

CelValue CaseFacts::keep(std::vector<std::string_view> list) const {
  return std::span<const std::string_view>(lists_.emplace_front(std::move(list)));
}

CelValue CaseFacts::texts(const std::vector<std::string>& list) const {
  return keep(std::vector<std::string_view>(list.begin(), list.end()));
}

Value to_value(const CelValue& value) {
  Value out;
  put(value, out);
  return out;
}

}  // namespace lastkm::cases
