#include "engine/intake/finish.h"

#include <algorithm>
#include <array>

#include "engine/base/fields.h"
#include "engine/intake/check_data.h"
#include "engine/intake/text.h"

namespace lastkm::intake {

namespace {
constexpr std::string_view kCommand = "ImportCase";
constexpr std::size_t kTimeShown = 32;

Error refusal(std::string code, std::string_view member, std::string text) {
  return Error{ErrorKind::bad_input, std::move(code), std::move(text),
               member.empty() ? "" : "/" + std::string(member)};
}

/// "its MEMBER 'VALUE'"; without the value where it may be more than a misspelt code or time.
std::string its(std::string_view member, std::string_view value) {
  const bool shown =
      is_code(value) || (!value.empty() && value.size() <= kTimeShown &&
                         value.find_first_not_of("0123456789-/.: TZ+") == std::string_view::npos);
  return "its " + std::string(member) + (shown ? " '" + std::string(value) + "'" : "");
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// 1.01004E+11: a spreadsheet has thrown the key's digits away.
bool lost_digits(std::string_view key) {
  const std::size_t e = key.find_first_of("eE");
  return e != std::string_view::npos && e > 0 && key.find('.') < e &&
         key.substr(0, e).find_first_not_of("0123456789.") == std::string_view::npos && key.size() > e + 2 &&
         key[e + 1] == '+' && key.substr(e + 2).find_first_not_of("0123456789") == std::string_view::npos;
}

class Finisher {
 public:
  Finisher(Cells& cells, const Format& format, const ImportOptions& options, DateOrder order)
      : cells_(cells), format_(format), options_(options), order_(order), draft_(format.read(cells)) {}

  Result<Submission> run() {
    if (cells_.not_utf8()) return refusal("not-utf8", "", "a cell is not UTF-8; save the file as UTF-8");
    static constexpr std::array steps = {&Finisher::take_reference, &Finisher::take_text,
                                         &Finisher::take_codes, &Finisher::take_dates_and_status,
                                         &Finisher::take_flags};
    for (const auto step : steps) {
      if (Status taken = (this->*step)(); !taken) return taken.error();
    }
    take_person_and_place();
    out_.name = kCommand;
    out_.client = options_.client;
    out_.actor = options_.actor;
    out_.clocks_from_business_time = options_.clocks_from_business_time;
    out_.historical = true;
    out_.data = Value(std::move(data_));
    if (Status good = check_data(out_.data, "", kImportedTextLimits); !good) return good.error();
    return std::move(out_);
  }

 private:
  Status take_reference() {
    std::string key = without_hidden(draft_.reference);
    if (key.empty()) return refusal("missing-reference", "reference", "it has no key of its own");
    if (key.size() > 2 && key.ends_with(".0") &&
        key.substr(0, key.size() - 2).find_first_not_of("0123456789") == std::string::npos) {
      key.resize(key.size() - 2);
      cells_.count("number-with-decimals");
    }
    if (!is_identifier(key))
      return refusal("bad-reference", "reference", "its key is not 1 to 128 visible ASCII characters");
    if (lost_digits(key))
      return refusal("bad-reference", "reference",
                     "its key is a rounded number: a spreadsheet has thrown digits away");
    out_.reference = std::move(key);
    out_.channel = !options_.channel.empty() ? options_.channel
                   : format_.own             ? draft_.channel
                                             : std::string(format_.name);
    if (!is_code(out_.channel))
      return refusal("bad-data", "channel", its("channel", out_.channel) + " is missing or no code");
    return done();
  }

  Status take_text() {
    if (draft_.text.empty()) return refusal("missing-text", "text", "it does not say what is asked");
    for (const auto& [name, text] :
         {std::pair("text", &draft_.text), std::pair("address", &draft_.address)}) {
      if (!is_too_long(*text, kImportedTextLimits)) continue;
      return refusal("too-long", name,
                     "its " + std::string(name) + " has more than " +
                         std::to_string(kImportedTextLimits.points) + " characters or " +
                         std::to_string(kImportedTextLimits.bytes) + " bytes");
    }
    data_.set("text", draft_.text);
    return done();
  }

  Status take_codes() {
    const std::array<std::pair<std::string_view, const std::string*>, 4> codes = {
        {{"type", &draft_.type},
         {"category", &draft_.category},
         {"urgency", &draft_.urgency},
         {"place", &draft_.place}}};
    for (const auto& [name, code] : codes) {
      if (code->empty()) continue;
      if (!is_code(*code)) return refusal("bad-data", name, its(name, *code) + " is no code");
      data_.set(name, *code);
    }
    set_slug("source_category", draft_.source_category);
    set_slug("source_place", draft_.source_place);
    return done();
  }

  std::string without_hidden(std::string_view text) {
    if (!has_hidden(text)) return std::string(text);
    cells_.count("hidden-characters");
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      if (const auto c = next_code_point(text, at); c && !is_hidden(*c)) append_utf8(out, *c);
    }
    return out;
  }

  void set_slug(std::string_view name, std::string_view foreign) {
    const std::string word = slug(foreign, kCodeBytes - format_.source.size() - 1);
    if (!word.empty()) data_.set(name, std::string(format_.source) + ":" + word);
  }

  Status take_dates_and_status() {
    std::string created = draft_.created;
    if (created.empty() && !draft_.created_else.empty()) {
      created = draft_.created_else;
      cells_.count("created-from-another-date");
    }
    const std::int32_t zone = options_.zone_minutes.value_or(format_.zone_minutes);
    const auto at = time_of(created, zone);
    if (!created.empty() && !at && !is_null_date_)
      return refusal("bad-date", "occurred_at",
                     its("time", created) + " cannot be read; see --dates for the order of day and month");
    if (at) {
      out_.occurred_at = *at;
    } else {
      cells_.count("without-date");
    }
    if (Status known = take_status(); !known) return known;
    take_closed(zone);
    return done();
  }

  /// nullopt where there is none, where it cannot be read, or where it is the 1900-01-01 that stands for
  /// none.
  std::optional<Instant> time_of(const std::string& text, std::int32_t zone) {
    is_null_date_ = false;
    if (text.empty()) return std::nullopt;
    const auto time = read_time(text, order_, zone);
    if (!time) return std::nullopt;
    if (to_civil(local_date(time->at, zone)).year <= 1900) {
      is_null_date_ = true;
      cells_.count("null-date");
      return std::nullopt;
    }
    if (!time->has_time) cells_.count("date-without-time");
    if (!time->has_zone && time->has_time) cells_.count("time-without-zone");
    if (is_ambiguous(text) && !options_.dates) cells_.count("day-and-month-by-file-order");
    return time->at;
  }

  Status take_status() {
    const std::string status = lowered(draft_.status);
    if (format_.own) {
      if (!status.empty() && status != "open" && status != "closed")
        return refusal("bad-data", "status", its("status", status) + " is neither open nor closed");
      closed_ = status == "closed";
    } else {
      if (status.find("to be deleted") != std::string::npos)
        return refusal("marked-for-deletion", "status", "its owner has marked it for deletion");
      static constexpr std::array<std::string_view, 5> done_words = {"resolved", "completed", "complete",
                                                                     "cancelled", "canceled"};
      closed_ = status.find("closed") != std::string::npos ||
                std::find(done_words.begin(), done_words.end(), status) != done_words.end();
    }
    data_.set("status", closed_ ? "closed" : "open");
    return done();
  }

  void take_closed(std::int32_t zone) {
    const auto at = time_of(draft_.closed, zone);
    if (!at) {
      if (!draft_.closed.empty() && !is_null_date_) cells_.count("unreadable-closed-date");
      if (closed_) cells_.count("closed-without-date");
      return;
    }
    const bool before_created = out_.occurred_at && *at < *out_.occurred_at;
    if (before_created) cells_.count("closed-before-created");
    if (!closed_) cells_.count("open-with-closed-date");
    if (closed_ && !before_created) data_.set("closed_at", format_utc(*at));
  }

  Status take_flags() {
    const std::array<std::pair<std::string_view, const std::string*>, 2> flags = {
        {{"anonymous", &draft_.anonymous}, {"confidential", &draft_.confidential}}};
    static constexpr std::array<std::string_view, 6> yes = {"true", "1", "yes", "y", "t", "是"};
    static constexpr std::array<std::string_view, 6> no = {"false", "0", "no", "n", "f", "否"};
    for (const auto& [name, text] : flags) {
      if (text->empty()) continue;
      const std::string word = lowered(*text);
      const bool is_yes = std::find(yes.begin(), yes.end(), word) != yes.end();
      if (!is_yes && std::find(no.begin(), no.end(), word) == no.end()) {
        return refusal("bad-data", name, its(name, *text) + " is neither true nor false");
      }
      data_.set(name, is_yes);
    }
    return done();
  }

  void take_person_and_place() {
    Object caller;
    for (const auto& [name, text] :
         {std::pair("name", &draft_.caller_name), std::pair("phone", &draft_.caller_phone)}) {
      std::string shown = without_hidden(*text);
      std::replace(shown.begin(), shown.end(), '\n', ' ');
      if (!shown.empty()) caller.set(name, std::move(shown));
    }
    if (!caller.empty()) data_.set("caller", Value(std::move(caller)));
    if (!draft_.address.empty()) data_.set("address", draft_.address);
    take_location();
  }

  void take_location() {
    if (draft_.lat.empty() && draft_.lon.empty()) return;
    const auto lat = read_degrees(draft_.lat, 90);
    const auto lon = read_degrees(draft_.lon, 180);
    constexpr std::int64_t degree = 10000000;
    if (!lat || !lon) {
      cells_.count("unreadable-location");
    } else if (*lat == 0 && *lon == 0) {
      cells_.count("null-location");
    } else if (const Area* area = format_.area;
               area != nullptr && (*lat < area->south * degree || *lat > area->north * degree ||
                                   *lon < area->west * degree || *lon > area->east * degree)) {
      cells_.count("location-elsewhere");
    } else {
      data_.set("location", Object{{"lat", *lat}, {"long", *lon}});
    }
  }

  Cells& cells_;
  const Format& format_;
  const ImportOptions& options_;
  DateOrder order_;
  Draft draft_;
  Submission out_;
  Object data_;
  bool closed_ = false;
  bool is_null_date_ = false;
};
}  // namespace

std::string Cells::operator[](std::string_view name) {
  const std::string* raw = row_.find(name);
  return raw == nullptr ? std::string() : at(static_cast<std::size_t>(raw - row_.cells.data()));
}

std::string Cells::at(std::size_t index) {
  auto text = clean_text(row_.cells[index], single_byte_, cleaned_);
  if (!text) {
    not_utf8_ = true;
    return {};
  }
  if (!is_null_token(*text)) return std::move(*text);
  count("null-token");
  return {};
}

std::string joined(std::initializer_list<std::string> parts, std::string_view between) {
  std::string out;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += between;
    out += part;
  }
  return out;
}

Result<Submission> finish(Cells& cells, const Format& format, const ImportOptions& options, DateOrder order) {
  return Finisher(cells, format, options, order).run();
}

}  // namespace lastkm::intake
