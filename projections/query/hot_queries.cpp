// Hot places and categories, and what may be duplicates, from the views "hot" and "duplicates".
#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "projections/checkpoint.h"
#include "projections/query/named_cases.h"
#include "projections/query/queries.h"
#include "projections/views/duplicate_row.h"
#include "projections/views/hot_row.h"
#include "projections/views/places.h"

namespace lastkm::projections {

namespace {
using Reading = Projector::Reading;

std::string month_before(const std::string& month, int n) {
  int year = 0;
  int number = 0;
  std::from_chars(month.data(), month.data() + 4, year);
  std::from_chars(month.data() + 5, month.data() + 7, number);
  const int months = year * 12 + number - 1 - n;
  const std::string digits = std::to_string(months % 12 + 1);
  return std::to_string(months / 12) + "-" + (digits.size() < 2 ? "0" : "") + digits;
}

using Counts = std::map<std::pair<std::string, std::string>, std::int64_t>;  // by month and key

Result<Counts> counts_of(const Reading& rows, const std::string& prefix) {
  Counts counts;
  const auto take = [&](std::string_view key, std::string_view bytes) -> Result<bool> {
    const std::size_t slash = key.find('/', prefix.size());
    std::int64_t n = 0;
    const auto [end, failed] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), n);
    if (slash != prefix.size() + 7 || failed != std::errc{} || end != bytes.data() + bytes.size())
      return Error{ErrorKind::integrity, "views-corrupt", "a count of hot is damaged; rebuild the views", ""};
    counts[{std::string(key.substr(prefix.size(), 7)), plain_part(key.substr(slash + 1))}] = n;
    return true;
  };
  if (const Status scanned = rows.scan("hot", prefix, "", take); !scanned) return scanned.error();
  return counts;
}

/// Against the mean of the four months before, n / (before / 4), or of as many as there are from the first
/// month with a case on: of those before it nothing is known.
Value growth(const Counts& counts, const std::string& month, const std::string& key, std::int64_t n) {
  const std::string& first = counts.begin()->first.first;
  std::int64_t before = 0;
  std::int64_t months = 0;
  for (int back = 1; back <= 4; ++back) {
    const std::string earlier = month_before(month, back);
    if (earlier < first) break;
    ++months;
    const auto found = counts.find({earlier, key});
    if (found != counts.end()) before += found->second;
  }
  if (before == 0) return {};
  return Object{{"num", n * months}, {"den", before}};
}

/// How many of the parts of two sketches agree; nullopt where one has none.
std::optional<std::pair<std::int64_t, std::int64_t>> similarity(std::string_view a, std::string_view b) {
  static constexpr std::size_t kDigits = 4;  // of a part
  if (a.empty() || a.size() != b.size() || a.size() % kDigits != 0) return std::nullopt;
  std::int64_t same = 0;
  for (std::size_t i = 0; i < a.size(); i += kDigits)
    same += a.substr(i, kDigits) == b.substr(i, kDigits) ? 1 : 0;
  return std::pair(same, static_cast<std::int64_t>(a.size() / kDigits));
}

struct Case {
  std::string id;
  DuplicateRow row;
};

/// The open cases of one place and category after the other, by time.
Result<std::vector<std::vector<Case>>> neighbours(const Reading& rows) {
  std::vector<std::vector<Case>> groups;
  std::string group;
  std::vector<std::string> ids;
  std::vector<std::vector<std::string>> found;
  const Status scanned =
      rows.scan("duplicates", kDuplicateOpenPrefix, "", [&](std::string_view key, std::string_view) {
        const std::size_t last = key.rfind('/');
        const std::size_t time = key.rfind('/', last - 1);
        if (key.substr(0, time) != group) {
          group = key.substr(0, time);
          found.emplace_back();
        }
        found.back().emplace_back(key.substr(last + 1));
        return true;
      });
  if (!scanned) return scanned.error();
  for (const std::vector<std::string>& one : found) {
    if (one.size() < 2) continue;
    std::vector<Case>& cases = groups.emplace_back();
    for (const std::string& id : one) {
      const std::string key = std::string(kDuplicateCasePrefix) + id;
      auto bytes = rows.get("duplicates", key);
      if (!bytes) return bytes.error();
      auto row = row_of<DuplicateRow>("duplicates", key, bytes->value_or(""));
      if (!row) return rows.failed("duplicates", row.error());
      cases.push_back({id, std::move(*row)});
    }
  }
  return groups;
}
}  // namespace

namespace {
Status check_dimension(std::string_view dimension) {
  if (dimension == "category" || dimension == "community") return done();
  return Error{ErrorKind::bad_input, "bad-dimension",
               "'" + std::string(dimension) + "': say category or community", ""};
}
}  // namespace

Result<Lines> Queries::hot_cases(std::string_view dimension, std::string_view key,
                                 std::string_view month) const {
  if (const Status known = check_dimension(dimension); !known) return known.error();
  const Reading rows = projector_->reading();
  Lines answer{{}, rows.positions("hot")};
  std::vector<std::string> ids;
  const auto take = [&](std::string_view row_key, std::string_view bytes) -> Result<bool> {
    const auto row = row_of<HotRow>("hot", row_key, bytes);
    if (!row) return row.error();
    const std::string& mine = dimension == "category" ? row->category : row->community;
    if (mine != key || (!month.empty() && row->month != month)) return true;
    ids.emplace_back(row_key.substr(kHotCasePrefix.size()));
    answer.lines.emplace_back(Object{{"case", ids.back()}, {"month", row->month}});
    return true;
  };
  if (const Status scanned = rows.scan("hot", kHotCasePrefix, "", take); !scanned) return scanned.error();
  if (const Status named = name_cases(rows, ids, answer.lines); !named) return named.error();
  if (!answer.lines.empty()) return answer;
  return no_such_line("case", key, "hot");
}

Result<Lines> Queries::hot(std::string_view dimension, std::string_view month, std::size_t top) const {
  if (const Status known = check_dimension(dimension); !known) return known.error();
  const Reading rows = projector_->reading();
  auto counts = counts_of(rows, std::string(dimension) + "/");
  if (!counts) return counts.error();
  std::vector<std::tuple<std::string, std::int64_t, std::string>> sorted;  // month, minus the count, key
  for (const auto& [what, n] : *counts) {
    if (month.empty() || what.first == month) sorted.emplace_back(what.first, -n, what.second);
  }
  std::sort(sorted.begin(), sorted.end());
  Lines answer{{}, rows.positions("hot")};
  std::string current;
  std::size_t rank = 0;
  for (const auto& [in, minus, key] : sorted) {
    rank = in == current ? rank + 1 : 0;
    current = in;
    if (top != 0 && rank >= top) continue;
    answer.lines.emplace_back(
        Object{{"month", in}, {"key", key}, {"count", -minus}, {"growth", growth(*counts, in, key, -minus)}});
  }
  return answer;
}

namespace {
/// An open case that a new one may repeat.
struct Candidate {
  const Case* master = nullptr;
  std::int64_t apart = 0;  ///< ms
  std::optional<std::pair<std::int64_t, std::int64_t>> alike;

  /// The most alike first, then the nearest; those that nothing is known of last.
  [[nodiscard]] auto rank() const { return std::tuple(alike ? -alike->first : 1, apart, master->id); }
  bool operator<(const Candidate& other) const { return rank() < other.rank(); }
};

/// Of `group`, which is in the order of time; the best `most`, in their order.
std::vector<Candidate> candidates(const std::vector<Case>& group, std::size_t later, std::int64_t within,
                                  std::size_t most) {
  const Case& child = group[later];
  std::vector<Candidate> best;  // a heap, the worst first
  for (std::size_t earlier = later; earlier-- > 0;) {
    const Case& master = group[earlier];
    const std::int64_t apart = child.row.at.ms - master.row.at.ms;
    if (apart > within || within == 0) break;
    Candidate one{&master, apart, similarity(child.row.sketch, master.row.sketch)};
    const bool full = most != 0 && best.size() == most;
    if (full && !(one < best.front())) continue;
    if (full) {
      std::pop_heap(best.begin(), best.end());
      best.pop_back();
    }
    best.push_back(one);
    std::push_heap(best.begin(), best.end());
  }
  std::sort_heap(best.begin(), best.end());
  return best;
}
}  // namespace

Result<Lines> Queries::duplicates(std::size_t most) const {
  const Reading rows = projector_->reading();
  auto groups = neighbours(rows);
  if (!groups) return groups.error();
  std::vector<std::tuple<std::int64_t, std::string, Value>> found;
  for (const std::vector<Case>& group : *groups) {
    for (std::size_t later = 1; later < group.size(); ++later) {
      const Case& child = group[later];
      if (child.row.accepted) continue;
      const std::int64_t within = evaluation_of(child.row.workflow).hours_for(child.row.urgency) * kMsPerHour;
      for (const auto& [master, apart, alike] : candidates(group, later, within, most)) {
        found.emplace_back(
            alike ? -alike->first : 1, child.id + master->id,
            Object{{"case", child.id},
                   {"ref", child.row.ref},
                   {"master", master->id},
                   {"master_ref", master->row.ref},
                   {"place", child.row.place},
                   {"category", child.row.category},
                   {"hours", apart / kMsPerHour},
                   {"similarity",
                    alike ? Value(Object{{"num", alike->first}, {"den", alike->second}}) : Value()}});
      }
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  Lines answer{{}, rows.positions("duplicates")};
  for (auto& [rank, ids, line] : found) answer.lines.push_back(std::move(line));
  return answer;
}

}  // namespace lastkm::projections
