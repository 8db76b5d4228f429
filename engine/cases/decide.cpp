#include "engine/cases/decide.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/cases/effects.h"
#include "engine/cases/evolve.h"
#include "engine/cases/facts.h"
#include "engine/cases/firing.h"
#include "engine/cases/input.h"

namespace lastkm::cases {

namespace {

using record::Command;
using record::Rejection;
using Refusal = std::optional<Rejection>;

Rejection reject(std::string code, std::string text, std::string rule = {}, Object facts = {}) {
  return Rejection{std::move(code), std::move(text), "", std::move(rule),
                   facts.empty() ? Value() : Value(std::move(facts))};
}

std::string join(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "none" : out;
}

std::string sentence(const rules::Bilingual& text) {
  return text.en.empty() ? text.zh : text.en;
}

class Deciding {
 public:
  Deciding(const CaseState& state, const Command& command, const directory::Context& context,
           const Moment& moment)
      : before_(state), command_(command), context_(context), moment_(moment) {}

  Answer answer() {
    Refusal refusal = before_.version == 0 ? open() : go_on();
    answer_.rejection = std::move(refusal);
    if (!answer_.events.empty()) answer_.after = std::move(own_);
    return std::move(answer_);
  }

 private:
  [[nodiscard]] const CaseState& now() const { return own_ == nullptr ? before_ : *own_; }
  CaseState& own() {
    if (own_ == nullptr) own_ = std::make_unique<CaseState>(before_);
    return *own_;
  }

  /// For a case that does not exist yet.
  Refusal open() {
    const rules::CommandRule* first = nullptr;
    const rules::Workflow* first_of = nullptr;
    bool known = command_.name == "ClockDue" || command_.name == kMigrateCase;
    std::vector<std::string> asked;
    for (const rules::Workflow* workflow : context_.newest_workflows()) {
      const rules::CommandRule* rule = workflow->find_command(command_.name);
      known = known || rule != nullptr;
      if (rule == nullptr || !rule->opens) continue;
      if (first == nullptr) {
        first = rule;
        first_of = workflow;
      }
      if (applies(*workflow, *rule)) return act(*workflow, *rule);
      asked.push_back(rule_id(*workflow, "applies"));
    }
    if (first == nullptr && known) {
      return reject(
          "unknown-case",
          command_.name + " is asked of a case, and there is none with this id; a case is opened first.");
    }
    if (first == nullptr) return unknown_command("No workflow in force has a command of this name.");
    if (Refusal refusal = check(*first_of, *first)) return refusal;
    if (Refusal refusal = check_data(*first_of, *first)) return refusal;
    return reject("guard-failed",
                  "No workflow in force takes this request: none of these holds: " + join(asked) + ".");
  }

  bool applies(const rules::Workflow& workflow, const rules::CommandRule& rule) const {
    if (workflow.applies.empty()) return true;
    const auto holds =
        workflow.applies.holds(CaseFacts(before_, context_, moment_.now, moment_.decider, &command_, &rule));
    return holds && *holds;
  }

  /// For a case that exists: under the workflow that it has pinned.
  Refusal go_on() {
    const rules::Workflow* workflow = context_.find_workflow(before_.workflow, before_.workflow_version);
    if (workflow == nullptr) {
      return reject("document-missing", "The case is under " + before_.workflow + "@" +
                                            std::to_string(before_.workflow_version) +
                                            ", which is not in force here.");
    }
    if (has_older_calendar(before_, context_)) follow_calendar(*workflow, context_, moment_, own(), answer_);
    if (is_due(now(), moment_.now)) fire_due(*workflow, context_, moment_, own(), answer_);
    if (command_.name == "ClockDue") return std::nullopt;
    if (is_due(now(), moment_.now)) {
      answer_.clocks_pending = true;
      return reject("clocks-pending", "More of this case has fallen due than one decision fires: send " +
                                          command_.name + " again once the rest has been fired.");
    }
    if (command_.name == kMigrateCase) return migrate();
    const rules::CommandRule* rule = workflow->find_command(command_.name);
    if (rule == nullptr)
      return unknown_command("The workflow of the case, " + workflow->id + "@" +
                             std::to_string(workflow->version) + ", has no such command.");
    return rule->opens ? supplement(*workflow, *rule) : act(*workflow, *rule);
  }

  /// Clocks that the new version lacks end; all others run on with their due times.
  Refusal migrate() {
    if (command_.client != record::kEngineClient)
      return reject("forbidden-role", "A case is migrated by an operator: lastkm rules migrate.",
                    "engine/migrate");
    const std::string_view id = command_.input.text("workflow");
    const std::int64_t version = command_.input.number("version");
    const std::string name = std::string(id) + "@" + std::to_string(version);
    const rules::Workflow* to = context_.find_workflow(id, version);
    if (to == nullptr)
      return reject("document-missing", "The workflow " + name + " is not in force here.", "engine/migrate");
    if (now().workflow == id && now().workflow_version == version)
      return reject("already-migrated", "The case is under " + name + " already.", "engine/migrate");
    rules::Effects effects;
    effects.to = command_.input.text("stage", now().stage);
    if (to->find_stage(effects.to) == nullptr) {
      return reject(
          "unknown-stage",
          "The workflow " + name + " has no stage " + effects.to + ": say which stage stands for it.",
          "engine/migrate");
    }
    effects.events.emplace_back().type = "WorkflowMigrated";
    for (const Clock& clock : now().clocks) {
      if (to->find_clock(clock.name) != nullptr) continue;
      rules::ClockOperation& stop = effects.clocks.emplace_back();
      stop.kind = rules::ClockOperation::Kind::stop;
      stop.clock = clock.name;
    }
    static const rules::CommandRule kNoRule;
    const std::size_t fired = answer_.events.size();
    const std::size_t asked_by_fired = answer_.requests.size();
    const auto outcome = take_effect(effects, cause_of("engine/migrate", *to, kNoRule, {}), own(),
                                     {answer_.events, answer_.requests});
    if (outcome) return std::nullopt;
    take_back(fired, asked_by_fired);
    return unfit(outcome.error(), "engine/migrate", {});
  }

  [[nodiscard]] Cause cause_of(std::string rule, const rules::Workflow& workflow,
                               const rules::CommandRule& asked, Object facts) const {
    return {.workflow = workflow,
            .context = context_,
            .moment = moment_,
            .rule = std::move(rule),
            .actor = command_.actor,
            .occurred_at = command_.occurred_at,
            .base = command_.clocks_from_business_time ? command_.occurred_at : moment_.now,
            .facts = std::move(facts),
            .command = &command_,
            .command_rule = &asked,
            .change = {},
            .clock = {},
            .mark = {},
            .otherwise = {}};
  }

  static Refusal unknown_command(std::string text) { return reject("unknown-command", std::move(text)); }

  Refusal supplement(const rules::Workflow& workflow, const rules::CommandRule& rule) {
    if (Refusal refusal = check(workflow, rule)) return refusal;
    if (command_.reference.empty()) {
      return reject("wrong-stage",
                    command_.name + " opens a case, and this one is open already (" + now().stage + ").",
                    rule_id(workflow, rule.name));
    }
    if (Refusal refusal = check_data(workflow, rule)) return refusal;
    record::Event event;
    event.seq = now().version + 1;
    event.type = "SupplementReceived";
    event.occurred_at = command_.occurred_at;
    event.actor = command_.actor;
    event.rule = "engine/supplement";
    event.data = command_.input;
    evolve(own(), event, moment_.now);
    answer_.events.push_back(std::move(event));
    return std::nullopt;
  }

  /// Who asks, and whether they know the case as it is.
  Refusal check(const rules::Workflow& workflow, const rules::CommandRule& rule) const {
    if (rule.from_cases != moment_.from_case) {
      return reject("forbidden-role",
                    rule.name + (rule.from_cases ? " is asked by another case, never by a person."
                                                 : " is asked by people, never by another case."),
                    rule_id(workflow, rule.name));
    }
    if (rule.from_cases) return std::nullopt;
    const record::Actor& actor = command_.actor;
    const directory::Body* body = context_.find_body(actor.body);
    if (body == nullptr) {
      return reject("unknown-body", "The actor's body is not in force: " + rule.name +
                                        " is asked by somebody of a known body.");
    }
    if (std::find(rule.roles.begin(), rule.roles.end(), actor.role) == rule.roles.end()) {
      return reject("forbidden-role",
                    rule.name + " may be asked by " + join(rule.roles) + "; the actor's role is another.",
                    rule_id(workflow, rule.name));
    }
    if (std::find(body->roles.begin(), body->roles.end(), actor.role) == body->roles.end()) {
      return reject("forbidden-role",
                    "People of this body play " + join(body->roles) + "; the actor's role is another.",
                    rule_id(workflow, rule.name));
    }
    if (command_.expected_version && *command_.expected_version != now().version) {
      return reject("version-conflict",
                    "The case is at version " + std::to_string(now().version) + "; " + rule.name +
                        " expects " + std::to_string(*command_.expected_version) + ". Read the case again.");
    }
    return std::nullopt;
  }

  Refusal check_data(const rules::Workflow& workflow, const rules::CommandRule& rule) const {
    Refusal wrong = check_input(rule, command_.input, workflow, context_);
    if (wrong) wrong->rule = rule_id(workflow, rule.name);
    return wrong;
  }

  [[nodiscard]] bool starts_here(const rules::CommandRule& rule, const rules::Transition& transition) const {
    return rule.opens ||
           std::find(transition.from.begin(), transition.from.end(), now().stage) != transition.from.end();
  }

  Refusal wrong_stage(const rules::Workflow& workflow, const rules::CommandRule& rule) const {
    const bool fits = std::any_of(rule.transitions.begin(), rule.transitions.end(),
                                  [&](const rules::Transition& t) { return starts_here(rule, t); });
    if (fits) return std::nullopt;
    std::vector<std::string> stages;
    for (const rules::Stage& stage : workflow.stages) {
      const bool allowed =
          std::any_of(rule.transitions.begin(), rule.transitions.end(), [&](const rules::Transition& t) {
            return std::find(t.from.begin(), t.from.end(), stage.id) != t.from.end();
          });
      if (allowed) stages.push_back(stage.id);
    }
    return reject("wrong-stage",
                  rule.name + " is asked in " + join(stages) + "; the case is in " + now().stage + ".",
                  rule_id(workflow, rule.name));
  }

  /// Nothing happens to a case before it was asked for: it would count in a month that may be over. What
  /// happens now is taken even if the opening was told to lie ahead, and so is what another case asks: its
  /// time is the engine's own. Nor is a supplement asked, which may tell anew of what came before the first
  /// telling. People tell times by the minute, so the minute of the request is early enough.
  Refusal before_opening(const rules::CommandRule& rule) const {
    const Instant told = command_.occurred_at;
    if (moment_.decider < 3 || rule.opens || rule.from_cases) return std::nullopt;
    const Instant asked = now().occurred_at;
    const Instant by_the_minute = asked + -(asked.ms % kMsPerMinute);
    if (told >= asked || told >= by_the_minute || told >= command_.recorded_at) return std::nullopt;
    const calendar::Calendar* calendar = context_.working_calendar();
    const std::int32_t offset = calendar == nullptr ? 0 : calendar->offset_minutes;
    return reject("before-opening",
                  rule.name + " is told of as of " + format_at_offset(told, offset) +
                      " (occurred_at), before the case was asked for, " + format_at_offset(asked, offset) +
                      ". Give the time at which it happened, or leave occurred_at out if it happens now.");
  }

  Refusal act(const rules::Workflow& workflow, const rules::CommandRule& rule) {
    if (Refusal refusal = check(workflow, rule)) return refusal;
    if (Refusal refusal = wrong_stage(workflow, rule)) return refusal;
    if (Refusal refusal = before_opening(rule)) return refusal;
    if (Refusal refusal = check_data(workflow, rule)) return refusal;
    const CaseFacts facts(now(), context_, moment_.now, moment_.decider, &command_, &rule);
    std::vector<const rules::Program*> read;
    read.reserve(8);
    for (const rules::Transition& transition : rule.transitions) {
      if (!starts_here(rule, transition)) continue;
      if (!transition.when.empty()) {
        read.push_back(&transition.when);
        const auto holds = transition.when.holds(facts);
        if (!holds)
          return unfit(holds.error(), rule_id(workflow, rule.name, transition.id), facts.values(read));
        if (!*holds) continue;
      }
      return take(workflow, rule, transition, facts, std::move(read));
    }
    return reject(
        "guard-failed",
        rule.name + " is asked in this stage, but none of its conditions holds for the case as it is.",
        rule_id(workflow, rule.name), facts.values(read));
  }

  static Refusal unfit(const Error& error, std::string rule, Object seen) {
    return reject(error.code, error.message, std::move(rule), std::move(seen));
  }

  Refusal take(const rules::Workflow& workflow, const rules::CommandRule& rule,
               const rules::Transition& transition, const CaseFacts& facts,
               std::vector<const rules::Program*> read) {
    const auto id = [&] { return rule_id(workflow, rule.name, transition.id); };
    for (const rules::Requirement& required : transition.require) {
      read.push_back(&required.condition);
      const auto holds = required.condition.holds(facts);
      if (!holds) return unfit(holds.error(), id(), facts.values(read));
      if (!*holds) {
        return reject(required.code.empty() ? "guard-failed" : required.code, sentence(required.text), id(),
                      facts.values(read));
      }
    }
    const std::size_t fired = answer_.events.size();
    const std::size_t asked_by_fired = answer_.requests.size();
    Cause cause = cause_of(id(), workflow, rule, facts.values(read));
    if (rule.opens) own().id = command_.aggregate;
    const auto outcome =
        take_effect(transition.effects, std::move(cause), own(), {answer_.events, answer_.requests});
    if (!outcome) {
      take_back(fired, asked_by_fired);
      return unfit(outcome.error(), id(), {});
    }
    if (answer_.events.size() > record::kMaxDecisionEvents) {
      const std::size_t asked = answer_.events.size();
      take_back(fired, asked_by_fired);
      return reject("too-many-events",
                    "A decision holds at most " + std::to_string(record::kMaxDecisionEvents) +
                        " events; this one would hold " + std::to_string(asked) + ".",
                    id());
    }
    return std::nullopt;
  }

  /// Drops what the command caused; what the clocks caused stays.
  void take_back(std::size_t fired, std::size_t asked_by_fired) {
    answer_.events.resize(fired);
    answer_.requests.resize(asked_by_fired);
    own_.reset();
    if (fired == 0) return;
    for (const record::Event& event : answer_.events) evolve(own(), event, moment_.now);
  }

  const CaseState& before_;
  const Command& command_;
  const directory::Context& context_;
  const Moment& moment_;
  std::unique_ptr<CaseState> own_;
  Answer answer_;
};

}  // namespace

Answer decide(const CaseState& state, const Command& command, const directory::Context& context,
              const Moment& moment) {
  return Deciding(state, command, context, moment).answer();
}

bool is_behind_calendar(const CaseState& state, const directory::Context& context, Instant now) {
  const rules::Workflow* workflow = context.find_workflow(state.workflow, state.workflow_version);
  if (workflow == nullptr || !has_older_calendar(state, context)) return false;
  CaseState moved = state;
  Answer answer;
  follow_calendar(*workflow, context, Moment{now, "", 1, false}, moved, answer);
  return !answer.events.empty();
}

Answer fire(const CaseState& state, const directory::Context& context, const Moment& moment) {
  Answer answer;
  const rules::Workflow* workflow = context.find_workflow(state.workflow, state.workflow_version);
  if (workflow == nullptr || !(is_due(state, moment.now) || has_older_calendar(state, context)))
    return answer;
  auto moved = std::make_unique<CaseState>(state);
  follow_calendar(*workflow, context, moment, *moved, answer);
  fire_due(*workflow, context, moment, *moved, answer);
  answer.after = std::move(moved);
  return answer;
}

}  // namespace lastkm::cases
