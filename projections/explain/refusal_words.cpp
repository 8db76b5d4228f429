#include "projections/explain/refusal_words.h"

#include <algorithm>

#include "projections/explain/condition_words.h"
#include "projections/explain/phrases.h"

namespace lastkm::explain {

namespace {

using rules::FieldKind;

bool starts_in(const rules::Transition& transition, std::string_view stage) {
  return std::find(transition.from.begin(), transition.from.end(), stage) != transition.from.end();
}

/// What a kind of field takes.
std::string demand(const Names& names, const rules::Field& field) {
  const auto of = [&](const Both& text) { return std::string(names.say(text)); };
  switch (field.kind) {
    case FieldKind::code: {
      if (field.one_of.empty())
        return of({"一个代码（字母、数字和 _.:/@-）", "a code of letters, digits and _.:/@-"});
      Listing list(names.language());
      for (const std::string& one : field.one_of) list.add(names.value(Value(one)));
      return fill(names.say({"下列之一：{0}", "one of: {0}"}), {list.text()});
    }
    case FieldKind::text:
      return of({"文字说明", "a text"});
    case FieldKind::caller:
      return of({"诉求人的姓名或电话", "the caller's name or phone number"});
    case FieldKind::integer: {
      std::string text = of({"整数", "an integer"});
      if (field.min != INT64_MIN)
        text += fill(names.say({"，不小于{0}", ", at least {0}"}), {std::to_string(field.min)});
      if (field.max != INT64_MAX)
        text += fill(names.say({"，不大于{0}", ", at most {0}"}), {std::to_string(field.max)});
      return text;
    }
    case FieldKind::boolean:
      return of({"是或否（true、false）", "yes or no (true, false)"});
    case FieldKind::time:
      return of({"带时区的时间", "a time with its zone"});
    case FieldKind::date:
      return of({"日期，如 2026-05-20", "a date, such as 2026-05-20"});
    case FieldKind::body:
      return of({"一个在册单位", "a body in force"});
    case FieldKind::bodies:
      return of({"若干在册单位，各列一次", "bodies in force, each once"});
    case FieldKind::co_handlers:
      return of({"若干在册单位及其时限", "bodies in force, with due times where wanted"});
    case FieldKind::place:
      return of({"一个在册地点的代码", "the code of a place in force"});
    case FieldKind::category:
      return of({"一个在册的诉求分类", "a category in force"});
    case FieldKind::clock:
      return of({"本流程的一个时限", "a clock of the workflow"});
    case FieldKind::evidence: {
      if (field.min > 0)
        return fill(
            names.say({"至少{0}份证据（sha256、mime）", "pieces of evidence, at least {0} (sha256, mime)"}),
            {std::to_string(field.min)});
      return of({"证据（sha256、mime）", "evidence (sha256, mime)"});
    }
    case FieldKind::scores:
      return of({"各单位的评分，0至100", "a score of 0 to 100 for each body"});
    case FieldKind::person:
      return of({"人员编号", "the reference of a person"});
    case FieldKind::value:
      return of({"代码、整数或是否", "a code, an integer, or yes or no"});
  }
  return "";
}

class Needed {
 public:
  Needed(const Names& names, const Refused& refused) : names_(names), refused_(refused) {}

  std::string text() const {
    const std::string& code = refused_.rejection.code;
    if (const rules::Requirement* requirement = find_requirement(refused_.rule, refused_.rejection)) {
      return fill(say({"须满足：{0}。", "What would have been needed: {0}."}),
                  {in_words_and_quoted(names_, requirement->condition)});
    }
    if (code == "wrong-stage") return stages();
    if (code == "forbidden-role") return roles();
    if (code == "unknown-command") return commands();
    if (code == "bad-data" || (code == "unknown-body" && !refused_.rejection.path.empty())) return field();
    if (code == "version-conflict") return version();
    if (code == "guard-failed") return guards();
    return other(code);
  }

 private:
  [[nodiscard]] std::string_view say(const Both& text) const { return names_.say(text); }

  [[nodiscard]] std::string stages() const {
    const rules::CommandRule* command = refused_.rule.command;
    Listing list(names_.language());
    if (command != nullptr && refused_.workflow != nullptr) {
      for (const rules::Stage& stage : refused_.workflow->stages) {
        const bool allowed =
            std::any_of(command->transitions.begin(), command->transitions.end(),
                        [&stage](const rules::Transition& t) { return starts_in(t, stage.id); });
        if (allowed) list.add(names_.stage(stage.id));
      }
    }
    if (list.empty()) {
      return fill(say({"此步骤只用于登记新诉求；案件已在{0}环节。",
                       "The step opens a new case; this one is open already, in the stage {0}."}),
                  {names_.stage(refused_.state.stage)});
    }
    return fill(say({"案件须处于下列环节之一：{0}；当时处于{1}。",
                     "The case would have had to be in one of these stages: {0}; it was in {1}."}),
                {list.text(), names_.stage(refused_.state.stage)});
  }

  [[nodiscard]] std::string roles() const {
    Listing list(names_.language());
    if (refused_.rule.command != nullptr) {
      for (const std::string& role : refused_.rule.command->roles) list.add(names_.role(role));
    }
    return fill(say({"须由下列身份之一的人员办理，且其单位设有该身份：{0}。",
                     "It takes a person in one of these roles, of a body whose people play it: {0}."}),
                {list.text()});
  }

  [[nodiscard]] std::string commands() const {
    Listing list(names_.language());
    if (refused_.workflow != nullptr && !refused_.state.stage.empty()) {
      for (const rules::CommandRule& command : refused_.workflow->commands) {
        const bool here =
            std::any_of(command.transitions.begin(), command.transitions.end(),
                        [this](const rules::Transition& t) { return starts_in(t, refused_.state.stage); });
        if (here && !command.opens) list.add(command.name);
      }
    }
    if (list.empty())
      return std::string(
          say({"须使用流程所列的步骤名称。", "It takes a step that a workflow in force knows."}));
    return fill(say({"在{0}环节，流程所列步骤为：{1}。", "In the stage {0} the workflow knows these: {1}."}),
                {names_.stage(refused_.state.stage), list.text()});
  }

  [[nodiscard]] std::string field() const {
    const std::string& path = refused_.rejection.path;
    const std::string name = path.empty() ? "" : path.substr(1, path.find('/', 1) - 1);
    const rules::CommandRule* command = refused_.rule.command;
    if (command != nullptr) {
      for (const rules::Field& field : command->fields) {
        if (field.name != name) continue;
        return fill(say({"“{0}”（{1}）须为{2}{3}。", "“{0}” ({1}) takes {2}{3}."}),
                    {names_.field(name), path, demand(names_, field),
                     field.required ? say({"，且必填", "; it cannot be left out"}) : say({"", ""})});
      }
      Listing list(names_.language());
      for (const rules::Field& field : command->fields) list.add(field.name);
      return fill(say({"此步骤不接受“{0}”；可填：{1}。", "The step takes no “{0}”; it takes: {1}."}),
                  {name, list.empty() ? say({"无", "nothing"}) : std::string_view(list.text())});
    }
    return refused_.rejection.text;
  }

  [[nodiscard]] std::string version() const {
    const auto expected = refused_.turn.command ? refused_.turn.command->expected_version : std::nullopt;
    return fill(say({"当时案件为第{0}版，申请所据为第{1}版；须重新查看案件后再申请。",
                     "The case was at version {0}, the person expected {1}; it has to be read again first."}),
                {std::to_string(refused_.state.version), expected ? std::to_string(*expected) : "?"});
  }

  [[nodiscard]] std::string guards() const {
    const rules::CommandRule* command = refused_.rule.command;
    Listing list(names_.language(), Listing::Between::clauses);
    if (command != nullptr && refused_.rule.transition == nullptr) {
      for (const rules::Transition& transition : command->transitions) {
        const bool here = command->opens || starts_in(transition, refused_.state.stage);
        if (here && !transition.when.empty())
          list.add(transition.id + ": " + in_words_and_quoted(names_, transition.when));
      }
    }
    if (list.empty()) return refused_.rejection.text;
    return fill(say({"须满足下列条件之一：{0}。", "One of these conditions would have had to hold: {0}."}),
                {list.text()});
  }

  [[nodiscard]] std::string other(std::string_view code) const {
    if (code == "unknown-body")
      return std::string(say({"经办人的单位须在册并已生效。", "The body of the person has to be in force."}));
    if (code == "unknown-case")
      return std::string(say({"须先登记诉求。", "The case has to be opened first."}));
    if (code == "key-reused")
      return std::string(
          say({"内容、经办人、版本或时间不同的请求须使用新的幂等键。",
               "A request with other content, or by somebody else, for another version or time, "
               "takes a key of its own."}));
    if (code == "before-opening")
      return fill(
          say({"所述时间（occurred_at）不得早于{0}；如为当时办理，可不填。",
               "The time of what happened (occurred_at) has to be {0} or later; what happens now needs "
               "none."}),
          {names_.time(refused_.state.occurred_at)});
    if (code == "calendar-missing")
      return std::string(say({"须发布并启用该年度的工作日历。",
                              "The working calendar of that year has to be published and put in force."}));
    if (code == "document-missing")
      return std::string(say({"须启用该流程文件。", "The workflow has to be put in force."}));
    if (code == "clocks-pending")
      return std::string(
          say({"到期事项处理完后可再次申请。", "It can be asked again once the rest has been handled."}));
    return refused_.rejection.text;
  }

  const Names& names_;
  const Refused& refused_;
};

}  // namespace

std::string reason_text(const Names& names, const Refused& refused) {
  if (const rules::Requirement* requirement = find_requirement(refused.rule, refused.rejection)) {
    std::string text = in(requirement->text, names.language());
    if (!text.empty()) return text;
    if (!sentence_of_refusal(requirement->code))
      return fill(
          names.say({"规则未写明理由，其代码为 {0}。", "The rule gives no reason but its code, {0}."}),
          {requirement->code});
  }
  if (refused.rejection.code == "skipped") {
    return fill(names.say({"运维人员 {0} 跳过了无法裁定的命令，理由：{1}。",
                           "An operator ({0}) skipped a command that could not be decided: {1}."}),
                {refused.rejection.facts.text("by"), refused.rejection.text});
  }
  if (const auto known = sentence_of_refusal(refused.rejection.code))
    return fill(names.say({"{0}。", "Refused because {0}."}), {names.say(*known)});
  return refused.rejection.text;
}

std::string needed_text(const Names& names, const Refused& refused) {
  return Needed(names, refused).text();
}

}  // namespace lastkm::explain
