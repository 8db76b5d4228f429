#include "engine/cases/effects.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/cases/clock_changes.h"
#include "engine/cases/clocks.h"
#include "engine/cases/evolve.h"
#include "engine/cases/react.h"

namespace lastkm::cases {

namespace {

using record::Event;

const calendar::Calendar& calendar_of(const directory::Context& context) {
  static const calendar::Calendar none;
  const calendar::Calendar* calendar = context.working_calendar();
  return calendar == nullptr ? none : *calendar;
}

class Group {
 public:
  Group(const rules::Effects& effects, Cause& cause, CaseState& state, Caused caused)
      : effects_(effects),
        cause_(cause),
        state_(state),
        events_(caused.events),
        requests_(caused.requests),
        facts_(state, cause.context, cause.command == nullptr ? cause.base : cause.moment.now,
               cause.moment.decider, cause.command, cause.command_rule) {}

  Status run() {
    if (auto asked = ask(); !asked) return asked;
    if (!cause_.change.is_null()) {
      apply_change(state_, cause_.change);
      changes_.push_back(std::move(cause_.change));
    }
    const std::size_t before = events_.size();
    if (before == 0) events_.reserve(effects_.events.size());
    for (const rules::EventRule& rule : effects_.events) {
      if (auto added = add(rule); !added) return added;
    }
    if (events_.size() == before) {
      if (cause_.otherwise.empty()) {
        return Error{ErrorKind::refused, "guard-failed", "The rule causes nothing as the case stands.", ""};
      }
      append(cause_.otherwise, Value(Object{}), {});
    }
    Event& last = events_.back();
    if (auto moved = move_on(last); !moved) return moved;
    if (!problem_.empty()) {
      if (last.facts.is_null()) last.facts = Value(Object{});
      last.facts.if_object()->set("engine.problem", problem_);
    }
    return done();
  }

 private:
  [[nodiscard]] bool by_clock() const { return cause_.command == nullptr; }

  /// A command is refused; a clock goes on and tells.
  Status trouble(const Error& error, std::string_view where) {
    if (!by_clock()) return error;
    if (!problem_.empty()) problem_ += "; ";
    problem_ += std::string(where) + ": " + error.code;
    return done();
  }

  /// Before the events, which may change whom to ask.
  Status ask() {
    if (effects_.asks.empty()) return done();
    auto requests = react(effects_.asks, facts_);
    if (!requests) return trouble(requests.error(), "asks");
    std::move(requests->begin(), requests->end(), std::back_inserter(requests_));
    return done();
  }

  Status add(const rules::EventRule& rule) {
    Object seen;
    if (!rule.when.empty()) {
      auto holds = rule.when.holds(facts_);
      if (!holds) return trouble(holds.error(), rule.type);
      if (!*holds) return done();
      seen = facts_.values(rule.when);
    }
    Object data;
    if (auto made = fill(rule, data); !made) return made;
    append(rule.type, Value(std::move(data)), std::move(seen));
    return done();
  }

  Status fill(const rules::EventRule& rule, Object& data) {
    const Value* input = cause_.command == nullptr ? nullptr : &cause_.command->input;
    if (rule.copies_input && input != nullptr && input->if_object() != nullptr) data = *input->if_object();
    for (const auto& [name, program] : rule.data) {
      if (const Value* raw = input == nullptr ? nullptr : raw_field(program, *input)) {
        data.set(name, *raw);
        continue;
      }
      auto value = program.evaluate(facts_);
      if (!value) {
        if (auto told = trouble(value.error(), rule.type + "." + name); !told) return told;
        continue;
      }
      if (std::holds_alternative<std::monostate>(*value)) {
        data.erase(name);
      } else {
        data.set(name, to_value(*value));
      }
    }
    return done();
  }

  /// The input's member, where the expression is exactly cmd.<field>.
  static const Value* raw_field(const rules::Program& program, const Value& input) {
    constexpr std::string_view prefix = "cmd.";
    const std::string_view text = program.text();
    return text.starts_with(prefix) ? input.find(text.substr(prefix.size())) : nullptr;
  }

  void append(std::string_view type, Value data, Object seen) {
    Object& members = *data.if_object();
    if (by_clock()) {
      // What a clock causes says which clock, where the workflow does not.
      const bool breach = type == "StageBreached" || type == "SlaBreached" || type == cause_.otherwise;
      if (breach && members.find("clock") == nullptr) members.set("clock", cause_.clock);
      if (type == cause_.otherwise && !cause_.mark.empty()) members.set("mark", cause_.mark);
    } else if (cause_.command_rule->opens && state_.version == 0) {
      members.set("ref", cause_.moment.ref);
      members.set("workflow", cause_.workflow.id);
      members.set("workflow_version", cause_.workflow.version);
      if (!cause_.command->channel.empty()) members.set("channel", cause_.command->channel);
      if (!cause_.command->reference.empty()) members.set("reference", cause_.command->reference);
    }
    Event& event = events_.emplace_back();
    event.seq = state_.version + 1;
    event.type = type;
    event.occurred_at = cause_.occurred_at;
    event.actor = cause_.actor;
    event.rule = cause_.rule;
    event.data = std::move(data);
    Object asked = std::exchange(cause_.facts, {});  // what the command's own guards saw
    if (seen.empty()) {
      seen = std::move(asked);
    } else {
      for (const Member& fact : asked) seen.add(fact.name, fact.value);
    }
    if (!seen.empty()) event.facts = Value(std::move(seen));
    evolve(state_, event, cause_.moment.now);
  }

  /// Stage, clocks and holders: what the last event carries for the whole group.
  Status move_on(Event& last) {
    if (!effects_.to.empty()) {
      const rules::Stage* stage = cause_.workflow.find_stage(effects_.to);
      last.stage = effects_.to;
      last.ended = stage != nullptr && stage->ends;
      state_.stage = last.stage;
      state_.ended = last.ended;
    }
    changes_.reserve(changes_.size() + effects_.clocks.size());
    for (const rules::ClockOperation& operation : effects_.clocks) {
      if (auto outcome = operate_clock(operation); !outcome) return outcome;
    }
    if (!changes_.empty()) last.clocks = Value(std::move(changes_));
    return hand_over(last);
  }

  Status operate_clock(const rules::ClockOperation& operation) {
    const calendar::Calendar& calendar = calendar_of(cause_.context);
    const auto operate_by = [&](const calendar::Calendar& by) {
      return operate(operation, {cause_.workflow, by, facts_, state_, cause_.base, cause_.moment.decider},
                     changes_);
    };
    auto outcome = operate_by(calendar);
    if (outcome) return outcome;
    if (auto told = trouble(outcome.error(), "clock " + operation.clock); !told) return told;
    if (outcome.error().code != "calendar-missing") return done();
    // What has been done to some of "*" is not done to them twice: they are in no state for it any more.
    if (auto again = operate_by(on_plain_weeks(calendar, cause_.base)); !again)
      return trouble(again.error(), "clock " + operation.clock);
    return done();
  }

  Status hand_over(Event& last) {
    std::vector<std::string_view> holders;
    const rules::Stage* stage = cause_.workflow.find_stage(state_.stage);
    if (stage != nullptr && !stage->holders.empty()) {
      auto value = stage->holders.evaluate(facts_);
      if (!value) return trouble(value.error(), "holders");
      const auto add = [&holders](std::string_view body) {
        if (!body.empty() && std::find(holders.begin(), holders.end(), body) == holders.end())
          holders.emplace_back(body);
      };
      if (const auto* one = std::get_if<std::string_view>(&*value)) add(*one);
      if (const auto* many = std::get_if<std::span<const std::string_view>>(&*value)) {
        for (const std::string_view body : *many) add(body);
      }
    }
    if (std::ranges::equal(holders, state_.holders)) return done();
    last.holders = Value(Array(holders.begin(), holders.end()));
    // Apart: what the holders are read from may be the holders of before.
    std::vector<std::string> now(holders.begin(), holders.end());
    state_.holders = std::move(now);
    return done();
  }

  const rules::Effects& effects_;
  Cause& cause_;
  CaseState& state_;
  std::vector<Event>& events_;
  std::vector<Request>& requests_;
  CaseFacts facts_;
  Array changes_;
  std::string problem_;
};

}  // namespace

std::string rule_id(const rules::Workflow& workflow, std::string_view part, std::string_view within) {
  const std::string version = std::to_string(workflow.version);
  std::string id;
  id.reserve(workflow.id.size() + version.size() + part.size() + within.size() + 3);
  id += workflow.id;
  id += '@';
  id += version;
  id += '/';
  id += part;
  if (!within.empty()) id += '/';
  id += within;
  return id;
}

Status take_effect(const rules::Effects& effects, Cause cause, CaseState& state, Caused caused) {
  return Group(effects, cause, state, caused).run();
}

}  // namespace lastkm::cases
