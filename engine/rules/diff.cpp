#include "engine/rules/diff.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/rules/field_kinds.h"

namespace lastkm::rules {
namespace {

using Lines = std::vector<std::string>;

std::string joined(const Lines& lines, std::string_view between = ", ") {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : std::string(between)) + line;
  return out;
}

std::string or_none(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string written(const Program& program) {
  return program.text();
}

std::string written(const EventRule& event) {
  std::string out = event.type;
  if (!event.data.empty() || !event.copies_input) {
    Lines members;
    if (event.copies_input) members.emplace_back("*");
    for (const auto& [name, program] : event.data) members.push_back(name + ": " + program.text());
    out += "{" + joined(members) + "}";
  }
  return out + (event.when.empty() ? "" : " if " + event.when.text());
}

std::string_view name_of(ClockOperation::Kind kind) {
  switch (kind) {
    case ClockOperation::Kind::start:
      return "start";
    case ClockOperation::Kind::stop:
      return "stop";
    case ClockOperation::Kind::suspend:
      return "suspend";
    case ClockOperation::Kind::resume:
      return "resume";
    case ClockOperation::Kind::extend:
      return "extend";
    case ClockOperation::Kind::restore:
      break;
  }
  return "restore";
}

std::string written(const ClockOperation& operation) {
  std::string out = std::string(name_of(operation.kind)) + " " +
                    (operation.clock.empty() ? operation.clock_from.text() : operation.clock);
  if (!operation.n.empty()) out += " by " + operation.n.text() + " " + operation.unit.text();
  return out + (operation.when.empty() ? "" : " if " + operation.when.text());
}

std::string written(const AskRule& ask) {
  Lines members;
  for (const auto& [name, program] : ask.data) members.push_back(name + ": " + program.text());
  std::string out = ask.command + " of " + ask.of.text() + "{" + joined(members) + "}";
  if (!ask.refused.empty()) out += " else " + ask.refused;
  return out + (ask.when.empty() ? "" : " if " + ask.when.text());
}

std::string written(const ClockLimit& limit) {
  return limit.n.text() + " " + std::string(calendar::name_of(limit.unit)) +
         (limit.when.empty() ? "" : " if " + limit.when.text());
}

std::string written(const Requirement& requirement) {
  return requirement.code + ": " + requirement.condition.text();
}

std::string written(const Field& field) {
  std::string out = field.name + " (" + std::string(name_of(field.kind));
  if (!field.required) out += ", optional";
  if (!field.one_of.empty()) out += ": " + joined(field.one_of, "|");
  if (field.min != INT64_MIN) out += ", min " + std::to_string(field.min);
  if (field.max != INT64_MAX) out += ", max " + std::to_string(field.max);
  return out + ")";
}

Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

template <class Item>
Lines lines_of(const std::vector<Item>& items) {
  Lines out;
  for (const Item& item : items) out.push_back(written(item));
  return out;
}

class Differ {
 public:
  std::vector<Change> run(const Workflow& before, const Workflow& after) {
    subject_ = {"流程 " + after.id, "workflow " + after.id};
    compare("the title", "名称", before.title.zh + " / " + before.title.en,
            after.title.zh + " / " + after.title.en);
    compare("the profile", "时限方案", before.profile, after.profile);
    compare("which requests it takes", "适用范围", written(before.applies), written(after.applies));
    each(before.stages, after.stages, &Stage::id, "stage", "环节",
         [this](const Stage& a, const Stage& b) { stage(a, b); });
    each(before.clocks, after.clocks, &ClockRule::id, "clock", "时钟",
         [this](const ClockRule& a, const ClockRule& b) { clock(a, b); });
    each(before.commands, after.commands, &CommandRule::name, "command", "命令",
         [this](const CommandRule& a, const CommandRule& b) { command(a, b); });
    return std::move(out_);
  }

 private:
  void say(std::string kind, std::string zh, std::string en) {
    out_.push_back({std::move(kind),
                    subject_.en,
                    {subject_.zh + "：" + std::move(zh), subject_.en + ": " + std::move(en)}});
  }

  void compare(const std::string& en, const std::string& zh, const std::string& was, const std::string& is) {
    if (was == is) return;
    say("changed", zh + "由“" + or_none(was) + "”改为“" + or_none(is) + "”",
        en + " was \"" + or_none(was) + "\", is \"" + or_none(is) + "\"");
  }

  /// Two lists of sentences: what is gone, what is new, or that the order is another.
  void compare(const std::string& en, const std::string& zh, const Lines& was, const Lines& is) {
    if (was == is) return;
    const auto without = [](const Lines& these, Lines those) {
      Lines out;
      for (const std::string& line : these) {
        const auto found = std::find(those.begin(), those.end(), line);
        if (found == those.end()) {
          out.push_back(line);
        } else {
          those.erase(found);
        }
      }
      return out;
    };
    const Lines gone = without(was, is);
    const Lines added = without(is, was);
    if (gone.size() == 1 && added.size() == 1) {
      say("changed", zh + "由“" + gone[0] + "”改为“" + added[0] + "”",
          en + ": \"" + gone[0] + "\" became \"" + added[0] + "\"");
      return;
    }
    for (const std::string& line : gone)
      say("removed", zh + "删去“" + line + "”", en + ": \"" + line + "\" is gone");
    for (const std::string& line : added)
      say("added", zh + "增加“" + line + "”", en + ": \"" + line + "\" is new");
    if (gone.empty() && added.empty())
      say("changed", zh + "的次序改为“" + joined(is, "；") + "”",
          en + ": the order is now \"" + joined(is, "; ") + "\"");
  }

  template <class Item, class Name, class Both>
  void each(const std::vector<Item>& before, const std::vector<Item>& after, Name name, const std::string& en,
            const std::string& zh, Both both) {
    const Bilingual outer = subject_;
    const auto named = [&](const Item& item) {
      subject_ = {inner(outer.zh, zh, item.*name), inner(outer.en, en, item.*name)};
    };
    for (const Item& old : before) {
      named(old);
      const auto now =
          std::find_if(after.begin(), after.end(), [&](const Item& item) { return item.*name == old.*name; });
      if (now == after.end()) {
        say("removed", "删去", "is gone");
      } else {
        both(old, *now);
      }
    }
    for (const Item& now : after) {
      const bool is_new = std::none_of(before.begin(), before.end(),
                                       [&](const Item& item) { return item.*name == now.*name; });
      if (!is_new) continue;
      named(now);
      say("added", "新增", "is new");
    }
    subject_ = outer;
  }
  static std::string inner(const std::string& outer, const std::string& what, const std::string& name) {
    return (outer.starts_with("command ") || outer.starts_with("命令 ") || outer.starts_with("clock ") ||
                    outer.starts_with("时钟 ")
                ? outer + ", "
                : "") +
           what + " " + name;
  }

  void stage(const Stage& a, const Stage& b) {
    title(a.title, b.title);
    if (a.ends != b.ends) {
      say("changed", b.ends ? "改为结束环节" : "不再是结束环节",
          b.ends ? "now ends the case" : "no longer ends the case");
    }
    compare("who holds the case", "经办方", written(a.holders), written(b.holders));
  }

  void title(const Bilingual& a, const Bilingual& b) {
    compare("the title", "名称", a.zh + " / " + a.en, b.zh + " / " + b.en);
  }

  void effects(const Effects& a, const Effects& b) {
    compare("the next stage", "去向环节", a.to, b.to);
    compare("events", "事件", lines_of(a.events), lines_of(b.events));
    compare("clocks", "时钟动作", lines_of(a.clocks), lines_of(b.clocks));
    compare("what is asked of other cases", "对其他案件的请求", lines_of(a.asks), lines_of(b.asks));
  }

  void clock(const ClockRule& a, const ClockRule& b) {
    title(a.title, b.title);
    compare("the limit", "时限", lines_of(a.limits), lines_of(b.limits));
    effects(a.on_due, b.on_due);
    each(a.marks, b.marks, &Mark::id, "mark", "提醒点", [this](const Mark& x, const Mark& y) {
      compare("when it comes", "时点", std::to_string(x.n) + " WD", std::to_string(y.n) + " WD");
      compare("its condition", "条件", written(x.when), written(y.when));
      effects(x.effects, y.effects);
    });
  }

  void command(const CommandRule& a, const CommandRule& b) {
    title(a.title, b.title);
    if (a.opens != b.opens) {
      say("changed", b.opens ? "改为立案命令" : "不再是立案命令",
          b.opens ? "now opens a case" : "no longer opens a case");
    }
    if (a.from_cases != b.from_cases) {
      say("changed", b.from_cases ? "改为由其他案件发出" : "不再由其他案件发出",
          b.from_cases ? "now comes from other cases" : "no longer comes from other cases");
    }
    compare("who may ask it", "可用角色", a.roles, b.roles);
    compare("fields", "字段", lines_of(a.fields), lines_of(b.fields));
    each(a.transitions, b.transitions, &Transition::id, "transition", "规则",
         [this](const Transition& x, const Transition& y) {
           compare("from", "起始环节", sorted(x.from), sorted(y.from));
           compare("its condition", "条件", written(x.when), written(y.when));
           compare("requirements", "要求", lines_of(x.require), lines_of(y.require));
           words(x.require, y.require);
           effects(x.effects, y.effects);
         });
  }

  /// The sentence of a refusal whose condition stayed.
  void words(const std::vector<Requirement>& a, const std::vector<Requirement>& b) {
    for (const Requirement& was : a) {
      const auto is = std::find_if(b.begin(), b.end(),
                                   [&was](const Requirement& each) { return written(each) == written(was); });
      if (is == b.end()) continue;
      compare("the words of " + was.code, was.code + " 的说明", was.text.zh + " / " + was.text.en,
              is->text.zh + " / " + is->text.en);
    }
  }

  Bilingual subject_;
  std::vector<Change> out_;
};

}  // namespace

std::vector<Change> diff(const Workflow& before, const Workflow& after) {
  return Differ().run(before, after);
}

}  // namespace lastkm::rules
