#include "engine/cases/firing.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engine/cases/clock_changes.h"
#include "engine/cases/clocks.h"
#include "engine/cases/effects.h"
#include "engine/cases/evolve.h"

namespace lastkm::cases {

namespace {

/// The earliest thing to happen; of things at the same time the clock first by name, and its marks before its
/// due time.
struct Next {
  Instant at;
  std::string clock;
  std::string mark;  ///< empty: the due time
};

std::optional<Next> next_of(const CaseState& state) {
  const Clock* clock = nullptr;
  const PendingMark* mark = nullptr;
  Instant at;
  const auto consider = [&](Instant when, const Clock& of, const PendingMark* which) {
    if (clock != nullptr && when >= at) return;
    clock = &of;
    mark = which;
    at = when;
  };
  // Clocks stand in the order of their names, marks in the order of their times.
  for (const Clock& c : state.clocks) {
    const bool running = c.state == ClockState::running;
    if (!c.marks.empty() && (running || c.is_overdue())) {
      consider(c.marks.front().at, c, &c.marks.front());
    }
    if (running) consider(c.due, c, nullptr);
  }
  if (clock == nullptr) return std::nullopt;
  return Next{at, clock->name, mark == nullptr ? std::string() : mark->id};
}

const record::Actor& by_the_engine() {
  static const record::Actor actor{BodyId("SYSTEM"), "SYSTEM", "", ""};
  return actor;
}

const rules::Mark* find_mark(const rules::ClockRule* rule, std::string_view id) {
  if (rule == nullptr) return nullptr;
  const auto at =
      std::find_if(rule->marks.begin(), rule->marks.end(), [id](const rules::Mark& m) { return m.id == id; });
  return at == rule->marks.end() ? nullptr : &*at;
}

class Firing {
 public:
  Firing(const rules::Workflow& workflow, const directory::Context& context, const Moment& moment,
         CaseState& state, Answer& into)
      : workflow_(workflow),
        context_(context),
        moment_(moment),
        state_(state),
        events_(into.events),
        requests_(into.requests) {}

  /// False where the group would exceed what one decision may fire.
  bool fire(const Next& next) {
    static const rules::Effects nothing;
    const rules::ClockRule* rule = workflow_.find_clock(next.clock);
    const rules::Mark* mark = next.mark.empty() ? nullptr : find_mark(rule, next.mark);
    const rules::Effects* effects = &nothing;
    if (mark != nullptr) {
      effects = &mark->effects;
    } else if (rule != nullptr && next.mark.empty()) {
      effects = &rule->on_due;
    }
    const std::size_t most = std::max<std::size_t>(effects->events.size(), 1);
    if (!events_.empty() && events_.size() + most > kMaxFiredEvents) return false;

    Cause cause = cause_of(next);
    if (mark != nullptr && !mark->when.empty()) {
      const CaseFacts facts(state_, context_, next.at, moment_.decider);
      cause.facts = facts.values(mark->when);
      const auto holds = mark->when.holds(facts);
      if (!holds || !*holds) effects = &nothing;
      if (!holds) cause.facts.set("engine.problem", holds.error().code);
    }
    // A clock's effects cannot be refused.
    const auto outcome = take_effect(*effects, std::move(cause), state_, {events_, requests_});
    return outcome.has_value();
  }

 private:
  Cause cause_of(const Next& next) {
    const bool due = next.mark.empty();
    Value change = to_value(*state_.find_clock(next.clock), due ? "breached" : "marked");
    if (!due) change.if_object()->set("mark", next.mark);
    std::string rule = rule_id(workflow_, "clock/" + next.clock + (due ? "/due" : "/mark/" + next.mark));
    return Cause{.workflow = workflow_,
                 .context = context_,
                 .moment = moment_,
                 .rule = std::move(rule),
                 .actor = by_the_engine(),
                 .occurred_at = next.at,
                 .base = next.at,
                 .facts = {},
                 .command = nullptr,
                 .command_rule = nullptr,
                 .change = std::move(change),
                 .clock = next.clock,
                 .mark = next.mark,
                 .otherwise = due ? "StageBreached" : "MarkPassed"};
  }

  const rules::Workflow& workflow_;
  const directory::Context& context_;
  const Moment& moment_;
  CaseState& state_;
  std::vector<record::Event>& events_;
  std::vector<Request>& requests_;
};

}  // namespace

bool is_due(const CaseState& state, Instant now) {
  const auto due = state.next_due();
  return due && *due <= now;
}

bool has_older_calendar(const CaseState& state, const directory::Context& context) {
  const calendar::Calendar* calendar = context.working_calendar();
  return calendar != nullptr && !state.ended && !state.calendar.empty() &&
         state.calendar != key_of(*calendar);
}

void follow_calendar(const rules::Workflow& workflow, const directory::Context& context, const Moment& moment,
                     CaseState& state, Answer& into) {
  if (!has_older_calendar(state, context)) return;
  const auto count = [&](const calendar::Calendar& calendar, Array& changes) {
    CaseState counted = state;
    const CaseFacts facts(counted, context, moment.now, moment.decider);
    return recompute({workflow, calendar, facts, counted, Instant{INT64_MIN}, moment.decider}, changes);
  };
  Array changes;
  if (!count(*context.working_calendar(), changes)) {
    changes = Array();
    if (!count(on_plain_weeks(*context.working_calendar(), moment.now), changes)) return;
  }
  if (changes.empty()) return;
  record::Event event;
  event.seq = state.version + 1;
  event.type = "DueDateRecomputed";
  event.occurred_at = moment.now;
  event.actor = by_the_engine();
  event.rule = "engine/calendar";
  event.data = Value(Object{{"calendar", key_of(*context.working_calendar())}});
  event.clocks = Value(std::move(changes));
  evolve(state, event, moment.now);
  into.events.push_back(std::move(event));
}

void fire_due(const rules::Workflow& workflow, const directory::Context& context, const Moment& moment,
              CaseState& state, Answer& into) {
  Firing firing(workflow, context, moment, state, into);
  while (const auto next = next_of(state)) {
    if (next->at > moment.now || !firing.fire(*next)) return;
  }
}

}  // namespace lastkm::cases
