#include "engine/cases/clock_changes.h"

#include <algorithm>
#include <utility>

namespace lastkm::cases {

namespace {

std::optional<Instant> instant(const Value& change, std::string_view name) {
  const std::string_view text = change.text(name);
  if (text.empty()) return std::nullopt;
  const auto read = parse_instant(text);
  return read ? std::optional(*read) : std::nullopt;
}

std::vector<PendingMark> marks_from(const Value& list) {
  std::vector<PendingMark> marks;
  if (const Array* items = list.if_array()) {
    marks.reserve(items->size());
    for (const Value& item : *items) {
      if (const auto at = instant(item, "at")) marks.push_back({std::string(item.text("id")), *at});
    }
  }
  return marks;
}

Value to_value(const std::vector<PendingMark>& marks) {
  Array items;
  items.reserve(marks.size());
  for (const PendingMark& mark : marks) {
    Object item;
    item.add("at", format_utc(mark.at));
    item.add("id", mark.id);
    items.emplace_back(std::move(item));
  }
  return Value(std::move(items));
}

/// The clock of this name, or where one would stand.
std::vector<Clock>::iterator place_of(std::vector<Clock>& clocks, std::string_view name) {
  return std::find_if(clocks.begin(), clocks.end(),
                      [name](const Clock& clock) { return clock.name >= name; });
}

Clock& added(std::vector<Clock>& clocks, std::vector<Clock>::iterator at, std::string_view name) {
  Clock& clock = *clocks.emplace(at);
  clock.name = name;
  return clock;
}

void start(CaseState& state, std::string_view name, const Value& change) {
  const auto due = instant(change, "due");
  const auto limit = amount_from(change);
  if (!due || !limit) return;
  const auto at = place_of(state.clocks, name);
  const bool is_there = at != state.clocks.end() && at->name == name;
  Clock& clock = is_there ? *at : added(state.clocks, at, name);
  clock.state = ClockState::running;
  clock.due = *due;
  clock.base = instant(change, "base").value_or(*due);
  clock.limit = *limit;
  clock.paused_left.reset();
  clock.resumed_at.reset();
  clock.resumed_left.reset();
  clock.extensions.clear();
  const Value* marks = change.find("marks");
  clock.marks = marks == nullptr ? std::vector<PendingMark>{} : marks_from(*marks);
  clock.provisional = change.flag("provisional");
  clock.silenced = false;
}

void run_until(Clock& clock, const Value& change) {
  if (const auto due = instant(change, "due")) {
    clock.due = *due;
    clock.provisional = change.flag("provisional");
  }
  if (const Value* marks = change.find("marks")) clock.marks = marks_from(*marks);
}

/// What is left, of a clock that stands still; nullopt where the change says nothing of it.
std::optional<calendar::Amount> left_of(const Value& change) {
  const Value* left = change.find("left");
  return left == nullptr ? std::nullopt : amount_from(*left);
}

void change_clock(Clock& clock, std::string_view what, const Value& change) {
  if (what == "breached") {
    clock.state = ClockState::breached;
  } else if (what == "marked") {
    const std::string_view mark = change.text("mark");
    std::erase_if(clock.marks, [mark](const PendingMark& pending) { return pending.id == mark; });
  } else if (what == "stopped") {
    if (clock.state == ClockState::breached) {
      clock.silenced = true;
    } else {
      clock.state = ClockState::met;
      clock.paused_left = left_of(change);
    }
  } else if (what == "suspended") {
    clock.state = ClockState::suspended;
    if (const Value* left = change.find("left")) clock.paused_left = amount_from(*left);
  } else if (what == "resumed") {
    clock.state = ClockState::running;
    clock.resumed_at = instant(change, "base");
    clock.resumed_left = clock.paused_left;
    clock.extensions.clear();
    clock.paused_left.reset();
    run_until(clock, change);
  } else if (what == "extended") {
    const auto more = amount_from(change);
    if (const Value* left = change.find("left")) {
      clock.paused_left = amount_from(*left);
    } else if (more) {
      clock.extensions.push_back(*more);
    }
    run_until(clock, change);
  } else if (what == "recomputed") {
    run_until(clock, change);
    if (change.find("marks") == nullptr) clock.marks.clear();
  } else if (what == "restored") {
    if (clock.state == ClockState::met) {
      clock.paused_left = left_of(change);
      clock.state = clock.paused_left ? ClockState::suspended : ClockState::running;
    }
    clock.silenced = false;
  }
}

}  // namespace

std::string key_of(const calendar::Calendar& calendar) {
  return calendar.id + "@" + std::to_string(calendar.version);
}

Value to_value(const calendar::Amount& amount) {
  Object out;
  out.add("n", amount.n);
  out.add("unit", calendar::name_of(amount.unit));
  return Value(std::move(out));
}

std::optional<calendar::Amount> amount_from(const Value& value) {
  const Value* n = value.find("n");
  const auto unit = calendar::unit_of(value.text("unit"));
  if (n == nullptr || n->if_int() == nullptr || !unit) return std::nullopt;
  return calendar::Amount{*n->if_int(), *unit};
}

void apply_change(CaseState& state, const Value& change) {
  const std::string_view name = change.text("clock");
  const std::string_view what = change.text("change");
  if (name.empty()) return;
  if (const std::string_view by = change.text("calendar"); !by.empty()) state.calendar = by;
  if (what == "started") {
    start(state, name, change);
  } else if (const auto at = place_of(state.clocks, name); at != state.clocks.end() && at->name == name) {
    change_clock(*at, what, change);
  }
}

Value to_value(const Clock& clock, std::string_view change, const calendar::Calendar* by) {
  const bool starts = change == "started";
  const bool resumes = change == "resumed";
  const bool moves = starts || resumes || change == "extended" || change == "recomputed";
  const bool restores = change == "restored";
  const bool may_pause = restores || change == "suspended" || change == "extended" || change == "stopped";
  const bool paused = may_pause && clock.paused_left.has_value();
  Object out;
  if (starts) out.add("base", format_utc(clock.base));
  if (resumes && clock.resumed_at) out.add("base", format_utc(*clock.resumed_at));
  if (moves && !paused && by != nullptr && !by->id.empty()) out.add("calendar", key_of(*by));
  out.add("change", change);
  out.add("clock", clock.name);
  if (!paused && (moves || restores || change == "breached")) out.add("due", format_utc(clock.due));
  if (paused) out.add("left", to_value(*clock.paused_left));
  if (moves && !paused && !clock.marks.empty()) out.add("marks", to_value(clock.marks));
  if (starts) {
    out.add("n", clock.limit.n);
    out.add("unit", calendar::name_of(clock.limit.unit));
  }
  if (moves && !paused && clock.provisional) out.set("provisional", true);
  return Value(std::move(out));
}

}  // namespace lastkm::cases
