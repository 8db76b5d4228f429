#include "projections/explain/clock_words.h"

#include <algorithm>

namespace lastkm::explain {

namespace {

using calendar::Amount;
using calendar::Unit;

bool by_days(Unit unit) {
  return unit == Unit::working_days || unit == Unit::natural_days;
}
bool is_working(Unit unit) {
  return unit == Unit::working_days || unit == Unit::working_hours || unit == Unit::working_minutes;
}

std::optional<Instant> instant(const Value& change, std::string_view name) {
  const auto read = parse_instant(change.text(name));
  return read ? std::optional(*read) : std::nullopt;
}
std::optional<Amount> amount(const Value& value) {
  const auto unit = calendar::unit_of(value.text("unit"));
  if (!unit || value.find("n") == nullptr) return std::nullopt;
  return Amount{value.number("n"), *unit};
}

/// The holiday that a calendar document names for a day, or nullptr.
const Value* holiday(const Value& document, const std::string& day) {
  const Value* years = document.find("years");
  if (years == nullptr || years->if_array() == nullptr) return nullptr;
  for (const Value& year : *years->if_array()) {
    const Value* off = year.find("off");
    if (off == nullptr || off->if_array() == nullptr) continue;
    for (const Value& range : *off->if_array()) {
      if (range.text("from") <= day && day <= range.text("to")) return &range;
    }
  }
  return nullptr;
}

/// Days in a row under one name.
struct Run {
  const Value* holiday;
  Date first, last;
};

class Days {
 public:
  Days(const Names& names, const Value& document, const calendar::Calendar& calendar)
      : names_(names), document_(document), calendar_(calendar) {}

  std::string between(Date first, Date last) {
    for (Date day = first; day <= last; day = day + 1) take(day);
    Listing off(names_.language());
    if (weekend_days_ > 0) {
      off.add(fill(names_.say({"周末{0}天", weekend_days_ == 1 ? "{0} day of ordinary weekends"
                                                               : "{0} days of ordinary weekends"}),
                   {std::to_string(weekend_days_)}));
    }
    for (const Run& run : runs_) off.add(text_of(run));
    std::string text = off.empty()
                           ? std::string(names_.say({"其间没有休息日。", "No day off lies in between."}))
                           : fill(names_.say({"不计入：{0}。", "Not counted: {0}."}), {off.text()});
    if (!makeup_.empty()) {
      Listing made_up(names_.language());
      for (const Date day : makeup_) made_up.add(names_.day(day));
      text += names_.say({"", " "});
      text += fill(names_.say({"调休上班，计入：{0}。", "Counted, as a make-up working day: {0}."}),
                   {made_up.text()});
    }
    return text;
  }

 private:
  void take(Date day) {
    const auto working = calendar_.is_working_day(day);
    if (!working) return;
    const bool weekend = weekday(day) >= 5;
    if (*working) {
      if (weekend) makeup_.push_back(day);
      return;
    }
    const Value* named = holiday(document_, format_date(day));
    if (named == nullptr) {
      ++weekend_days_;
    } else if (!runs_.empty() && runs_.back().holiday == named && runs_.back().last + 1 == day) {
      runs_.back().last = day;
    } else {
      runs_.push_back({named, day, day});
    }
  }
  [[nodiscard]] std::string text_of(const Run& run) const {
    const std::string_view name = run.holiday->text(names_.language() == Language::chinese ? "zh" : "en");
    if (run.first == run.last)
      return fill(names_.say({"{0}（{1}）", "{0} ({1})"}), {name, names_.day(run.first)});
    return fill(names_.say({"{0}（{1}至{2}）", "{0} ({1} to {2})"}),
                {name, names_.day(run.first), names_.day(run.last)});
  }

  const Names& names_;
  const Value& document_;
  const calendar::Calendar& calendar_;
  int weekend_days_ = 0;
  std::vector<Run> runs_;
  std::vector<Date> makeup_;
};

std::string calendar_name(const Value& document) {
  return std::string(document.text("id")) + "@" + std::to_string(document.number("version", 1));
}

/// How periods of a unit are counted.
std::string manner(const Names& names, const Value* document, Unit unit) {
  if (unit == Unit::natural_minutes || unit == Unit::natural_hours)
    return std::string(names.say({"自该时起连续计算。", "Counted round the clock from that moment."}));
  if (unit == Unit::natural_days) {
    return std::string(names.say({"开始当日不计入，至最后一日24:00止，遇休息日不顺延。",
                                  "The day of the start does not count; the period ends with its last day, "
                                  "also where that is a day off."}));
  }
  const std::string by = document == nullptr ? "" : calendar_name(*document);
  if (unit == Unit::working_days) {
    return fill(names.say({"按工作日历{0}计算，开始当日不计入，至最后一个工作日24:00止。",
                           "Counted by the calendar {0}; the day of the start does not count, and the period "
                           "ends with its last working day."}),
                {by});
  }
  Listing hours(names.language());
  const Value* office = document == nullptr ? nullptr : document->find("office");
  if (office != nullptr && office->if_array() != nullptr) {
    for (const Value& part : *office->if_array()) {
      if (part.if_array() == nullptr || part.if_array()->size() != 2) continue;
      const std::string* from = (*part.if_array())[0].if_string();
      const std::string* to = (*part.if_array())[1].if_string();
      if (from != nullptr && to != nullptr) hours.add(*from + "–" + *to);
    }
  }
  return fill(names.say({"按工作日历{0}计算，只计办公时间（{1}）。",
                         "Counted by the calendar {0}, within office hours only ({1})."}),
              {by, hours.text()});
}

class Story {
 public:
  Story(const Names& names, const ClockStory& story) : names_(names), story_(story) {}

  std::string text() {
    const std::string_view what = story_.change.text("change");
    if (what == "started") return started();
    if (what == "stopped") return stopped();
    if (what == "suspended") return suspended();
    if (what == "resumed") return resumed();
    if (what == "extended") return extended();
    if (what == "breached") return breached();
    if (what == "marked") return marked();
    if (what == "recomputed") {
      return fill(say({"按工作日历{0}重新计算，期限改为{1}。",
                       "Counted anew by the calendar {0}: it is now due {1}."}),
                  {story_.change.text("calendar"), due_or_before()});
    }
    if (what == "restored" && story_.before != nullptr &&
        story_.before->state == cases::ClockState::breached) {
      return fill(say({"该时限已于{0}届满，重新计为超期。", "It counts as overdue again, since {0}."}),
                  {due_or_before()});
    }
    if (what == "restored" && left()) {
      return fill(say({"恢复为暂停状态，尚余{0}。",
                       "It is suspended again, as it was when it stopped, with {0} left of it."}),
                  {names_.amount(left()->n, left()->unit)});
    }
    if (what == "restored") {
      return fill(say({"恢复运行，期限仍为{0}。", "It runs again, to its old due time: {0}."}),
                  {due_or_before()});
    }
    return std::string(what);
  }

 private:
  [[nodiscard]] std::string_view say(const Both& text) const { return names_.say(text); }
  [[nodiscard]] std::string gap() const { return std::string(say({"", " "})); }
  /// What is left, of a clock that stands still.
  [[nodiscard]] std::optional<Amount> left() const {
    const Value* left = story_.change.find("left");
    return left == nullptr ? std::nullopt : amount(*left);
  }
  [[nodiscard]] std::string due_or_before() const {
    if (const auto due = instant(story_.change, "due")) return names_.due(*due);
    return story_.before == nullptr ? "" : names_.due(story_.before->due);
  }
  void add(std::string& text, const std::string& more) const {
    if (!more.empty()) text += gap() + more;
  }
  /// The manner of counting, the days skipped, and whether the calendar may still change.
  void add_counting(std::string& text, Instant base, Instant due, Unit unit) const {
    add(text, manner(names_, story_.calendar, unit));
    add(text, days_text(names_, story_.calendar, base, due, unit));
    if (story_.change.flag("provisional")) {
      add(text, std::string(say({"该年日历尚为暂行，正式通知发布后重新计算。",
                                 "The calendar of that year is provisional: the due time is computed anew "
                                 "once the official one is in force."})));
    }
  }

  std::string started() {
    const auto limit = amount(story_.change);
    const auto due = instant(story_.change, "due");
    const Instant base = instant(story_.change, "base").value_or(story_.at);
    if (!limit || !due) return std::string(say({"开始计时。", "It started."}));
    std::string text =
        fill(say({"开始计时，期限为{0}：自{1}起{2}。", "It started and is due by {0}: {2} from {1}."}),
             {names_.due(*due), names_.time(base), names_.amount(limit->n, limit->unit)});
    add(text, story_.limit);
    add_counting(text, base, *due, limit->unit);
    return text;
  }

  std::string stopped() {
    if (story_.before == nullptr) return std::string(say({"停止计时。", "It stopped."}));
    if (story_.before->state == cases::ClockState::breached && story_.before->due == story_.at) {
      return std::string(
          say({"时限随届满而终止，不计为超期。", "It is over with that, and not shown as overdue."}));
    }
    if (story_.before->state == cases::ClockState::breached) {
      return std::string(
          say({"该时限早已届满，此后不再计为超期，也不再产生后果。",
               "It had run out before; it is overdue no longer, and nothing more follows from it."}));
    }
    if (left()) {
      return fill(say({"停止计时（暂停期间），视为按期完成；尚余{0}。",
                       "It stopped while it was suspended, with {0} left of it, and counts as met."}),
                  {names_.amount(left()->n, left()->unit)});
    }
    if (story_.before->state == cases::ClockState::suspended)
      return std::string(say(
          {"停止计时（暂停期间），视为按期完成。", "It stopped while it was suspended, and counts as met."}));
    return fill(
        say({"停止计时，按期完成；期限为{0}。", "It stopped in time; it would have been due by {0}."}),
        {names_.due(story_.before->due)});
  }

  std::string suspended() {
    const auto rest = left();
    if (!rest || story_.before == nullptr) return std::string(say({"暂停计时。", "It was suspended."}));
    return fill(say({"自{0}起暂停计时；原期限为{1}，尚余{2}。",
                     "It was suspended on {0}; it was due by {1}, with {2} left of it."}),
                {names_.time(story_.at), names_.due(story_.before->due), names_.amount(rest->n, rest->unit)});
  }

  std::string resumed() {
    const auto due = instant(story_.change, "due");
    if (!due || story_.before == nullptr || !story_.before->paused_left)
      return std::string(say({"恢复计时。", "It was resumed."}));
    const Amount left = *story_.before->paused_left;
    std::string text = fill(say({"恢复计时，期限为{0}：自{1}起计所余{2}。",
                                 "It was resumed and is due by {0}: the {2} left of it, from {1}."}),
                            {names_.due(*due), names_.time(story_.at), names_.amount(left.n, left.unit)});
    add_counting(text, story_.at, *due, left.unit);
    return text;
  }

  std::string extended() {
    const auto more = amount(story_.change);
    if (!more || story_.before == nullptr) return std::string(say({"已延期。", "It was extended."}));
    const std::string added = names_.amount(more->n, more->unit);
    if (story_.change.find("left") != nullptr) {
      const auto rest = left();
      return fill(say({"暂停中，所余时间增加{0}，现余{1}。",
                       "It is suspended; what is left grew by {0} and is now {1}."}),
                  {added, rest ? names_.amount(rest->n, rest->unit) : ""});
    }
    const auto due = instant(story_.change, "due");
    if (!due) return std::string(say({"已延期。", "It was extended."}));
    std::string text =
        fill(say({"延期{0}：自原期限{1}起算，新期限为{2}。",
                  "It was extended by {0}, counted from the old due time ({1}); it is now due by {2}."}),
             {added, names_.due(story_.before->due), names_.due(*due)});
    const Instant base = by_days(more->unit) ? story_.before->due + -1 : story_.before->due;
    add_counting(text, base, *due, more->unit);
    return text;
  }

  std::string breached() {
    if (story_.before == nullptr) return std::string(say({"期限届满。", "It ran out."}));
    return fill(say({"期限{0}届满，此前未完成；该期限自{1}起计{2}。",
                     "It was due by {0} and had not been met by then; the limit was {2} from {1}."}),
                {due_or_before(), names_.time(story_.before->base),
                 names_.amount(story_.before->limit.n, story_.before->limit.unit)});
  }

  std::string marked() {
    return fill(say({"到达时间节点“{0}”；期限仍为{1}。", "Its mark “{0}” was reached; its due time is {1}."}),
                {names_.field(story_.change.text("mark")), due_or_before()});
  }

  const Names& names_;
  const ClockStory& story_;
};

}  // namespace

std::string days_text(const Names& names, const Value* document, Instant base, Instant due, Unit unit) {
  if (document == nullptr || !is_working(unit)) return "";
  const auto calendar = calendar::read_calendar(*document);
  if (!calendar) return "";
  const Date first = local_date(base, calendar->offset_minutes) + (unit == Unit::working_days ? 1 : 0);
  return Days(names, *document, *calendar).between(first, local_date(due + -1, calendar->offset_minutes));
}

std::string clock_text(const Names& names, const ClockStory& story) {
  return Story(names, story).text();
}

}  // namespace lastkm::explain
