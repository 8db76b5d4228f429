#include "tools/lastkm/answers.h"

#include <array>

#include "engine/record/canonical.h"

namespace lastkm::tool {

std::string_view name_of(runtime::OutcomeStatus status) {
  switch (status) {
    case runtime::OutcomeStatus::accepted:
      return "accepted";
    case runtime::OutcomeStatus::rejected:
      return "rejected";
    case runtime::OutcomeStatus::duplicate:
      return "duplicate";
    case runtime::OutcomeStatus::recorded:
      return "recorded";
  }
  return "recorded";
}

Value to_value(const runtime::Outcome& outcome, std::int32_t offset_minutes) {
  Array events;
  for (const record::Event& event : outcome.events) {
    events.push_back(Object{{"type", event.type},
                            {"seq", event.seq},
                            {"at", format_at_offset(event.occurred_at, offset_minutes)}});
  }
  Value reason;
  if (outcome.rejection) {
    reason = Object{{"code", outcome.rejection->code},
                    {"text", outcome.rejection->text},
                    {"path", outcome.rejection->path}};
  }
  const bool decided = outcome.status != runtime::OutcomeStatus::recorded && outcome.ordinal.value > 0;
  return Object{
      {"command_id", outcome.command.value},
      {"explain",
       decided ? std::to_string(outcome.lane.value) + ":" + std::to_string(outcome.ordinal.value) : ""},
      {"status", name_of(outcome.status)},
      {"case", outcome.aggregate.value},
      {"ref", outcome.ref},
      {"seq", outcome.seq},
      {"lane", std::int64_t{outcome.lane.value}},
      {"ordinal", outcome.ordinal.value},
      {"events", std::move(events)},
      {"reason", std::move(reason)}};
}

Value to_value(const Error& error) {
  const bool unknown = error.kind == ErrorKind::unknown_outcome;
  return Object{{"command_id", ""},
                {"explain", ""},
                {"status", unknown ? "recorded" : "rejected"},
                {"case", ""},
                {"ref", ""},
                {"seq", 0},
                {"lane", 0},
                {"ordinal", 0},
                {"events", Array{}},
                {"reason", Object{{"code", error.code}, {"text", error.message}, {"path", error.path}}}};
}

Exit exit_of(const runtime::Outcome& outcome) {
  switch (outcome.status) {
    case runtime::OutcomeStatus::accepted:
    case runtime::OutcomeStatus::duplicate:
      return Exit::ok;
    case runtime::OutcomeStatus::recorded:
      return Exit::unknown_outcome;
    case runtime::OutcomeStatus::rejected:
      break;
  }
  return outcome.rejection && outcome.rejection->code == "version-conflict" ? Exit::version_conflict
                                                                            : Exit::refused;
}

Exit worse(Exit a, Exit b) {
  constexpr std::array<Exit, 3> kOrder{Exit::unknown_outcome, Exit::version_conflict, Exit::refused};
  for (const Exit exit : kOrder) {
    if (a == exit || b == exit) return exit;
  }
  return a == Exit::ok ? b : a;
}

void print_page(Session& session, const projections::Page& page) {
  for (const Value& line : page.lines) session.print(line);
  if (page.next.empty()) return;
  session.err() << record::canonical(Value(Object{{"count", page.count}, {"next", page.next}})) << '\n';
}

std::string short_time(std::string_view rfc3339) {
  if (rfc3339.size() < 16 || rfc3339[10] != 'T') return std::string(rfc3339);
  return std::string(rfc3339.substr(0, 10)) + " " + std::string(rfc3339.substr(11, 5));
}

std::string joined(const Value& texts) {
  std::string text;
  for (const Value& one : *texts.if_array()) text += (text.empty() ? "" : ", ") + *one.if_string();
  return text;
}

std::string title_of(const Value& value) {
  if (const std::string* text = value.if_string()) return *text;
  const std::string_view zh = value.text("zh");
  return std::string(zh.empty() ? value.text("en") : zh);
}

void print_clocks(Session& session, const Value& shown) {
  const Value* clocks = shown.find("clocks");
  if (clocks == nullptr || clocks->if_array() == nullptr || clocks->if_array()->empty()) return;
  Table table({{"clock"}, {"state"}, {"due"}, {"overdue"}, {"left"}});
  for (const Value& clock : *clocks->if_array()) {
    const std::string_view state = clock.text("state");
    const Value* left = clock.find("paused_left");
    const std::string rest = left != nullptr && !left->is_null()
                                 ? std::to_string(left->number("n")) + " " + std::string(left->text("unit"))
                                 : "";
    const Tone tone = state == "met" ? Tone::good : state == "suspended" ? Tone::warn : Tone::plain;
    table.add({clock.text("name"), Cell(state, tone), clock.text("due"),
               Cell(clock.flag("overdue") ? "yes" : "", Tone::bad), rest});
  }
  table.drop_unused({"overdue", "left"});
  table.print(session.out(), session.style(), 2);
}

}  // namespace lastkm::tool
