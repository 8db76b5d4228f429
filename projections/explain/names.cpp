#include "projections/explain/names.h"

#include <algorithm>
#include <array>

#include "projections/explain/phrases.h"

namespace lastkm::explain {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};

std::string two(std::int64_t n) {
  return (n < 10 ? "0" : "") + std::to_string(n);
}

bool is_sealed(const Value& value) {
  const Object* object = value.if_object();
  if (object == nullptr) return false;
  if (value.find("sealed") != nullptr) return true;
  return !object->empty() &&
         std::all_of(object->begin(), object->end(), [](const Member& m) { return is_sealed(m.value); });
}

}  // namespace

Names::Names(Language language, std::int32_t offset_minutes, const directory::Context& context,
             const rules::Workflow* workflow, const Value* words)
    : language_(language),
      offset_minutes_(offset_minutes),
      context_(context),
      workflow_(workflow),
      words_(words) {}

std::string Names::word(std::string_view code) const {
  const Value* found = words_ == nullptr ? nullptr : words_->find(code);
  if (found == nullptr) return "";
  return std::string(found->text(language_ == Language::chinese ? "zh" : "en"));
}

std::string Names::quoted(std::string_view title) const {
  return fill(say({"“{0}”", "“{0}”"}), {title});
}

std::string Names::with_code(std::string_view title, std::string_view code) const {
  if (title.empty()) return std::string(code);
  return fill(say({"{0}（{1}）", "{0} ({1})"}), {title, code});
}

std::string Names::body(std::string_view id) const {
  if (id.empty()) return std::string(say({"无", "nobody"}));
  if (id == "SYSTEM") return std::string(say({"本系统", "the engine"}));
  const directory::Body* found = context_.find_body(BodyId(std::string(id)));
  return with_code(found == nullptr ? "" : in(found->title, language_), id);
}

std::string Names::role(std::string_view code) const {
  const std::string found = word(code);
  return found.empty() ? std::string(code) : found;
}

std::string Names::stage(std::string_view id) const {
  const rules::Stage* found = workflow_ == nullptr ? nullptr : workflow_->find_stage(id);
  return quoted(found == nullptr ? std::string(id) : in(found->title, language_));
}

std::string Names::command(std::string_view name) const {
  const rules::CommandRule* found = workflow_ == nullptr ? nullptr : workflow_->find_command(name);
  if (found == nullptr) return quoted(name);
  return fill(say({"“{0}”（{1}）", "“{0}” ({1})"}), {in(found->title, language_), name});
}

std::string Names::clock(std::string_view id) const {
  const rules::ClockRule* found = workflow_ == nullptr ? nullptr : workflow_->find_clock(id);
  return quoted(found == nullptr ? std::string(id) : in(found->title, language_));
}

std::string Names::field(std::string_view name) const {
  const std::string found = word(name);
  return found.empty() ? std::string(name) : found;
}

std::string Names::fact(std::string_view name) const {
  if (const auto known = name_of_fact(name)) return std::string(say(*known));
  if (name.starts_with("cmd.")) return fill(say({"所填“{0}”", "{0} as given"}), {field(name.substr(4))});
  const std::size_t dot = name.rfind('.');
  if (name.starts_with("clock.") && dot > 6) {
    const std::string_view what = name.substr(dot + 1);
    const Both pattern = what == "state"     ? Both{"{0}时限的状态", "the state of the clock {0}"}
                         : what == "overdue" ? Both{"{0}时限已超期且未了结", "the clock {0} is overdue"}
                         : what == "n"       ? Both{"{0}时限的数量", "the limit of the clock {0}"}
                                             : Both{"{0}时限的单位", "the unit of the clock {0}"};
    return fill(say(pattern), {clock(name.substr(6, dot - 6))});
  }
  return std::string(name);
}

std::string Names::code(std::string_view code) const {
  if (code.empty()) return std::string(say({"无", "none"}));
  if (const std::string found = word(code); !found.empty())
    return found == code ? found : with_code(found, code);
  if (context_.find_body(BodyId(std::string(code))) != nullptr) return body(code);
  if (const auto* category = context_.find_category(code))
    return with_code(in(category->title, language_), code);
  const bool digits =
      code.size() >= 6 && std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits) {
    const auto* place = context_.find_place(code);
    return with_code(place == nullptr ? "" : in(place->title, language_), code);
  }
  if (workflow_ != nullptr && workflow_->find_stage(code) != nullptr) return stage(code);
  if (workflow_ != nullptr && workflow_->find_clock(code) != nullptr) return clock(code);
  if (const auto at = parse_instant(code)) return time(*at);
  if (const auto unit = calendar::unit_of(code)) return std::string(say(name_of_unit(*unit)));
  return std::string(code);
}

std::string Names::value(const Value& value) const {
  if (is_sealed(value)) return std::string(say({"（密封内容）", "(sealed)"}));
  if (const std::string* text = value.if_string()) return code(*text);
  if (const std::int64_t* number = value.if_int()) return std::to_string(*number);
  if (const bool* flag = value.if_bool()) return std::string(*flag ? say({"是", "yes"}) : say({"否", "no"}));
  Listing list(language_);
  if (const Array* items = value.if_array()) {
    if (!items->empty() && items->front().find("sha256") != nullptr) {
      return fill(say(items->size() == 1 ? Both{"{0}份", "{0} piece"} : Both{"{0}份", "{0} pieces"}),
                  {std::to_string(items->size())});
    }
    for (const Value& one : *items) {
      list.add(one.find("body") != nullptr ? body(one.text("body")) : this->value(one));
    }
  } else if (const Object* object = value.if_object()) {
    for (const Member& member : *object) list.add(code(member.name) + " " + this->value(member.value));
  }
  return list.empty() ? std::string(say({"无", "none"})) : list.text();
}

std::string Names::amount(std::int64_t n, calendar::Unit unit) const {
  if (language_ == Language::chinese) {
    const bool counts_itself =
        unit == calendar::Unit::natural_minutes || unit == calendar::Unit::natural_hours;
    return std::to_string(n) + (counts_itself ? "" : "个") + std::string(name_of_unit(unit).zh);
  }
  std::string_view name = name_of_unit(unit).en;
  if (n == 1) name.remove_suffix(1);
  return std::to_string(n) + " " + std::string(name);
}

std::string Names::day(Date date) const {
  const CivilDate civil = to_civil(date);
  if (language_ == Language::chinese) {
    return std::to_string(civil.year) + "年" + std::to_string(civil.month) + "月" +
           std::to_string(civil.day) + "日";
  }
  return std::to_string(civil.day) + " " +
         std::string(kMonths.at(static_cast<std::size_t>(civil.month - 1))) + " " +
         std::to_string(civil.year);
}

std::string Names::time(Instant at) const {
  const Date date = local_date(at, offset_minutes_);
  const std::int64_t seconds = (at.ms - start_of(date, offset_minutes_).ms) / kMsPerSecond;
  std::string clock = two(seconds / 3600) + ":" + two(seconds / 60 % 60);
  if (seconds % 60 != 0) clock += ":" + two(seconds % 60);
  return day(date) + (language_ == Language::chinese ? "" : " at ") + clock;
}

std::string Names::due(Instant at) const {
  const Date date = local_date(at, offset_minutes_);
  if (start_of(date, offset_minutes_) != at) return time(at);
  return fill(say({"{0}24:00", "the end of {0}"}), {day(date + -1)});
}

}  // namespace lastkm::explain
