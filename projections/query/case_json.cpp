#include "projections/query/case_json.h"

#include <optional>

namespace lastkm::projections {

namespace {
Value time_or_null(std::optional<Instant> at, std::int32_t offset) {
  return at ? Value(format_at_offset(*at, offset)) : Value();
}

Array clocks_of(const cases::CaseState& state, std::int32_t offset, Instant now) {
  Array clocks;
  for (const cases::Clock& clock : state.clocks) {
    const bool paused = clock.state == cases::ClockState::suspended;
    Value left;
    if (paused && clock.paused_left) {
      left = Object{{"n", clock.paused_left->n}, {"unit", calendar::name_of(clock.paused_left->unit)}};
    }
    // While a clock is suspended it has no due time.
    clocks.emplace_back(Object{{"name", clock.name},
                               {"state", cases::name_of(clock.state)},
                               {"due", paused ? Value() : Value(format_at_offset(clock.due, offset))},
                               {"overdue", is_open(clock, state) && clock.due <= now},
                               {"paused_left", std::move(left)}});
  }
  return clocks;
}

Object common(const CaseRow& row, Ordinal ordinal, std::int32_t offset) {
  const cases::CaseState& state = row.state;
  Array co_handlers;
  Array co_handling;
  for (const cases::CoHandler& co_handler : state.co_handlers) {
    co_handlers.emplace_back(co_handler.body.value);
    co_handling.emplace_back(Object{{"body", co_handler.body.value},
                                    {"due", time_or_null(co_handler.due, offset)},
                                    {"reported", co_handler.reported}});
  }
  Array holders;
  for (const std::string& holder : state.holders) holders.emplace_back(holder);
  return Object{{"case", state.id.value},
                {"ref", state.ref},
                {"stage", state.stage},
                {"ended", state.ended},
                {"version", state.version},
                {"lead", state.lead},
                {"co_handlers", std::move(co_handlers)},
                {"co_handling", std::move(co_handling)},
                {"holders", std::move(holders)},
                {"level", state.level},
                {"card", state.card},
                {"supervision", state.supervision},
                {"type", state.type},
                {"category", state.category},
                {"urgency", state.urgency},
                {"place", state.place},
                {"channel", state.channel},
                {"master", state.master},
                {"opened_at", format_at_offset(state.occurred_at, offset)},
                {"recorded_at", format_at_offset(state.opened_at, offset)},
                {"closed_at", time_or_null(row.closed_at, offset)},
                {"workflow", Object{{"id", state.workflow}, {"version", state.workflow_version}}},
                {"position", Object{{"lane", row.lane.value}, {"ordinal", ordinal.value}}}};
}
}  // namespace

void at_offset(Object& object, std::string_view name, std::int32_t offset) {
  Value* held = object.find(name);
  if (held == nullptr) return;
  const std::string* text = held->if_string();
  auto at = parse_instant(text == nullptr ? std::string_view() : std::string_view(*text));
  if (at) *held = format_at_offset(*at, offset);
}

Value case_show(const CaseRow& row, Ordinal ordinal, std::int32_t offset_minutes, Instant now) {
  Object show = common(row, ordinal, offset_minutes);
  show.set("clocks", clocks_of(row.state, offset_minutes, now));
  return show;
}

Value case_line(const CaseRow& row, Ordinal ordinal, std::int32_t offset_minutes, Instant now) {
  Object line = common(row, ordinal, offset_minutes);
  const std::optional<Instant> due = due_of(row.state);
  line.set("due", time_or_null(due, offset_minutes));
  line.set("overdue", due && *due <= now);
  return line;
}

Value history_line(Value row, std::int32_t offset_minutes) {
  Object* line = row.if_object();
  if (line == nullptr) return row;
  if (Value* event = line->find("event"); event != nullptr && event->if_object() != nullptr) {
    Object whole = std::move(*event->if_object());
    line->erase("event");
    for (const auto& [name, value] : *line) whole.set(name, value);
    *line = std::move(whole);
  }
  at_offset(*line, "occurred_at", offset_minutes);
  at_offset(*line, "recorded_at", offset_minutes);
  Value* clocks = line->find("clocks");
  Array* changes = clocks == nullptr ? nullptr : clocks->if_array();
  if (changes != nullptr) {
    for (Value& change : *changes) {
      if (Object* object = change.if_object()) {
        at_offset(*object, "due", offset_minutes);
        at_offset(*object, "base", offset_minutes);
        Value* marks = object->find("marks");
        Array* times = marks == nullptr ? nullptr : marks->if_array();
        for (std::size_t i = 0; times != nullptr && i < times->size(); ++i) {
          if (Object* mark = (*times)[i].if_object()) at_offset(*mark, "at", offset_minutes);
        }
      }
    }
  }
  return row;
}

}  // namespace lastkm::projections
