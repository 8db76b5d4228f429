#include <algorithm>
#include <utility>

#include "engine/calendar/calendar.h"

namespace lastkm::calendar {
namespace {

bool two_digits(std::string_view text, std::size_t at, std::int32_t& out) {
  if (at + 2 > text.size()) return false;
  const char tens = text[at];
  const char ones = text[at + 1];
  if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return false;
  out = (tens - '0') * 10 + (ones - '0');
  return true;
}

/// Minutes of "09:00"; "24:00" is the end of the day.
std::optional<std::int32_t> minutes_of(std::string_view text) {
  std::int32_t hours = 0;
  std::int32_t minutes = 0;
  const bool shaped =
      text.size() == 5 && text[2] == ':' && two_digits(text, 0, hours) && two_digits(text, 3, minutes);
  const std::int32_t all = hours * 60 + minutes;
  if (!shaped || minutes > 59 || all > 24 * 60) return std::nullopt;
  return all;
}

std::optional<std::int32_t> offset_of(std::string_view text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto size = minutes_of(text.substr(1));
  if (!size || *size > 18 * 60) return std::nullopt;
  return text[0] == '-' ? -*size : *size;
}

std::optional<Date> date_in(std::string_view text, std::int32_t year, const std::string& where,
                            Faults& faults) {
  const auto date = parse_date(text);
  if (!date) {
    faults.push_back({"bad-date", where, date.error().message});
    return std::nullopt;
  }
  if (to_civil(*date).year != year) {
    faults.push_back(
        {"bad-date", where, "'" + std::string(text) + "' is not in the year " + std::to_string(year)});
    return std::nullopt;
  }
  return *date;
}

void read_office(const Array& list, const std::string& where, Calendar& out, Faults& faults) {
  if (list.empty()) faults.push_back({"empty-list", where, "at least one stretch of office hours is needed"});
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Array* pair = list[i].if_array();
    const auto minutes = [pair](std::size_t n) {
      const std::string* text = pair == nullptr || pair->size() != 2 ? nullptr : (*pair)[n].if_string();
      return text == nullptr ? std::nullopt : minutes_of(*text);
    };
    const auto opens = minutes(0);
    const auto closes = minutes(1);
    if (!opens || !closes || *closes <= *opens) {
      faults.push_back(
          {"bad-time", child(where, i), "must be a pair such as [\"09:00\", \"12:00\"], the earlier first"});
    } else if (!out.office_minutes.empty() && *opens < out.office_minutes.back().second) {
      faults.push_back({"bad-order", child(where, i), "office hours must be in order and must not overlap"});
    } else {
      out.office_minutes.emplace_back(*opens, *closes);
    }
  }
}

void read_off(const Array& list, const std::string& where, Year& out, Faults& faults) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields range(list[i], child(where, i), faults);
    const std::string from_text = range.text("from");
    const std::string to_text = range.text("to");
    static_cast<void>(range.text("zh", Fields::Need::optional));
    static_cast<void>(range.text("en", Fields::Need::optional));
    range.end();
    if (from_text.empty() || to_text.empty()) continue;
    const auto from = date_in(from_text, out.year, range.at("from"), faults);
    const auto to = date_in(to_text, out.year, range.at("to"), faults);
    if (!from || !to) continue;
    if (*to < *from) {
      range.fault("to", "bad-range", "'" + to_text + "' is before '" + from_text + "'");
    } else if (!out.off.empty() && *from <= out.off.back().second) {
      range.fault("from", "bad-order", "off days must be in order and must not overlap");
    } else {
      out.off.emplace_back(*from, *to);
    }
  }
}

void read_makeup(const Array& list, const std::string& where, Year& out, Faults& faults) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string* text = list[i].if_string();
    if (text == nullptr) {
      faults.push_back({"wrong-type", child(where, i), "must be a date, not " + std::string(list[i].kind())});
      continue;
    }
    const auto day = date_in(*text, out.year, child(where, i), faults);
    if (!day) continue;
    if (!out.makeup.empty() && *day <= out.makeup.back()) {
      faults.push_back({"bad-order", child(where, i), "make-up days must be in order, each once"});
    } else {
      out.makeup.push_back(*day);
    }
  }
}

void read_year(const Value& value, const std::string& where, Calendar& out, Faults& faults) {
  Fields fields(value, where, faults);
  const auto number = fields.integer("year", 1970, 9998);
  const std::string status = fields.code("status");
  static_cast<void>(fields.text("source", Fields::Need::optional));
  const Array* off = fields.list("off");
  const Array* makeup = fields.list("makeup", Fields::Need::optional);
  fields.end();
  if (!status.empty() && status != "published" && status != "provisional") {
    fields.fault("status", "bad-value", "'" + status + "' is neither published nor provisional");
  }
  if (!number) return;
  Year year;
  year.year = static_cast<std::int32_t>(*number);
  year.provisional = status == "provisional";
  if (!out.years.empty() && year.year <= out.years.back().year) {
    fields.fault("year", "bad-order", "years must be in order, each once");
    return;
  }
  if (off != nullptr) read_off(*off, fields.at("off"), year, faults);
  if (makeup != nullptr) read_makeup(*makeup, fields.at("makeup"), year, faults);
  out.years.push_back(std::move(year));
}

Calendar read(const Value& document, Faults& faults) {
  Calendar out;
  Fields fields(document, "", faults);
  const std::string kind = fields.code("kind");
  if (!kind.empty() && kind != "calendar")
    fields.fault("kind", "bad-value", "'" + kind + "' is not 'calendar'");
  out.id = fields.code("id");
  out.version = fields.integer("version", 1, INT64_MAX).value_or(0);
  static_cast<void>(fields.value("title", Fields::Need::optional));
  static_cast<void>(fields.text("note", Fields::Need::optional));
  const std::string offset = fields.text("offset");
  const auto minutes = offset_of(offset);
  if (!offset.empty() && !minutes)
    fields.fault("offset", "bad-time", "'" + offset + "' is no offset such as +08:00");
  out.offset_minutes = minutes.value_or(0);
  if (const Array* office = fields.list("office")) read_office(*office, fields.at("office"), out, faults);
  if (const Array* years = fields.list("years")) {
    if (years->empty()) fields.fault("years", "empty-list", "at least one year is needed");
    for (std::size_t i = 0; i < years->size(); ++i)
      read_year((*years)[i], child(fields.at("years"), i), out, faults);
  }
  fields.end();
  return out;
}

}  // namespace

Faults check_calendar(const Value& document) {
  Faults faults;
  static_cast<void>(read(document, faults));
  return faults;
}

Result<Calendar> read_calendar(const Value& document) {
  Faults faults;
  Calendar out = read(document, faults);
  if (!faults.empty()) {
    return Error{ErrorKind::bad_input, "bad-calendar", faults.front().text, faults.front().pointer};
  }
  out.index();
  return out;
}

}  // namespace lastkm::calendar
