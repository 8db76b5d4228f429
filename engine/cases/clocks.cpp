#include "engine/cases/clocks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/cases/clock_changes.h"

namespace lastkm::cases {

namespace {

using calendar::Amount;
using calendar::Unit;
using Kind = rules::ClockOperation::Kind;

bool is_working(Unit unit) {
  return unit == Unit::working_days || unit == Unit::working_hours || unit == Unit::working_minutes;
}
bool by_days(Unit unit) {
  return unit == Unit::working_days || unit == Unit::natural_days;
}

/// The last moment of a period that is over at `due`.
Instant last_moment(Instant due) {
  return due + -1;
}

Amount in_minutes(Amount amount) {
  if (amount.unit == Unit::natural_hours) return {amount.n * 60, Unit::natural_minutes};
  if (amount.unit == Unit::working_hours) return {amount.n * 60, Unit::working_minutes};
  return amount;
}

/// An extension counts from the last day or the last moment of the period before.
Result<Instant> counted_on(Instant due, Amount more, const calendar::Calendar& calendar) {
  return calendar.due(by_days(more.unit) ? last_moment(due) : due, more);
}

/// The due time by this calendar, of all that has been counted since the start.
Result<Instant> counted_again(const Clock& clock, const calendar::Calendar& calendar) {
  auto due = clock.resumed_at && clock.resumed_left ? calendar.due(*clock.resumed_at, *clock.resumed_left)
                                                    : calendar.due(clock.base, clock.limit);
  for (const Amount& more : clock.extensions) {
    if (!due) return due;
    due = counted_on(*due, more, calendar);
  }
  return due;
}

Error evaluation(std::string_view what) {
  return Error{ErrorKind::refused, "evaluation", "The rule gives " + std::string(what) + ".", ""};
}

/// The integer that a program gives; nullopt where it is empty or gives null.
Result<std::optional<std::int64_t>> integer_of(const rules::Program& program, const CaseFacts& facts) {
  if (program.empty()) return std::optional<std::int64_t>{};
  auto value = program.evaluate(facts);
  if (!value) return value.error();
  if (std::holds_alternative<std::monostate>(*value)) return std::optional<std::int64_t>{};
  const auto* n = std::get_if<std::int64_t>(&*value);
  if (n == nullptr) return evaluation("an amount that is no integer");
  return std::optional(*n);
}

Result<std::optional<Unit>> unit_from(const rules::Program& program, const CaseFacts& facts) {
  if (program.empty()) return std::optional<Unit>{};
  auto value = program.evaluate(facts);
  if (!value) return value.error();
  if (std::holds_alternative<std::monostate>(*value)) return std::optional<Unit>{};
  const auto* name = std::get_if<std::string_view>(&*value);
  const auto unit = name == nullptr ? std::nullopt : calendar::unit_of(*name);
  if (!unit) return evaluation("a unit that is none of NM NH ND WM WH WD");
  return std::optional(*unit);
}

Result<std::optional<Amount>> limit_of(const rules::ClockRule& rule, const CaseFacts& facts) {
  for (const rules::ClockLimit& limit : rule.limits) {
    if (!limit.when.empty()) {
      auto holds = limit.when.holds(facts);
      if (!holds) return holds.error();
      if (!*holds) continue;
    }
    auto n = integer_of(limit.n, facts);
    if (!n) return n.error();
    if (!*n) return evaluation("a limit without an amount");
    return std::optional(Amount{**n, limit.unit});
  }
  return std::optional<Amount>{};
}

/// What a start takes: the operation's own amount before the clock's limit.
Result<std::optional<Amount>> start_amount(const rules::ClockOperation& operation,
                                           const rules::ClockRule& rule, const CaseFacts& facts) {
  auto n = integer_of(operation.n, facts);
  if (!n) return n.error();
  auto unit = unit_from(operation.unit, facts);
  if (!unit) return unit.error();
  if (*n && *unit) return std::optional(Amount{**n, **unit});
  auto limit = limit_of(rule, facts);
  if (!limit) return limit.error();
  if (*limit && *n) (*limit)->n = **n;
  if (*limit && *unit) (*limit)->unit = **unit;
  return limit;
}

void sort_marks(std::vector<PendingMark>& marks) {
  std::stable_sort(marks.begin(), marks.end(),
                   [](const PendingMark& a, const PendingMark& b) { return a.at < b.at; });
}

Result<Instant> mark_at(const rules::Mark& mark, Instant due, const calendar::Calendar& calendar) {
  return calendar.office_opens(local_date(last_moment(due), calendar.offset_minutes), mark.n);
}

/// Runs the clock until a new due time; its marks to come move with it.
Status move_due(Clock& clock, Instant due, const rules::ClockRule* rule, const ClockWork& work) {
  std::vector<PendingMark> moved;
  for (const PendingMark& pending : clock.marks) {
    const rules::Mark* mark = nullptr;
    if (rule != nullptr) {
      const auto found = std::find_if(rule->marks.begin(), rule->marks.end(),
                                      [&pending](const rules::Mark& m) { return m.id == pending.id; });
      if (found != rule->marks.end()) mark = &*found;
    }
    if (mark == nullptr) {
      moved.push_back(pending);
      continue;
    }
    auto at = mark_at(*mark, due, work.calendar);
    if (!at) return at.error();
    moved.push_back({pending.id, std::max(*at, work.base)});
  }
  sort_marks(moved);
  clock.due = due;
  clock.marks = std::move(moved);
  clock.provisional = is_working(clock.limit.unit) && work.calendar.is_provisional(local_date(
                                                          last_moment(due), work.calendar.offset_minutes));
  return done();
}

void say(const Clock& clock, std::string_view what, const ClockWork& work, Array& changes,
         const std::optional<Amount>& more = std::nullopt) {
  Value change = to_value(clock, what, &work.calendar);
  if (more) {
    change.if_object()->set("n", more->n);
    change.if_object()->set("unit", calendar::name_of(more->unit));
  }
  apply_change(work.state, change);
  changes.push_back(std::move(change));
}

Status start(const rules::ClockOperation& operation, std::string_view name, const ClockWork& work,
             Array& changes) {
  const rules::ClockRule* rule = work.workflow.find_clock(name);
  if (rule == nullptr) return done();
  auto amount = start_amount(operation, *rule, work.facts);
  if (!amount) return amount.error();
  if (!*amount) return done();
  auto due = work.calendar.due(work.base, **amount);
  if (!due) return due.error();
  if (*due <= work.base) {
    return Error{ErrorKind::bad_input, "out-of-range",
                 "The clock " + std::string(name) + " would be over when it begins.", ""};
  }
  Clock clock;
  clock.name = std::string(name);
  clock.base = work.base;
  clock.limit = **amount;
  if (auto moved = move_due(clock, *due, rule, work); !moved) return moved;
  for (const rules::Mark& mark : rule->marks) {
    auto at = mark_at(mark, *due, work.calendar);
    if (!at) return at.error();
    if (*at > work.base) clock.marks.push_back({mark.id, *at});
  }
  sort_marks(clock.marks);
  say(clock, "started", work, changes);
  return done();
}

/// That what it waited for was done late is said of every clock that has run out, so that nobody takes it for
/// overdue any longer; the decider 1 said it only where marks were still to come. What is left of one that is
/// suspended is said too, and kept for a restore; the deciders before 3 forgot it, so that the clock came
/// back running to the due time from before the suspension.
void stop(Clock clock, const ClockWork& work, Array& changes) {
  const bool runs = clock.state == ClockState::running || clock.state == ClockState::suspended;
  const bool ran_out = clock.is_overdue();
  if (!runs && !(ran_out && (work.decider >= 2 || !clock.marks.empty()))) return;
  if (work.decider < 3) clock.paused_left.reset();
  say(clock, "stopped", work, changes);
}

Status suspend(Clock clock, const ClockWork& work, Array& changes) {
  if (clock.state != ClockState::running) return done();
  auto left = work.calendar.left(work.base, clock.due, clock.limit.unit);
  if (!left) return left.error();
  clock.paused_left = *left;
  say(clock, "suspended", work, changes);
  return done();
}

Status resume(Clock clock, const ClockWork& work, Array& changes) {
  if (clock.state != ClockState::suspended || !clock.paused_left) return done();
  auto due = work.calendar.due(work.base, *clock.paused_left);
  if (!due) return due.error();
  if (auto moved = move_due(clock, *due, work.workflow.find_clock(clock.name), work); !moved) return moved;
  clock.resumed_at = work.base;
  say(clock, "resumed", work, changes);
  return done();
}

Status extend(const rules::ClockOperation& operation, Clock clock, const ClockWork& work, Array& changes) {
  if (clock.state != ClockState::running && clock.state != ClockState::suspended) return done();
  auto n = integer_of(operation.n, work.facts);
  if (!n) return n.error();
  auto unit = unit_from(operation.unit, work.facts);
  if (!unit) return unit.error();
  if (!*n) return evaluation("an extension without an amount");
  const Amount more{**n, unit->value_or(clock.limit.unit)};
  if (clock.state == ClockState::suspended) {
    const Amount same = clock.paused_left && clock.paused_left->unit == more.unit ? more : in_minutes(more);
    if (!clock.paused_left || clock.paused_left->unit != same.unit) {
      return Error{ErrorKind::refused, "guard-failed",
                   "The clock " + clock.name +
                       " is suspended and what is left of it is counted in another unit: resume it first.",
                   ""};
    }
    clock.paused_left->n += same.n;
  } else {
    auto due = counted_on(clock.due, more, work.calendar);
    if (!due) return due.error();
    if (auto moved = move_due(clock, *due, work.workflow.find_clock(clock.name), work); !moved) return moved;
  }
  say(clock, "extended", work, changes, more);
  return done();
}

void restore(const Clock& clock, const ClockWork& work, Array& changes) {
  if (clock.state == ClockState::met || clock.silenced) say(clock, "restored", work, changes);
}

Status operate_on(const rules::ClockOperation& operation, std::string_view name, const ClockWork& work,
                  Array& changes) {
  if (operation.kind == Kind::start) return start(operation, name, work, changes);
  const Clock* clock = work.state.find_clock(name);
  if (clock == nullptr) return done();
  switch (operation.kind) {
    case Kind::stop:
      stop(*clock, work, changes);
      return done();
    case Kind::suspend:
      return suspend(*clock, work, changes);
    case Kind::resume:
      return resume(*clock, work, changes);
    case Kind::extend:
      return extend(operation, *clock, work, changes);
    case Kind::restore:
      restore(*clock, work, changes);
      return done();
    case Kind::start:
      break;
  }
  return done();
}

Status operate_on_all(const rules::ClockOperation& operation, const ClockWork& work, Array& changes) {
  std::vector<std::string> names;
  for (const Clock& clock : work.state.clocks) names.push_back(clock.name);
  for (const std::string& name : names) {
    if (auto outcome = operate_on(operation, name, work, changes); !outcome) return outcome;
  }
  return done();
}

}  // namespace

Status operate(const rules::ClockOperation& operation, const ClockWork& work, Array& changes) {
  if (!operation.when.empty()) {
    auto holds = operation.when.holds(work.facts);
    if (!holds) return holds.error();
    if (!*holds) return done();
  }
  if (operation.clock == "*") return operate_on_all(operation, work, changes);
  if (operation.clock_from.empty()) return operate_on(operation, operation.clock, work, changes);
  auto named = operation.clock_from.evaluate(work.facts);
  if (!named) return named.error();
  const auto* name = std::get_if<std::string_view>(&*named);
  const std::size_t before = changes.size();
  if (name != nullptr) {
    const std::string held(*name);
    if (auto outcome = operate_on(operation, held, work, changes); !outcome) return outcome;
  }
  if (changes.size() > before) return done();
  return Error{ErrorKind::refused, "guard-failed",
               "The clock that the command names is in no state for this: running to be suspended or "
               "extended, suspended to be resumed.",
               ""};
}

Status recompute(const ClockWork& work, Array& changes) {
  const std::vector<Clock> clocks = work.state.clocks;
  for (const Clock& clock : clocks) {
    const bool runs = clock.state == ClockState::running;
    const bool still_marks = clock.is_overdue() && !clock.marks.empty();
    if (!runs && !still_marks) continue;
    auto due = runs ? counted_again(clock, work.calendar) : Result<Instant>(clock.due);
    if (!due) return due.error();
    Clock moved = clock;
    if (auto outcome = move_due(moved, *due, work.workflow.find_clock(clock.name), work); !outcome)
      return outcome;
    if (moved != clock) say(moved, "recomputed", work, changes);
  }
  return done();
}

calendar::Calendar on_plain_weeks(const calendar::Calendar& calendar, Instant at) {
  constexpr std::int32_t reach = 101;  // a period is at most 100 years
  calendar::Calendar plain = calendar;
  const std::int32_t year = to_civil(local_date(at, calendar.offset_minutes)).year;
  for (std::int32_t y = year - 1; y <= year + reach; ++y) {
    const bool there = std::any_of(calendar.years.begin(), calendar.years.end(),
                                   [y](const calendar::Year& known) { return known.year == y; });
    if (!there) plain.years.push_back({y, true, {}, {}});
  }
  std::sort(plain.years.begin(), plain.years.end(),
            [](const calendar::Year& a, const calendar::Year& b) { return a.year < b.year; });
  plain.index();
  return plain;
}

}  // namespace lastkm::cases
