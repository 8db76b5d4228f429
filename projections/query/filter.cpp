#include "projections/query/filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "projections/views/case_row.h"
#include "projections/views/places.h"

namespace lastkm::projections {

namespace {
Error bad_filter(std::string_view term, std::string_view why) {
  return Error{ErrorKind::bad_input, "bad-filter", "'" + std::string(term) + "': " + std::string(why), ""};
}

struct TextTerm {
  std::string_view name;
  CaseFilter::Text CaseFilter::*member;
};
constexpr std::array<TextTerm, 12> kTexts = {{{"ref", &CaseFilter::ref},
                                              {"stage", &CaseFilter::stage},
                                              {"type", &CaseFilter::type},
                                              {"category", &CaseFilter::category},
                                              {"urgency", &CaseFilter::urgency},
                                              {"channel", &CaseFilter::channel},
                                              {"lead", &CaseFilter::lead},
                                              {"holder", &CaseFilter::holder},
                                              {"card", &CaseFilter::card},
                                              {"workflow", &CaseFilter::workflow},
                                              {"place", &CaseFilter::place},
                                              {"community", &CaseFilter::community}}};

std::optional<bool> yes_or_no(std::string_view text) {
  if (text == "yes" || text == "true") return true;
  if (text == "no" || text == "false") return false;
  return std::nullopt;
}

Status read_term(CaseFilter& filter, std::string_view term, std::int32_t offset) {
  const std::size_t equals = term.find('=');
  const std::string_view name = term.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? "yes" : term.substr(equals + 1);
  if (name == "open" || name == "overdue") {
    const auto flag = yes_or_no(value);
    if (!flag) return bad_filter(term, "say yes or no");
    (name == "open" ? filter.open : filter.overdue) = flag;
    return done();
  }
  if (equals == std::string_view::npos) return bad_filter(term, "a term is name=value");
  if (value.empty()) {
    return bad_filter(term, "a term is name=value; for what has none say " + std::string(name) + "=" +
                                std::string(kNoneYet));
  }
  if (name == "level") {
    std::int64_t level = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), level);
    if (failed != std::errc{} || end != value.data() + value.size())
      return bad_filter(term, "a level is a number");
    filter.level = level;
    return done();
  }
  if (name == "from" || name == "before") {
    auto at = parse_time(value, offset);
    if (!at) return bad_filter(term, "say a date such as 2026-05-20, or an RFC 3339 time");
    (name == "from" ? filter.opened_from : filter.opened_before) = *at;
    return done();
  }
  const auto text =
      std::find_if(kTexts.begin(), kTexts.end(), [name](const TextTerm& t) { return t.name == name; });
  if (text == kTexts.end()) {
    std::string names = "known are open, overdue, level, from, before";
    for (const TextTerm& known : kTexts) names += ", " + std::string(known.name);
    return bad_filter(term, names);
  }
  filter.*(text->member) = std::string(meant_key(value));
  return done();
}

bool same(const CaseFilter::Text& wanted, const std::string& held) {
  return !wanted || *wanted == held;
}

bool lies_in(const CaseFilter::Text& wanted, const std::string& place) {
  return !wanted || (wanted->empty() ? place.empty() : place.starts_with(*wanted));
}

bool held_by(const CaseFilter::Text& wanted, const std::vector<std::string>& holders) {
  if (!wanted) return true;
  return wanted->empty() ? holders.empty()
                         : std::find(holders.begin(), holders.end(), *wanted) != holders.end();
}

/// ID, or ID@VERSION.
bool under_workflow(const CaseFilter::Text& wanted, const cases::CaseState& state) {
  return same(wanted, state.workflow) ||
         *wanted == state.workflow + "@" + std::to_string(state.workflow_version);
}
}  // namespace

Result<Instant> parse_time(std::string_view text, std::int32_t offset_minutes) {
  if (const auto date = parse_date(text)) return start_of(*date, offset_minutes);
  if (auto at = parse_instant(text)) return at;
  return Error{ErrorKind::bad_input, "bad-time",
               "'" + std::string(text) + "': say a date such as 2026-05-20, or an RFC 3339 time", ""};
}

Result<CaseFilter> parse_filter(std::span<const std::string> terms, std::int32_t offset_minutes) {
  CaseFilter filter;
  std::set<std::string, std::less<>> asked;
  for (const std::string& term : terms) {
    const std::string name = term.substr(0, term.find('='));
    if (!asked.insert(name).second) return bad_filter(term, "'" + name + "' is asked for twice");
    const Status read = read_term(filter, term, offset_minutes);
    if (!read) return read.error();
    filter.text += term + "\n";
  }
  return filter;
}

bool matches(const CaseFilter& filter, const cases::CaseState& state, Instant now) {
  const bool texts = same(filter.ref, state.ref) && same(filter.stage, state.stage) &&
                     same(filter.type, state.type) && same(filter.category, state.category) &&
                     same(filter.urgency, state.urgency) && same(filter.channel, state.channel) &&
                     same(filter.lead, state.lead) && same(filter.card, state.card) &&
                     under_workflow(filter.workflow, state) && lies_in(filter.place, state.place) &&
                     lies_in(filter.community, state.place);
  if (!texts || !held_by(filter.holder, state.holders)) return false;
  if (filter.open && *filter.open == state.ended) return false;
  if (filter.level && *filter.level != state.level) return false;
  if (filter.opened_from && state.occurred_at < *filter.opened_from) return false;
  if (filter.opened_before && state.occurred_at >= *filter.opened_before) return false;
  if (!filter.overdue) return true;
  const auto due = due_of(state);
  return *filter.overdue == (due && *due <= now);
}

const Dimension* find_dimension(std::string_view name) {
  using State = cases::CaseState;
  static const std::array<Dimension, 9> dimensions = {{
      {"stage", [](const State& s) { return s.stage; }},
      {"type", [](const State& s) { return s.type; }},
      {"category", [](const State& s) { return s.category; }},
      {"urgency", [](const State& s) { return s.urgency; }},
      {"channel", [](const State& s) { return s.channel; }},
      {"lead", [](const State& s) { return s.lead; }},
      {"level", [](const State& s) { return std::to_string(s.level); }},
      {"card", [](const State& s) { return s.card; }},
      // A place above the communities would count what its communities count too.
      {"community",
       [](const State& s) {
         return s.place.size() < kCommunityDigits ? "" : std::string(community_of(s.place));
       }},
  }};
  const auto found = std::find_if(dimensions.begin(), dimensions.end(),
                                  [name](const Dimension& d) { return d.name == name; });
  return found == dimensions.end() ? nullptr : &*found;
}

}  // namespace lastkm::projections
