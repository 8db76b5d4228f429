#include "engine/cases/clock_changes.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lastkm::cases {

namespace {

std::string_view text_of(const Value* value) {
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : *text;
}

std::optional<Instant> instant_of(const Value* value) {
  const std::string_view text = text_of(value);
  if (text.empty()) return std::nullopt;
  const auto read = parse_instant(text);
  return read ? std::optional(*read) : std::nullopt;
}

std::optional<calendar::Amount> amount_of(const Value* n, const Value* named) {
  const auto unit = calendar::unit_of(text_of(named));
  if (n == nullptr || n->if_int() == nullptr || !unit) return std::nullopt;
  return calendar::Amount{*n->if_int(), *unit};
}

/// The members of a change, found in one pass: it has nearly all that a fold asks for.
class Change {
 public:
  explicit Change(const Value& change) {
    const Object* members = change.if_object();
    if (members == nullptr) return;
    std::size_t from = 0;  // both stand in the order of their names
    for (const Member& member : *members) {
      const auto* const named =
          std::find(kNames.begin() + static_cast<std::ptrdiff_t>(from), kNames.end(), member.name);
      if (named == kNames.end()) continue;
      from = static_cast<std::size_t>(named - kNames.begin());
      found_[from] = &member.value;
    }
  }

  [[nodiscard]] std::string_view calendar() const { return text_of(found_[kCalendar]); }
  [[nodiscard]] std::string_view what() const { return text_of(found_[kChange]); }
  [[nodiscard]] std::string_view clock() const { return text_of(found_[kClock]); }
  [[nodiscard]] std::string_view mark() const { return text_of(found_[kMark]); }
  [[nodiscard]] std::optional<Instant> base() const { return instant_of(found_[kBase]); }
  [[nodiscard]] std::optional<Instant> due() const { return instant_of(found_[kDue]); }
  [[nodiscard]] const Value* left() const { return found_[kLeft]; }
  [[nodiscard]] const Value* marks() const { return found_[kMarks]; }
  [[nodiscard]] std::optional<calendar::Amount> amount() const {
    return amount_of(found_[kN], found_[kUnit]);
  }
  [[nodiscard]] bool provisional() const {
    const bool* flag = found_[kProvisional] == nullptr ? nullptr : found_[kProvisional]->if_bool();
    return flag != nullptr && *flag;
  }

 private:
  enum Place : std::size_t {
    kBase,
    kCalendar,
    kChange,
    kClock,
    kDue,
    kLeft,
    kMark,
    kMarks,
    kN,
    kProvisional,
    kUnit
  };
  static constexpr std::array<std::string_view, kUnit + 1> kNames{
      "base", "calendar", "change", "clock", "due", "left", "mark", "marks", "n", "provisional", "unit"};
  std::array<const Value*, kNames.size()> found_{};
};

std::vector<PendingMark> marks_from(const Value& list) {
  std::vector<PendingMark> marks;
  if (const Array* items = list.if_array()) {
    marks.reserve(items->size());
    for (const Value& item : *items) {
      if (const auto at = instant_of(item.find("at"))) marks.push_back({std::string(item.text("id")), *at});
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

void start(CaseState& state, const Change& change) {
  const auto due = change.due();
  const auto limit = change.amount();
  if (!due || !limit) return;
  auto at = place_of(state.clocks, change.clock());
  if (at == state.clocks.end() || at->name != change.clock()) {
    at = state.clocks.emplace(at);
    at->name = change.clock();
  }
  Clock& clock = *at;
  clock.state = ClockState::running;
  clock.due = *due;
  clock.base = change.base().value_or(*due);
  clock.limit = *limit;
  clock.paused_left.reset();
  clock.resumed_at.reset();
  clock.resumed_left.reset();
  clock.extensions.clear();
  const Value* marks = change.marks();
  clock.marks = marks == nullptr ? std::vector<PendingMark>{} : marks_from(*marks);
  clock.provisional = change.provisional();
  clock.silenced = false;
}

void run_until(Clock& clock, const Change& change) {
  if (const auto due = change.due()) {
    clock.due = *due;
    clock.provisional = change.provisional();
  }
  if (const Value* marks = change.marks()) clock.marks = marks_from(*marks);
}

/// What is left, of a clock that stands still; nullopt where the change says nothing of it.
std::optional<calendar::Amount> left_of(const Change& change) {
  const Value* left = change.left();
  return left == nullptr ? std::nullopt : amount_from(*left);
}

void change_clock(Clock& clock, const Change& change) {
  const std::string_view what = change.what();
  if (what == "breached") {
    clock.state = ClockState::breached;
  } else if (what == "marked") {
    const std::string_view mark = change.mark();
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
    if (const Value* left = change.left()) clock.paused_left = amount_from(*left);
  } else if (what == "resumed") {
    clock.state = ClockState::running;
    clock.resumed_at = change.base();
    clock.resumed_left = clock.paused_left;
    clock.extensions.clear();
    clock.paused_left.reset();
    run_until(clock, change);
  } else if (what == "extended") {
    const auto more = change.amount();
    if (const Value* left = change.left()) {
      clock.paused_left = amount_from(*left);
    } else if (more) {
      clock.extensions.push_back(*more);
    }
    run_until(clock, change);
  } else if (what == "recomputed") {
    run_until(clock, change);
    if (change.marks() == nullptr) clock.marks.clear();
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
  return amount_of(value.find("n"), value.find("unit"));
}

void apply_change(CaseState& state, const Value& value) {
  const Change change(value);
  const std::string_view name = change.clock();
  if (name.empty()) return;
  if (const std::string_view by = change.calendar(); !by.empty()) state.calendar = by;
  if (change.what() == "started") {
    start(state, change);
  } else if (const auto at = place_of(state.clocks, name); at != state.clocks.end() && at->name == name) {
    change_clock(*at, change);
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
  const auto add_text = [&out](std::string_view name, std::string_view text) {
    out.add(name)->become<std::string>(text);
  };
  const auto add_time = [&add_text](std::string_view name, Instant at) {
    std::array<char, kUtcBytes> text{};
    const char* const end = write_utc(text.data(), at);
    add_text(name, {text.data(), end});
  };
  if (starts) add_time("base", clock.base);
  if (resumes && clock.resumed_at) add_time("base", *clock.resumed_at);
  if (moves && !paused && by != nullptr && !by->id.empty()) out.add("calendar", key_of(*by));
  add_text("change", change);
  add_text("clock", clock.name);
  if (!paused && (moves || restores || change == "breached")) add_time("due", clock.due);
  if (paused) out.add("left", to_value(*clock.paused_left));
  if (moves && !paused && !clock.marks.empty()) out.add("marks", to_value(clock.marks));
  if (starts) {
    out.add("n", clock.limit.n);
    add_text("unit", calendar::name_of(clock.limit.unit));
  }
  if (moves && !paused && clock.provisional) out.set("provisional", true);
  return Value(std::move(out));
}

}  // namespace lastkm::cases
