#include "tools/lastkm/scenario_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/json/read.h"

namespace lastkm::tool {

namespace {

struct Word {
  std::string text;
  int column = 1;
};

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "20:15", "20:15:30", "24:00" as seconds of the day.
std::optional<std::int64_t> read_clock(std::string_view text) {
  if (text.size() != 5 && text.size() != 8) return std::nullopt;
  std::array<std::int64_t, 3> part{};
  for (std::size_t i = 0; i * 3 < text.size(); ++i) {
    const std::string_view digits = text.substr(i * 3, 2);
    if (!is_digits(digits) || (i > 0 && text[i * 3 - 1] != ':')) return std::nullopt;
    part[i] = (digits[0] - '0') * 10 + (digits[1] - '0');
  }
  const std::int64_t seconds = part[0] * 3600 + part[1] * 60 + part[2];
  if (part[1] > 59 || part[2] > 59 || seconds > 24 * 3600) return std::nullopt;
  return seconds;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  Result<std::vector<Scenario>> read() {
    std::size_t at = 0;
    while (at < text_.size()) {
      ++line_;
      const auto end = std::min(text_.find('\n', at), text_.size());
      std::string_view line = text_.substr(at, end - at);
      at = end + 1;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!split(line)) return error();
      if (words_.empty()) continue;
      next_ = 0;
      if (!read_line(line)) return error();
    }
    if (scenarios_.empty()) fail("there is no scenario in this file; it begins with: scenario ID TITLE", 1);
    if (!wrong_.empty()) return error();
    return std::move(scenarios_);
  }

 private:
  Error error() const {
    const std::string where =
        std::string(file_) + ":" + std::to_string(std::max(line_, 1)) + ":" + std::to_string(column_);
    return Error{ErrorKind::bad_input, "bad-scenario", where + ": " + wrong_, where};
  }
  bool fail(std::string why, int column) {
    wrong_ = std::move(why);
    column_ = column;
    return false;
  }
  bool fail(std::string why) {
    return fail(std::move(why), next_ < words_.size() ? words_[next_].column : words_.back().column);
  }

  /// Words of a line; JSON strings, lists and objects after "=" stay whole; a comment ends it.
  bool split(std::string_view line) {
    words_.clear();
    std::size_t i = 0;
    while (true) {
      while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) ++i;
      if (i >= line.size() || line[i] == '#') return true;
      const std::size_t begin = i;
      int depth = 0;
      bool quoted = false;
      bool json = false;
      for (; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted) {
          if (c == '\\') {
            ++i;
          } else if (c == '"') {
            quoted = false;
          }
          continue;
        }
        if (!json && c == '=' && i + 1 < line.size())
          json = line[i + 1] == '"' || line[i + 1] == '[' || line[i + 1] == '{';
        if (json && c == '"') quoted = true;
        if (json && (c == '[' || c == '{')) ++depth;
        if (json && (c == ']' || c == '}')) --depth;
        if (depth == 0 && (c == ' ' || c == '\t')) break;
      }
      const int column = static_cast<int>(begin) + 1;
      if (quoted || depth != 0) return fail("this value does not end on its line", column);
      words_.push_back({std::string(line.substr(begin, std::min(i, line.size()) - begin)), column});
    }
  }

  [[nodiscard]] bool more() const { return next_ < words_.size(); }
  const std::string& word() const { return words_[next_].text; }
  static bool is_field(std::string_view text) {
    const auto equals = text.find('=');
    return equals != std::string_view::npos && equals > 0;
  }

  bool read_line(std::string_view line) {
    const std::string first = word();
    if (is_field(first)) {
      auto* step = scenarios_.empty() || scenarios_.back().lines.empty()
                       ? nullptr
                       : std::get_if<ScenarioStep>(&scenarios_.back().lines.back().what);
      if (step == nullptr) return fail("a line of fields goes on with a step, and there is none before it");
      return read_fields(step->fields);
    }
    if (first == "scenario") return read_scenario(line);
    if (scenarios_.empty()) return fail("a file begins with: scenario ID TITLE");
    if (first == "given") return read_given();
    if (first == "at") return read_pass();
    if (first == "case") return read_switch();
    if (first == "expect" || first.ends_with(":")) return read_expectation(line);
    if (first.size() >= 10 && parse_date(first.substr(0, 10))) return read_step();
    return fail(
        "a line begins with scenario, given, at, case, expect, ID: expect, or the time of a step, not with " +
        first);
  }

  bool read_scenario(std::string_view line) {
    if (words_.size() < 2) return fail("a scenario has an id: scenario ID TITLE");
    Scenario scenario;
    scenario.id = words_[1].text;
    for (const Scenario& other : scenarios_) {
      if (other.id == scenario.id)
        return fail("the id " + scenario.id + " comes twice in this file", words_[1].column);
    }
    if (words_.size() > 2) {
      const auto from = static_cast<std::size_t>(words_[2].column - 1);
      const auto to = static_cast<std::size_t>(words_.back().column - 1) + words_.back().text.size();
      scenario.title = line.substr(from, to - from);
    }
    scenarios_.push_back(std::move(scenario));
    return true;
  }

  bool read_given() {
    Scenario& scenario = scenarios_.back();
    if (given_in_ == scenario.id || !scenario.lines.empty())
      return fail("given comes at most once, before the first step");
    given_in_ = scenario.id;
    scenario.shipped = false;
    for (next_ = 1; more(); ++next_) {
      if (word() == "shipped") {
        scenario.shipped = true;
      } else {
        scenario.given.push_back(word());
      }
    }
    return true;
  }

  bool read_pass() {
    next_ = 1;
    PassTime pass;
    if (!read_time(pass.time)) return false;
    return add(pass);
  }

  bool read_switch() {
    if (words_.size() != 2) return fail("name one case: case NAME");
    return add(SwitchCase{words_[1].text});
  }

  template <class What>
  bool add(What what) {
    if (more() && next_ > 0 && !std::is_same_v<What, SwitchCase> && !std::is_same_v<What, Expectation>) {
      return fail("nothing is expected after this, and there is " + word());
    }
    scenarios_.back().lines.push_back({line_, std::move(what)});
    return true;
  }

  bool read_time(LocalTime& time) {
    if (!more()) return fail("a time is missing, such as 2026-04-27 20:15");
    std::string text = word();
    const auto date = parse_date(text.substr(0, std::min<std::size_t>(10, text.size())));
    if (!date) return fail(text + " is no date; a time is 2026-04-27 20:15");
    std::string clock;
    if (text.size() > 11 && text[10] == 'T') {
      clock = text.substr(11);
    } else {
      ++next_;
      if (!more()) return fail("the time of day is missing after " + text);
      clock = word();
    }
    const auto seconds = read_clock(clock);
    if (!seconds) return fail(clock + " is no time of day, such as 20:15 or 24:00");
    time = {*date, *seconds};
    ++next_;
    return true;
  }

  bool read_number(std::int64_t& number) {
    if (!more()) return fail("a number is missing");
    const char* end = word().data() + word().size();
    const auto read = std::from_chars(word().data(), end, number);
    if (read.ec != std::errc() || read.ptr != end) return fail(word() + " is no number");
    ++next_;
    return true;
  }

  bool read_step() {
    ScenarioStep step;
    if (!read_time(step.time)) return false;
    if (words_.size() < next_ + 3) return fail("a step is: TIME BODY ROLE COMMAND field…");
    step.body = words_[next_].text;
    step.role = words_[next_ + 1].text;
    step.command = words_[next_ + 2].text;
    if (const auto colon = step.role.find(':'); colon != std::string::npos) {
      step.person = step.role.substr(colon + 1);
      step.role.erase(colon);
    }
    next_ += 3;
    while (more() && !is_field(word())) {
      const std::string option = word();
      ++next_;
      if (!more()) return fail("something is missing after " + option);
      if (option == "as") {
        step.as = words_[next_++].text;
      } else if (option == "on") {
        step.on = words_[next_++].text;
      } else if (option == "key") {
        step.key = words_[next_++].text;
      } else if (option == "via") {
        const auto slash = word().find('/');
        if (slash == std::string::npos) return fail("via names CHANNEL/REFERENCE");
        step.channel = word().substr(0, slash);
        step.reference = word().substr(slash + 1);
        ++next_;
      } else if (option == "version") {
        std::int64_t number = 0;
        if (!read_number(number)) return false;
        step.version = number;
      } else if (option == "occurred") {
        LocalTime time;
        if (!read_time(time)) return false;
        step.occurred = time;
      } else {
        --next_;
        return fail(option + " is no option; there are as, on, via, key, version and occurred");
      }
    }
    if (!read_fields(step.fields)) return false;
    return add(std::move(step));
  }

  bool read_fields(std::vector<FieldText>& fields) {
    for (; more(); ++next_) {
      if (!is_field(word())) return fail(word() + " is no field; a field is name=value");
      const auto equals = word().find('=');
      FieldText field;
      field.name = word().substr(0, equals);
      if (!read_value(word().substr(equals + 1), field)) return false;
      fields.push_back(std::move(field));
    }
    return true;
  }

  bool read_value(const std::string& text, FieldText& field) {
    if (text.empty()) return fail("the value of " + field.name + " is missing");
    if (text.front() == '"' || text.front() == '[' || text.front() == '{') {
      auto value = json::read_value(text, file_);
      if (!value) return fail(value.error().message);
      field.value = std::move(*value);
    } else if (text == "true" || text == "false") {
      field.value = text == "true";
    } else if (text.starts_with("@")) {
      field.case_name = text.substr(1);
    } else if (text.starts_with("photos(") && text.ends_with(")")) {
      std::int64_t count = 0;
      const auto read = std::from_chars(text.data() + 7, text.data() + text.size() - 1, count);
      if (read.ec != std::errc() || count < 0 || count > 100)
        return fail("photos(N) takes a number up to 100");
      Array photos;
      for (std::int64_t i = 0; i < count; ++i) {
        std::string digest = std::to_string(++photos_);
        photos.emplace_back(
            Object{{"sha256", std::string(64 - digest.size(), '0') + digest}, {"mime", "image/jpeg"}});
      }
      field.value = std::move(photos);
    } else {
      const std::string_view digits = std::string_view(text).substr(text.front() == '-' ? 1 : 0);
      std::int64_t number = 0;
      if (is_digits(digits) && digits.size() <= 5) {
        std::from_chars(text.data(), text.data() + text.size(), number);
        field.value = number;
      } else {
        field.value = text;
      }
    }
    return true;
  }

  bool read_expectation(std::string_view line) {
    Expectation expectation;
    expectation.id = "line " + std::to_string(line_);
    if (word().ends_with(":")) {
      expectation.id = word().substr(0, word().size() - 1);
      ++next_;
      if (!more() || word() != "expect") return fail("after the id of a check comes expect");
    }
    ++next_;
    if (!more()) return fail("what is expected?");
    const auto from = static_cast<std::size_t>(words_[next_].column - 1);
    const auto to = static_cast<std::size_t>(words_.back().column - 1) + words_.back().text.size();
    expectation.text = line.substr(from, to - from);
    const bool event = word() == "event";
    const bool clock = word() == "clock";
    while (more() && !is_field(word())) {
      const bool takes_time = (event && word() == "at") || (clock && word() == "due");
      expectation.words.push_back(words_[next_++].text);
      if (!takes_time) continue;
      LocalTime time;
      if (!read_time(time)) return false;
      expectation.time = time;
    }
    if (!read_fields(expectation.fields)) return false;
    if (!expectation.fields.empty() && !event)
      return fail("only expect event takes fields", words_.back().column);
    if (!is_known(expectation.words))
      return fail("schemas/scenario.md has no such expectation: " + expectation.text, words_.front().column);
    return add(std::move(expectation));
  }

  static bool is_known(const std::vector<std::string>& words) {
    const std::string& first = words.front();
    const std::size_t n = words.size();
    if (first == "accepted") return n == 1;
    if (first == "refused") return n == 2 || (n == 4 && words[2] == "at");
    if (first == "stage" || first == "lead" || first == "level" || first == "supervision" ||
        first == "version" || first == "card" || first == "on" || first == "workflow") {
      return n == 2;
    }
    if (first == "co-handlers" || first == "overdue") return n >= 2;
    if (first == "clock") {
      if (n == 3) return words[2] == "none" || words[2] == "due";
      return (n == 4 && words[2] == "state") || (n == 5 && words[2] == "left");
    }
    if (first == "event") return n == 2 || (n == 3 && words[2] == "at");
    if (first == "events") return n == 3 && is_digits(words[2]);
    if (first == "no") return n == 3 && words[1] == "event";
    return first == "not" && n == 3 && words[1] == "on";
  }

  std::string_view text_;
  std::string_view file_;
  int line_ = 0;
  int column_ = 1;
  std::string wrong_;
  std::string given_in_;
  std::vector<Word> words_;
  std::size_t next_ = 0;
  std::int64_t photos_ = 0;
  std::vector<Scenario> scenarios_;
};

}  // namespace

Result<std::vector<Scenario>> read_scenarios(std::string_view text, std::string_view file) {
  return Reader(text, file).read();
}

std::string local_text(Instant at, std::int32_t offset_minutes, bool end_of_day) {
  const Date date = local_date(at, offset_minutes);
  const std::int64_t seconds = (at.ms - start_of(date, offset_minutes).ms) / kMsPerSecond;
  if (end_of_day && seconds == 0) return format_date(date + -1) + "T24:00";
  const std::string text = format_at_offset(at, offset_minutes);
  return text.substr(0, seconds % 60 == 0 ? 16 : 19);
}

}  // namespace lastkm::tool
