#include "engine/intake/dates.h"

#include <array>
#include <cstddef>
#include <string>

namespace lastkm::intake {

namespace {
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A text that is read from left to right.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }

  bool take(char c) {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (text_.size() - at_ < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (lower(text_[at_ + i]) != word[i]) return false;
    }
    at_ += word.size();
    return true;
  }
  void skip_blanks() {
    while (take(' ') || take('\t')) {
    }
  }
  /// A number of `least` to `most` digits; -1 where there are fewer or more.
  std::int32_t number(std::size_t least, std::size_t most) {
    std::int32_t n = 0;
    std::size_t seen = 0;
    for (; is_digit(peek()); ++at_, ++seen) {
      if (seen == most) return -1;
      n = n * 10 + (peek() - '0');
    }
    return seen < least ? -1 : n;
  }
  /// Exactly `count` digits, whatever follows.
  std::int32_t digits(std::size_t count) {
    std::int32_t n = 0;
    for (std::size_t i = 0; i < count; ++i, ++at_) {
      if (!is_digit(peek())) return -1;
      n = n * 10 + (peek() - '0');
    }
    return n;
  }
  [[nodiscard]] std::size_t digits_ahead() const {
    std::size_t n = 0;
    while (at_ + n < text_.size() && is_digit(text_[at_ + n])) ++n;
    return n;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// Three numbers with one separator, and where the year stands.
struct DateParts {
  std::array<std::int32_t, 3> n{};
  bool year_first = false;
};

std::optional<DateParts> read_date_parts(Cursor& in) {
  DateParts parts;
  parts.year_first = in.digits_ahead() == 4;
  parts.n[0] = parts.year_first ? in.number(4, 4) : in.number(1, 2);
  const char separator = in.peek();
  if (parts.n[0] < 0 || (separator != '-' && separator != '/' && separator != '.')) return std::nullopt;
  in.take(separator);
  parts.n[1] = in.number(1, 2);
  if (parts.n[1] < 0 || !in.take(separator)) return std::nullopt;
  parts.n[2] = parts.year_first ? in.number(1, 2) : in.number(4, 4);
  if (parts.n[2] < 0) return std::nullopt;
  return parts;
}

std::optional<Date> to_real_date(CivilDate civil) {
  if (!is_valid(civil) || civil.year < 1900 || civil.year > 2199) return std::nullopt;
  return to_date(civil);
}

std::optional<Date> to_real_date(const DateParts& parts, DateOrder order) {
  if (parts.year_first) return to_real_date(CivilDate{parts.n[0], parts.n[1], parts.n[2]});
  const bool month_first = order == DateOrder::month_first;
  return to_real_date(CivilDate{parts.n[2], parts.n[month_first ? 0 : 1], parts.n[month_first ? 1 : 0]});
}

/// hh:mm[:ss[.fraction]] [AM|PM] as milliseconds of the day.
std::optional<std::int64_t> read_clock(Cursor& in) {
  std::int32_t hour = in.number(1, 2);
  if (hour < 0 || !in.take(':')) return std::nullopt;
  const std::int32_t minute = in.number(2, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  std::int32_t second = 0;
  std::int64_t ms = 0;
  if (in.take(':')) {
    second = in.number(2, 2);
    if (second < 0 || second > 60) return std::nullopt;
    if (in.take('.') || in.take(',')) {
      std::int64_t scale = 100;
      if (!is_digit(in.peek())) return std::nullopt;
      for (; is_digit(in.peek()); scale /= 10) ms += in.digits(1) * scale;
    }
  }
  in.skip_blanks();
  const bool am = in.take_word("am") || in.take_word("a.m.");
  const bool pm = !am && (in.take_word("pm") || in.take_word("p.m."));
  if (am || pm) {
    if (hour < 1 || hour > 12) return std::nullopt;
    hour = hour % 12 + (pm ? 12 : 0);
  }
  const bool midnight = hour == 24 && minute == 0 && second == 0 && ms == 0;
  if (hour > 23 && !midnight) return std::nullopt;
  return hour * kMsPerHour + minute * kMsPerMinute + second * kMsPerSecond + ms;
}

/// The zone in minutes; `none` where the text ends before one. nullopt where what stands there is no zone.
std::optional<std::int32_t> read_zone(Cursor& in, std::int32_t none, bool& has_zone) {
  in.skip_blanks();
  has_zone = !in.at_end();
  if (!has_zone) return none;
  if (in.take_word("utc") || in.take_word("gmt") || in.take_word("z"))
    return in.at_end() ? std::optional(0) : std::nullopt;
  const bool west = in.peek() == '-';
  if (!in.take('+') && !in.take('-')) return std::nullopt;
  const std::int32_t hours = in.digits(2);
  in.take(':');
  const std::int32_t minutes = in.at_end() ? 0 : in.digits(2);
  if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59 || !in.at_end()) return std::nullopt;
  return (hours * 60 + minutes) * (west ? -1 : 1);
}

std::optional<ReadTime> in_years(ReadTime time) {
  const Instant first = start_of(to_date(CivilDate{1900, 1, 1}), 0);
  const Instant last = start_of(to_date(CivilDate{2200, 1, 1}), 0);
  if (time.at < first || time.at >= last) return std::nullopt;
  return time;
}

/// Digits alone, by their count: date, compact date and time, or epoch.
std::optional<ReadTime> read_digits(std::string_view text, std::int32_t offset_minutes) {
  const auto compact = [&](bool with_time, bool with_seconds) -> std::optional<ReadTime> {
    Cursor in(text);
    const std::int32_t year = in.digits(4), month = in.digits(2), day = in.digits(2);
    const auto date = to_real_date(CivilDate{year, month, day});
    const std::int32_t hour = with_time ? in.digits(2) : 0, minute = with_time ? in.digits(2) : 0,
                       second = with_seconds ? in.digits(2) : 0;
    if (!date || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return ReadTime{
        start_of(*date, offset_minutes) + (hour * kMsPerHour + minute * kMsPerMinute + second * kMsPerSecond),
        with_time, false};
  };
  switch (text.size()) {
    case 8:
      return compact(false, false);
    case 12:
      return compact(true, false);
    case 14:
      return compact(true, true);
    case 9:
    case 10:
      return in_years(ReadTime{Instant{std::stoll(std::string(text)) * kMsPerSecond}, true, true});
    case 13:
      return in_years(ReadTime{Instant{std::stoll(std::string(text))}, true, true});
    default:
      return std::nullopt;
  }
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<ReadTime> read_compact_with_t(std::string_view text, std::int32_t offset_minutes) {
  // 20220121T134700 and its zone: the same digits without the T.
  std::string digits(text.substr(0, 8));
  digits += text.substr(9, 6);
  auto time = read_digits(digits, offset_minutes);
  if (!time || text.size() == 15) return time;
  Cursor in(text.substr(15));
  bool has_zone = false;
  const auto zone = read_zone(in, offset_minutes, has_zone);
  if (!zone) return std::nullopt;
  return ReadTime{time->at + (offset_minutes - *zone) * kMsPerMinute, true, has_zone};
}
}  // namespace

std::optional<ReadTime> read_time(std::string_view raw, DateOrder order, std::int32_t offset_minutes) {
  const std::string_view text = trimmed(raw);
  if (text.empty() || text.size() > 64) return std::nullopt;
  const std::size_t digits = Cursor(text).digits_ahead();
  if (digits == text.size()) return read_digits(text, offset_minutes);
  if (digits == 8 && lower(text[8]) == 't' && text.size() >= 15 &&
      text.substr(9, 6).find_first_not_of("0123456789") == std::string_view::npos) {
    return read_compact_with_t(text, offset_minutes);
  }
  Cursor in(text);
  const auto parts = read_date_parts(in);
  if (!parts) return std::nullopt;
  const auto date = to_real_date(*parts, order);
  if (!date) return std::nullopt;
  if (in.at_end()) return ReadTime{start_of(*date, offset_minutes), false, false};
  if (!in.take('T') && !in.take('t') && in.peek() != ' ') return std::nullopt;
  in.skip_blanks();
  const auto clock = read_clock(in);
  if (!clock) return std::nullopt;
  bool has_zone = false;
  const auto zone = read_zone(in, offset_minutes, has_zone);
  if (!zone) return std::nullopt;
  return ReadTime{start_of(*date, *zone) + *clock, true, has_zone};
}

std::optional<std::int32_t> read_zone(std::string_view text) {
  Cursor in(text);
  bool has_zone = false;
  const auto zone = read_zone(in, 0, has_zone);
  return has_zone ? zone : std::nullopt;
}

namespace {
struct Orders {
  bool month_first = false;
  bool day_first = false;
  bool same = false;
};

std::optional<Orders> orders_of(std::string_view raw) {
  Cursor in(trimmed(raw));
  const auto parts = read_date_parts(in);
  if (!parts || parts->year_first) return std::nullopt;
  return Orders{to_real_date(*parts, DateOrder::month_first).has_value(),
                to_real_date(*parts, DateOrder::day_first).has_value(), parts->n[0] == parts->n[1]};
}
}  // namespace

std::optional<DateOrder> shown_order(std::string_view text) {
  const auto orders = orders_of(text);
  if (!orders || orders->month_first == orders->day_first) return std::nullopt;
  return orders->month_first ? DateOrder::month_first : DateOrder::day_first;
}

bool is_ambiguous(std::string_view text) {
  const auto orders = orders_of(text);
  return orders && orders->month_first && orders->day_first && !orders->same;
}

}  // namespace lastkm::intake
