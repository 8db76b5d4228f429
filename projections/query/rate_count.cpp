#include "projections/query/rate_count.h"

#include <algorithm>

#include "projections/views/places.h"

namespace lastkm::projections {

namespace {
/// When and for whom the order is scored; nullopt: not yet.
struct Scored {
  Instant at;
  std::string body;
};

std::optional<Scored> scored(const Outcome& outcome, RatesBasis basis) {
  if (basis == RatesBasis::close) {
    if (!outcome.closed_at) return std::nullopt;
    return Scored{*outcome.closed_at, outcome.closed_lead};
  }
  if (!outcome.callback) return std::nullopt;
  return Scored{outcome.callback->at, outcome.callback->lead};
}

bool within(const Period& period, Instant at) {
  return (!period.from || at >= *period.from) && (!period.before || at < *period.before);
}

std::string key_of(const Outcome& outcome, RatesBy by, Instant at, const std::string& body,
                   std::int32_t offset) {
  switch (by) {
    case RatesBy::month:
      return format_date(local_date(at, offset)).substr(0, 7);
    case RatesBy::body:
      return body;
    case RatesBy::community:
      break;
  }
  return std::string(community_of(outcome.place));
}

bool unreached(const Outcome& outcome) {
  return !outcome.callback || !outcome.callback->reached;
}

/// What leaves some of the three rates of an order that stays in the base.
std::vector<Exclusion> partly_excluded(const Outcome& outcome, const Scored& scored) {
  std::vector<Exclusion> excluded;
  if (outcome.anonymous) excluded.push_back(Exclusion{"X-ANON", outcome.opened_by, scored.at, scored.body});
  if (outcome.parked) excluded.push_back(*outcome.parked);
  if (unreached(outcome)) {
    const std::string by = outcome.callback ? outcome.callback->by : std::string();
    excluded.push_back(Exclusion{"X-UNREACH", by, scored.at, scored.body});
  }
  return excluded;
}

Value rate(const Fraction& fraction) {
  if (fraction.den == 0) return {};
  return Object{{"num", fraction.num}, {"den", fraction.den}};
}
}  // namespace

std::vector<Counted> count(const Outcome& outcome, RatesBy by, RatesBasis basis, const Period& period,
                           std::int32_t offset_minutes) {
  std::vector<Counted> counted;
  const auto score = scored(outcome, basis);
  if (outcome.excluded) {
    const Instant at = score ? score->at : outcome.excluded->at;
    const std::string& body = score ? score->body : outcome.excluded->body;
    if (within(period, at)) {
      counted.push_back(Counted{key_of(outcome, by, at, body, offset_minutes), false, {*outcome.excluded}});
    }
  } else if (score && within(period, score->at)) {
    counted.push_back(Counted{key_of(outcome, by, score->at, score->body, offset_minutes), true,
                              partly_excluded(outcome, *score)});
  }
  // A returned order leaves the base of the body that returned it; the case counts once more, for its next
  // lead.
  if (by == RatesBy::body) {
    for (const Exclusion& returned : outcome.returned) {
      if (within(period, returned.at)) counted.push_back(Counted{returned.body, false, {returned}});
    }
  }
  return counted;
}

void add_to(RateLine& line, const Outcome& outcome, const Counted& counted) {
  for (const Exclusion& exclusion : counted.excluded) ++line.excluded[{exclusion.code, exclusion.approver}];
  if (!counted.in_base) return;
  ++line.base;
  const bool reached = !unreached(outcome);
  const bool denied = reached && outcome.callback->denied_contact;
  if (!outcome.anonymous) line.response.count(outcome.contacted.value_or(false) && !denied);
  if (outcome.parked || !reached) return;
  const std::string& solved = outcome.callback->solved;
  const std::string& satisfied = outcome.callback->satisfied;
  if (!solved.empty()) line.resolution.count(solved == "yes");
  if (!satisfied.empty()) line.satisfaction.count(satisfied == "yes" || satisfied == "basic");
}

Value RateLine::to_value(const std::string& key) const {
  Array lines;
  for (const auto& [what, n] : excluded) {
    lines.emplace_back(Object{{"code", what.first}, {"approver", what.second}, {"count", n}});
  }
  return Object{{"key", key},
                {"base", base},
                {"response", rate(response)},
                {"resolution", rate(resolution)},
                {"satisfaction", rate(satisfaction)},
                {"excluded", std::move(lines)}};
}

}  // namespace lastkm::projections
