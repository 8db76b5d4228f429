// The three rates, and exclusions by approver, from the view "rates". Without a period they are read from its
// sums; the cases that a line counts, and the rates of a period, from its outcomes.
#include <algorithm>
#include <map>
#include <utility>

#include "projections/checkpoint.h"
#include "projections/query/integrity_queries.h"
#include "projections/query/named_cases.h"
#include "projections/query/queries.h"
#include "projections/query/rate_count.h"
#include "projections/views/places.h"

namespace lastkm::projections {

namespace {
using Reading = Projector::Reading;

Error damaged(std::string_view what) {
  return Error{ErrorKind::integrity, "views-corrupt",
               std::string(what) + " of rates is damaged; rebuild the views", ""};
}

template <class Visit>
Status each_outcome(const Reading& rows, Visit visit) {
  static constexpr std::string_view kPrefix = "case/";
  const std::int32_t layout = rows.layout("rates");
  return rows.scan("rates", kPrefix, "", [&](std::string_view key, std::string_view bytes) -> Result<bool> {
    auto outcome = outcome_of(layout, key, bytes);
    if (!outcome) return outcome.error();
    visit(key.substr(kPrefix.size()), *outcome);
    return true;
  });
}

/// Calls `visit` with the key of a line, a score, and how many orders bring it there.
template <class Visit>
Status each_sum(const Reading& rows, RatesBy by, RatesBasis basis, Visit visit) {
  const std::string prefix = rates_prefix(by, basis);
  return rows.scan("rates", prefix, "", [&](std::string_view key, std::string_view bytes) -> Result<bool> {
    const std::size_t slash = key.find('/', prefix.size());
    const auto score = slash == std::string_view::npos ? std::nullopt : Score::from(key.substr(slash + 1));
    const auto n = sum_from("rates", key, bytes);
    if (!score || !n) return damaged("a sum");
    visit(plain_part(key.substr(prefix.size(), slash - prefix.size())), *score, *n);
    return true;
  });
}

bool within(const Period& period, Instant at) {
  return (!period.from || at >= *period.from) && (!period.before || at < *period.before);
}
}  // namespace

Result<RatesBy> parse_rates_by(std::string_view name) {
  if (name == "month") return RatesBy::month;
  if (name == "body") return RatesBy::body;
  if (name == "community") return RatesBy::community;
  return Error{ErrorKind::bad_input, "bad-dimension",
               "'" + std::string(name) + "': say month, body or community", ""};
}

Result<RatesBasis> parse_rates_basis(std::string_view name) {
  if (name == "callback") return RatesBasis::callback;
  if (name == "close") return RatesBasis::close;
  return Error{ErrorKind::bad_input, "bad-basis", "'" + std::string(name) + "': say callback or close", ""};
}

const rules::Evaluation& Queries::evaluation_of(std::string_view workflow) const {
  const std::lock_guard lock(mutex_);
  if (const auto known = evaluations_.find(workflow); known != evaluations_.end()) return known->second;
  static const rules::Evaluation kNone;
  auto found = options_.evaluations ? options_.evaluations(workflow) : std::nullopt;
  return found ? evaluations_.emplace(std::string(workflow), std::move(*found)).first->second : kNone;
}

Result<Lines> Queries::rates(RatesBy by, RatesBasis basis, const Period& period) const {
  const Reading rows = projector_->reading();
  std::map<std::string, RateLine> lines;
  Status read = done();
  if (period.from || period.before) {
    read = each_outcome(rows, [&](std::string_view /*id*/, const Outcome& outcome) {
      for (const Brought& one : brought_by(outcome)) {
        if (one.by != by || one.basis != basis || !within(period, one.at)) continue;
        lines[one.key].add(*one.score, 1, evaluation_of(one.score->workflow));
      }
    });
  } else {
    read = each_sum(rows, by, basis, [&](const std::string& key, const Score& score, std::int64_t n) {
      lines[key].add(score, n, evaluation_of(score.workflow));
    });
  }
  if (!read) return read.error();
  Lines answer{{}, rows.positions("rates")};
  for (const auto& [key, line] : lines) {
    if (!line.empty()) answer.lines.push_back(line.to_value(key));
  }
  return answer;
}

Result<Lines> Queries::rates_cases(RatesBy by, RatesBasis basis, std::string_view key,
                                   const Period& period) const {
  const Reading rows = projector_->reading();
  Lines answer{{}, rows.positions("rates")};
  std::vector<std::string> ids;
  const Status read = each_outcome(rows, [&](std::string_view id, const Outcome& outcome) {
    for (const Brought& one : brought_by(outcome)) {
      if (one.by != by || one.basis != basis || one.key != key || !within(period, one.at)) continue;
      RateLine order;
      order.add(*one.score, 1, evaluation_of(one.score->workflow));
      if (order.empty()) continue;
      Object line = order.counts();
      line.set("case", id);
      answer.lines.emplace_back(std::move(line));
      ids.emplace_back(id);
    }
  });
  if (!read) return read.error();
  if (const Status named = name_cases(rows, ids, answer.lines); !named) return named.error();
  if (!answer.lines.empty()) return answer;
  return no_such_line("order", key, "rates");
}

Result<Value> Queries::integrity() const {
  const Reading rows = projector_->reading();
  // By body: a returned order leaves one body's base, and no month's.
  RateLine all;
  const Status read = each_sum(rows, RatesBy::body, RatesBasis::callback,
                               [&](const std::string&, const Score& score, std::int64_t n) {
                                 all.add(score, n, evaluation_of(score.workflow));
                               });
  if (!read) return read.error();
  auto lanes = integrity_lanes(rows);
  if (!lanes) return lanes.error();
  std::int64_t late = 0;
  std::int64_t broken = 0;
  for (const Value& lane : *lanes) {
    late += lane.number("late");
    broken += lane.number("broken");
  }
  return Value(Object{{"lanes", std::move(*lanes)},
                      {"late", late},
                      {"broken", broken},
                      {"exclusions", excluded_lines(all.excluded())},
                      {"positions", to_value(rows.positions("integrity"))}});
}

}  // namespace lastkm::projections
