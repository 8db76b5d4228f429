#include "tools/lastkm/case_life.h"

#include "engine/cases/evolve.h"
#include "engine/record/digest.h"
#include "tools/lastkm/accepted.h"

namespace lastkm::tool {

Result<std::vector<Step>> case_life(runtime::Engine& engine, std::string_view id_or_ref) {
  const auto found = engine.find_case(id_or_ref);
  if (!found) return found.error();
  const AggregateId id = found->id;
  const LaneId lane = record::lane_of(id, engine.deployment().lanes);
  std::vector<Step> steps;
  cases::CaseState state;
  state.id = id;
  const std::int32_t partition = log::partition_of(lane, engine.log().partitions());
  auto read =
      each_accepted(engine.log(), partition, [&](const record::Decision& decision, const std::string&) {
        if (decision.aggregate != id) return true;
        for (const record::Event& event : decision.events) {
          state = cases::evolve(std::move(state), event, decision.lane_time);
          steps.push_back({event, decision.lane, decision.ordinal, decision.lane_time, state});
        }
        return true;
      });
  if (!read) return read.error();
  return steps;
}

namespace {

Value actor_value(const record::Actor& actor) {
  Object out{{"body", actor.body.value}, {"role", actor.role}};
  if (!actor.person.empty()) out.set("person", actor.person);
  if (!actor.on_behalf_of.empty()) out.set("on_behalf_of", actor.on_behalf_of);
  return out;
}

/// RFC 3339 UTC as records have it, at the offset that people read.
std::string at_offset(std::string_view utc, std::int32_t offset_minutes) {
  const auto instant = parse_instant(utc);
  return instant ? format_at_offset(*instant, offset_minutes) : std::string(utc);
}

/// How a due time came about: "3 WD from 2026-05-18T09:12:00+08:00 by calendar cn@2026".
std::string how(const Value& change, std::int32_t offset_minutes) {
  std::string text;
  if (change.find("n") != nullptr) {
    text = std::to_string(change.number("n"));
    text += " ";
    text += change.text("unit");
  }
  if (!change.text("base").empty())
    text += (text.empty() ? "from " : " from ") + at_offset(change.text("base"), offset_minutes);
  if (const Value* calendar = change.find("calendar")) {
    text += " by calendar ";
    if (const std::string* name = calendar->if_string()) {
      text += *name;
    } else {
      text += calendar->text("id");
      text += "@" + std::to_string(calendar->number("version"));
    }
  }
  if (const Value* left = change.find("left"); left != nullptr && left->if_object() != nullptr) {
    text += (text.empty() ? "" : ", ") + std::to_string(left->number("n")) + " " +
            std::string(left->text("unit")) + " left";
  }
  if (change.flag("provisional")) text += " (provisional calendar)";
  return text;
}

/// A fact as a sentence can hold it.
std::string fact_text(const Value& value) {
  if (const std::string* text = value.if_string()) return "'" + *text + "'";
  if (const std::int64_t* number = value.if_int()) return std::to_string(*number);
  if (const bool* flag = value.if_bool()) return *flag ? "true" : "false";
  if (const Array* list = value.if_array()) {
    std::string out = "[";
    for (const Value& one : *list) out += (out.size() > 1 ? ", " : "") + fact_text(one);
    return out + "]";
  }
  return "null";
}

}  // namespace

Value history_line(const Step& step, std::int32_t offset_minutes) {
  return Object{{"seq", step.event.seq},
                {"type", step.event.type},
                {"occurred_at", format_at_offset(step.event.occurred_at, offset_minutes)},
                {"recorded_at", format_at_offset(step.recorded_at, offset_minutes)},
                {"actor", actor_value(step.event.actor)},
                {"rule", step.event.rule},
                {"data", step.event.data}};
}

Value explain_line(const Step& step, std::int32_t offset_minutes) {
  const record::Event& event = step.event;
  const std::string who =
      event.actor.body.value + (event.actor.role.empty() ? "" : " as " + event.actor.role);
  std::string text = event.type + " by " + who + ", allowed by rule " + event.rule;
  if (event.facts.if_object() != nullptr && !event.facts.if_object()->empty()) {
    std::string saw;
    for (const Member& fact : *event.facts.if_object()) {
      saw += (saw.empty() ? "" : ", ") + fact.name + " = " + fact_text(fact.value);
    }
    text += ", which saw " + saw;
  }
  if (!event.stage.empty()) text += "; the case is now in " + event.stage;
  Array clocks;
  if (event.clocks.if_array() != nullptr) {
    for (const Value& change : *event.clocks.if_array()) {
      Value due;
      if (!change.text("due").empty()) due = at_offset(change.text("due"), offset_minutes);
      clocks.emplace_back(Object{{"name", change.text("clock")},
                                 {"change", change.text("change")},
                                 {"due", std::move(due)},
                                 {"how", how(change, offset_minutes)}});
    }
  }
  return Object{{"seq", event.seq},
                {"when", format_at_offset(step.recorded_at, offset_minutes)},
                {"who", who},
                {"event", event.type},
                {"rule", event.rule},
                {"workflow", Object{{"id", step.after.workflow}, {"version", step.after.workflow_version}}},
                {"facts", event.facts.if_object() != nullptr ? event.facts : Value(Object{})},
                {"clocks", std::move(clocks)},
                {"text", text + "."}};
}

}  // namespace lastkm::tool
