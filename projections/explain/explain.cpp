#include "projections/explain/explain.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/base/fields.h"
#include "engine/cases/evolve.h"
#include "engine/cases/facts.h"
#include "projections/explain/clock_words.h"
#include "projections/explain/condition_words.h"
#include "projections/explain/names.h"
#include "projections/explain/opening_words.h"
#include "projections/explain/phrases.h"
#include "projections/explain/refusal_words.h"
#include "projections/explain/rule_place.h"

namespace lastkm::explain {

namespace {

/// The version in ID@VERSION; nullopt where that is no number.
std::optional<std::int64_t> version_in(std::string_view digits) {
  std::int64_t version = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, failed] = std::from_chars(digits.data(), end, version);
  if (failed != std::errc{} || stopped != end) return std::nullopt;
  return version;
}

}  // namespace

Explainer::Explainer(std::vector<record::Document> documents, ContextAt context_at, Language language,
                     std::int32_t offset_minutes)
    : documents_(std::move(documents)),
      context_at_(std::move(context_at)),
      language_(language),
      offset_minutes_(offset_minutes) {}

const Value* Explainer::document(std::string_view kind, std::string_view id, std::int64_t version) const {
  for (const record::Document& one : documents_) {
    if (one.kind == kind && one.id == id && one.version == version) return &one.content;
  }
  return nullptr;
}

const DocumentText* Explainer::text_of(std::string_view workflow, std::int64_t version) {
  const std::string name = std::string(workflow) + "@" + std::to_string(version);
  if (const auto known = texts_.find(name); known != texts_.end()) return &known->second;
  const Value* content = document("workflow", workflow, version);
  return content == nullptr ? nullptr : &texts_.emplace(name, document_text(*content)).first->second;
}

/// Explains one decision. Made anew for each, since names follow the documents in force at its time.
class TurnExplainer {
 public:
  TurnExplainer(Explainer& all, const Turn& turn)
      : all_(all),
        turn_(turn),
        state_(turn.before),
        context_(all.context_at_(turn.decision.context)),
        none_(std::make_shared<directory::Context>()) {}

  std::vector<Value> lines() {
    for (const record::Event& event : turn_.decision.events) event_line(event);
    if (turn_.decision.rejection) refusal_line(*turn_.decision.rejection);
    if (turn_.decision.duplicate_of) repeat_line();
    return std::move(out_);
  }

 private:
  [[nodiscard]] const directory::Context& context() const { return context_ ? *context_ : *none_; }

  /// The workflow that a rule id belongs to; that of the case where the id says none.
  [[nodiscard]] const rules::Workflow* workflow_of(std::string_view rule,
                                                   const cases::CaseState& state) const {
    const std::size_t at = rule.find('@');
    const std::size_t slash = rule.find('/');
    if (at < slash && slash != std::string_view::npos) {
      const auto version = version_in(rule.substr(at + 1, slash - at - 1));
      const auto* found = version ? context().find_workflow(rule.substr(0, at), *version) : nullptr;
      if (found != nullptr) return found;
    }
    return context().find_workflow(state.workflow, state.workflow_version);
  }

  [[nodiscard]] Names names_for(const rules::Workflow* workflow) const {
    const Value* content =
        workflow == nullptr ? nullptr : all_.document("workflow", workflow->id, workflow->version);
    return {all_.language_, all_.offset_minutes_, context(), workflow,
            content == nullptr ? nullptr : content->find("words")};
  }

  [[nodiscard]] std::string who(const Names& names, const record::Actor& actor) const {
    std::string text = names.body(actor.body.value);
    if (actor.role.empty() || actor.body.value == "SYSTEM") return text;
    text = fill(names.say({"{0}{1}", "{0}, as {1},"}), {text, names.role(actor.role)});
    if (!actor.on_behalf_of.empty())
      text += fill(names.say({"（代{0}）", " on behalf of {0},"}), {names.body(actor.on_behalf_of)});
    return text;
  }

  [[nodiscard]] std::string gap() const { return all_.language_ == Language::chinese ? "" : " "; }

  /// "rule SignCase/T08 of the workflow three-party, version 1, line 761"
  std::string cite(const Names& names, const rules::Workflow& workflow, std::string_view pointer,
                   std::string_view rule) {
    const DocumentText* text = all_.text_of(workflow.id, workflow.version);
    const std::string version = std::to_string(workflow.version);
    const std::string line = text == nullptr ? "?" : std::to_string(line_of(*text, pointer));
    const std::string prefix = workflow.id + "@" + version + "/";
    const std::string_view part = rule.starts_with(prefix) ? rule.substr(prefix.size()) : rule;
    return fill(
        names.say({"流程 {0} 第{1}版第{2}行规则 {3}", "rule {3} of the workflow {0}, version {1}, line {2}"}),
        {workflow.id, version, line, part});
  }

  Value place_of(const rules::Workflow* workflow, std::string_view pointer) {
    const DocumentText* text = workflow == nullptr ? nullptr : all_.text_of(workflow->id, workflow->version);
    if (text == nullptr || pointer.empty()) return {};
    return Object{{"document", workflow->id + "@" + std::to_string(workflow->version)},
                  {"line", std::int64_t{line_of(*text, pointer)}},
                  {"pointer", std::string(pointer)}};
  }

  static std::string facts_text(const Names& names, const Value& facts) {
    if (facts.if_object() == nullptr) return "";
    Listing list(names.language(), Listing::Between::clauses);
    for (const Member& fact : *facts.if_object()) {
      list.add(fill(names.say({"{0}为{1}", "{0}: {1}"}), {names.fact(fact.name), names.value(fact.value)}));
    }
    return list.text();
  }

  std::string data_text(const Names& names, const record::Event& event) const {
    if (event.data.if_object() == nullptr) return "";
    Listing list(names.language(), Listing::Between::clauses);
    for (const Member& member : *event.data.if_object()) {
      if (member.name == "clock" && member.value.if_string() != nullptr) {
        list.add(fill(names.say({"{0}：{1}", "{0}: {1}"}),
                      {names.field("clock"), names.clock(*member.value.if_string())}));
        continue;
      }
      if (member.name == "workflow" || member.name == "workflow_version" || member.name == "follow_up")
        continue;
      list.add(
          fill(names.say({"{0}：{1}", "{0}: {1}"}), {names.field(member.name), names.value(member.value)}));
    }
    return list.text();
  }

  // --- events ------------------------------------------------------------------------------------------

  void event_line(const record::Event& event) {
    const cases::CaseState before = state_;
    cases::evolve(state_, event, turn_.decision.lane_time);
    const rules::Workflow* workflow = workflow_of(event.rule, state_);
    const Names names = names_for(workflow);
    const Rule rule = workflow == nullptr ? Rule{} : find_rule(*workflow, event.rule);
    std::string text =
        rule.clock != nullptr ? clock_opening(names, event, rule) : command_opening(names, event);
    add_rule(text, names, workflow, rule, event, before);
    if (const std::string facts = facts_text(names, event.facts); !facts.empty())
      text += gap() + fill(names.say({"规则核对的情况：{0}。", "The rule looked at: {0}."}), {facts});
    if (const std::string data = data_text(names, event); !data.empty())
      text += gap() + fill(names.say({"随案记录：{0}。", "Recorded with it: {0}."}), {data});
    add_whereabouts(text, names, event);
    Object line = common(event.actor, event.rule, workflow, place_of(workflow, rule.pointer));
    line.set("kind", "event");
    line.set("seq", event.seq);
    line.set("event", event.type);
    line.set("facts", event.facts.if_object() != nullptr ? event.facts : Value(Object{}));
    line.set("clocks", clocks(names, workflow, event, before));
    line.set("text", text);
    out_.emplace_back(std::move(line));
  }

  [[nodiscard]] std::string happened(const Names& names, const record::Event& event) const {
    const auto phrase = phrase_of_event(event.type);
    return phrase ? std::string(names.say(*phrase)) : event.type;
  }

  /// Where the time of what happened and that of its recording are not the same.
  std::string late(const Names& names, const record::Event& event) const {
    const std::int64_t apart = turn_.decision.lane_time.ms - event.occurred_at.ms;
    if (apart > -kMsPerMinute && apart < kMsPerMinute) return "";
    return fill(names.say({"（{0}记录）", " (recorded on {0})"}), {names.time(turn_.decision.lane_time)});
  }

  std::string command_opening(const Names& names, const record::Event& event) const {
    const std::string step = names.command(turn_.decision.command_name);
    return fill(names.say({"{0}{4}，{1}办理{2}：{3}。", "On {0}{4}, {1} took the step {2}: {3}."}),
                {names.time(event.occurred_at), who(names, event.actor), step, happened(names, event),
                 late(names, event)});
  }

  std::string clock_opening(const Names& names, const record::Event& event, const Rule& rule) const {
    if (rule.mark != nullptr) {
      return fill(names.say({"{0}{4}，{1}时限到达节点“{2}”：{3}。",
                             "On {0}{4}, the clock {1} reached its mark “{2}”: {3}."}),
                  {names.time(event.occurred_at), names.clock(rule.clock->id), names.field(rule.mark->id),
                   happened(names, event), late(names, event)});
    }
    return fill(names.say({"{0}{3}，{1}时限届满：{2}。", "On {0}{3}, the clock {1} ran out: {2}."}),
                {names.time(event.occurred_at), names.clock(rule.clock->id), happened(names, event),
                 late(names, event)});
  }

  void add_rule(std::string& text, const Names& names, const rules::Workflow* workflow, const Rule& rule,
                const record::Event& event, const cases::CaseState& before) {
    if (workflow == nullptr || rule.pointer.empty()) {
      text +=
          gap() +
          (event.rule == "engine/supplement"
               ? std::string(names.say(
                     {"同一渠道同一编号的来件内容有变时，一律并入原案（引擎固定规则 engine/supplement）。",
                      "The same reference of the same channel with other content always supplements its case "
                      "(fixed rule engine/supplement)."}))
               : fill(names.say({"依据规则 {0}。", "It follows rule {0}."}), {event.rule}));
      return;
    }
    const std::string cited = cite(names, *workflow, rule.pointer, event.rule);
    if (rule.clock != nullptr) {
      text += gap() + fill(names.say({"此后果由{0} 规定。", "This is what {0} makes of it."}), {cited});
    } else if (before.stage.empty()) {
      text += gap() + fill(names.say({"依据{0} 办理。", "It is allowed by {0}."}), {cited});
    } else {
      text +=
          gap() + fill(names.say({"依据{0}，{1}环节可以办理。", "It is allowed by {0}, in the stage {1}."}),
                       {cited, names.stage(before.stage)});
    }
  }

  void add_whereabouts(std::string& text, const Names& names, const record::Event& event) const {
    if (!event.stage.empty()) {
      text += gap() +
              fill(names.say(event.ended ? Both{"案件至此进入{0}环节，流程终结。",
                                                "The case is now in the stage {0}, which ends it."}
                                         : Both{"案件现处{0}环节。", "The case is now in the stage {0}."}),
                   {names.stage(event.stage)});
    }
    const Array* holders = event.holders.if_array();
    if (holders == nullptr || holders->empty()) return;
    text += gap() + fill(names.say({"现由{0}办理。", "It waits for {0}."}), {names.value(event.holders)});
  }

  // --- clocks ------------------------------------------------------------------------------------------

  /// What a clock that is started, suspended or resumed by the event counts from.
  [[nodiscard]] Instant base_of(const record::Event& event) const {
    if (event.actor.body.value == "SYSTEM") return event.occurred_at;
    if (turn_.command && turn_.command->clocks_from_business_time) return turn_.command->occurred_at;
    return turn_.decision.lane_time;
  }

  [[nodiscard]] const Value* calendar_of(const Value& change) const {
    const std::string_view named = change.text("calendar");
    const std::size_t at = named.rfind('@');
    if (at != std::string_view::npos) {
      const auto version = version_in(named.substr(at + 1));
      return version ? all_.document("calendar", named.substr(0, at), *version) : nullptr;
    }
    const calendar::Calendar* in_force = context().working_calendar();
    return in_force == nullptr ? nullptr : all_.document("calendar", in_force->id, in_force->version);
  }

  /// Which of the clock's limits was chosen, where the case as it is now shows it.
  std::string limit_text(const Names& names, const rules::Workflow* workflow, const Value& change) {
    if (workflow == nullptr || change.text("change") != "started") return "";
    const rules::ClockRule* clock = workflow->find_clock(change.text("clock"));
    if (clock == nullptr) return "";
    const cases::CaseFacts facts(state_, context(), turn_.decision.lane_time, turn_.decision.decider,
                                 turn_.command ? &*turn_.command : nullptr,
                                 turn_.command ? workflow->find_command(turn_.command->name) : nullptr);
    for (std::size_t i = 0; i < clock->limits.size(); ++i) {
      const rules::ClockLimit& limit = clock->limits[i];
      if (!limit.when.empty()) {
        const auto holds = limit.when.holds(facts);
        if (!holds || !*holds) continue;
      }
      const auto n = limit.n.evaluate(facts);
      const auto* number = n ? std::get_if<std::int64_t>(&*n) : nullptr;
      if (number == nullptr || *number != change.number("n") ||
          calendar::name_of(limit.unit) != change.text("unit"))
        break;
      const DocumentText* text = all_.text_of(workflow->id, workflow->version);
      const std::string line =
          text == nullptr ? "?" : std::to_string(line_of(*text, child(clock->pointer + "/limits", i)));
      if (limit.when.empty()) {
        return fill(names.say({"期限取自流程第{0}行的规定。", "The limit is the one of line {0}."}), {line});
      }
      return fill(
          names.say({"期限取自流程第{0}行的规定，因{1}。", "The limit is the one of line {0}, for {1}."}),
          {line, in_words_and_quoted(names, limit.when)});
    }
    return std::string(names.say({"期限由此步骤指定。", "The limit was set by the step itself."}));
  }

  Value clocks(const Names& names, const rules::Workflow* workflow, const record::Event& event,
               cases::CaseState before) {
    Array out;
    if (event.clocks.if_array() == nullptr) return Value(std::move(out));
    for (const Value& change : *event.clocks.if_array()) {
      const std::string_view name = change.text("clock");
      const ClockStory story{.change = change,
                             .before = before.find_clock(name),
                             .calendar = calendar_of(change),
                             .at = base_of(event),
                             .limit = limit_text(names, workflow, change)};
      const std::string how = clock_text(names, story);
      Value due;
      if (const auto at = parse_instant(change.text("due")))
        due = format_at_offset(*at, all_.offset_minutes_);
      out.emplace_back(Object{{"name", name},
                              {"title", names.clock(name)},
                              {"change", change.text("change")},
                              {"due", std::move(due)},
                              {"how", how}});
      // One change at a time, so that a clock that is suspended and started again is told right.
      record::Event single = event;
      single.stage.clear();
      single.clocks = Value(Array{change});
      cases::evolve(before, single, turn_.decision.lane_time);
    }
    return Value(std::move(out));
  }

  // --- refusals and repeats ----------------------------------------------------------------------------

  void refusal_line(const record::Rejection& rejection) {
    const rules::Workflow* workflow = workflow_of(rejection.rule, state_);
    const Names names = names_for(workflow);
    Refused refused{rejection, turn_, state_, workflow,
                    workflow == nullptr ? Rule{} : find_rule(*workflow, rejection.rule)};
    std::string pointer = refused.rule.pointer;
    if (const rules::Requirement* requirement = find_requirement(refused.rule, rejection))
      pointer = pointer_of(refused.rule, *requirement);
    auto untaken = not_taken(names, turn_, context());
    const std::string needed = untaken ? untaken->needed : needed_text(names, refused);
    const Value facts = untaken                                  ? Value(std::move(untaken->facts))
                        : rejection.facts.if_object() != nullptr ? rejection.facts
                                                                 : Value(Object{});
    std::string text = fill(names.say({"{0}，{1}申请办理{2}，未获准：{3}",
                                       "On {0}, {1} asked for the step {2} and was refused. {3}"}),
                            {names.time(turn_.decision.lane_time), asker(names),
                             names.command(turn_.decision.command_name), reason_text(names, refused)});
    if (workflow != nullptr && !pointer.empty()) {
      text += gap() + fill(names.say({"依据{0}。", "It was {0} that said no."}),
                           {cite(names, *workflow, pointer, rejection.rule)});
    }
    if (const std::string seen = facts_text(names, facts); !seen.empty() && rejection.code != "skipped")
      text += gap() + fill(names.say({"规则核对的情况：{0}。", "The rule looked at: {0}."}), {seen});
    text += gap() + needed;
    if (state_.version > 0)
      text += gap() + std::string(names.say({"案件未因此变动。", "The case was not changed by it."}));
    Object line = common(turn_.command ? turn_.command->actor : record::Actor{}, rejection.rule, workflow,
                         place_of(workflow, pointer));
    line.set("kind", "refusal");
    line.set("facts", facts);
    line.set("refused", Object{{"code", rejection.code}, {"needed", needed}, {"path", rejection.path}});
    line.set("text", text);
    out_.emplace_back(std::move(line));
  }

  void repeat_line() {
    const Names names = names_for(workflow_of("", state_));
    const std::string earlier =
        std::to_string(turn_.decision.lane.value) + ":" + std::to_string(turn_.decision.duplicate_of->value);
    Object line = common(turn_.command ? turn_.command->actor : record::Actor{}, "", nullptr, Value());
    line.set("kind", "repeat");
    line.set("text", fill(names.say({"{0}，{1}再次送来同一{2}，与决定 {3} 重复；未产生新的后果。",
                                     "On {0}, {1} sent {2} again; it repeats what decision {3} has answered, "
                                     "and nothing more happened."}),
                          {names.time(turn_.decision.lane_time), asker(names),
                           names.command(turn_.decision.command_name), earlier}));
    out_.emplace_back(std::move(line));
  }

  [[nodiscard]] std::string asker(const Names& names) const {
    if (!turn_.command)
      return std::string(names.say({"（命令无法识读）", "somebody (the command cannot be read)"}));
    return who(names, turn_.command->actor);
  }

  Object common(const record::Actor& actor, std::string_view rule, const rules::Workflow* workflow,
                Value place) const {
    const std::string who = actor.body.value + (actor.role.empty() ? "" : " as " + actor.role);
    const std::string decision =
        std::to_string(turn_.decision.lane.value) + ":" + std::to_string(turn_.decision.ordinal.value);
    Object id;
    id.set("id", workflow == nullptr ? state_.workflow : workflow->id);
    id.set("version", workflow == nullptr ? state_.workflow_version : workflow->version);
    Object line;
    line.set("seq", state_.version);
    line.set("when", format_at_offset(turn_.decision.lane_time, all_.offset_minutes_));
    line.set("who", who);
    line.set("event", Value());
    line.set("command", turn_.decision.command_name);
    line.set("rule", rule);
    line.set("place", std::move(place));
    line.set("workflow", std::move(id));
    line.set("facts", Object{});
    line.set("clocks", Array{});
    line.set("refused", Value());
    line.set("decision", decision);
    return line;
  }

  Explainer& all_;
  const Turn& turn_;
  cases::CaseState state_;
  std::shared_ptr<const directory::Context> context_;
  std::shared_ptr<const directory::Context> none_;
  std::vector<Value> out_;
};

std::vector<Value> Explainer::lines(const Turn& turn) {
  return TurnExplainer(*this, turn).lines();
}

}  // namespace lastkm::explain
