#include "projections/query/rate_count.h"

#include <array>
#include <numeric>
#include <span>

namespace lastkm::projections {

Value Fraction::to_value() const {
  if (den == 0) return {};
  const std::int64_t unit = num % 100 == 0 ? 100 : 1;
  return Object{{"num", num / unit}, {"den", den / unit}};
}

std::int64_t Fraction::weighted(std::int64_t hundredths) const {
  // In whole orders first: so it fits for as many orders as a city can have.
  const std::int64_t whole = hundredths * (kScoreUnit / 100) * (num / 100);
  const std::int64_t part = hundredths * (kScoreUnit / 10000) * (num % 100);
  return (whole + part) / (den / 100);
}

namespace {
struct Weighed {
  Fraction rate;
  std::int64_t hundredths = 0;
};

/// The sum as one fraction; nullopt where it would not fit.
std::optional<Fraction> exact_sum(std::span<const Weighed> parts) {
  constexpr std::int64_t most = 1000000000000;
  Fraction sum{0, 1};
  for (const Weighed& part : parts) {
    const std::int64_t shared = std::gcd(part.rate.num, part.rate.den);
    const std::int64_t den = part.rate.den / shared;
    const std::int64_t more = den / std::gcd(sum.den, den);
    if (more > most / sum.den) return std::nullopt;
    sum = {sum.num * more, sum.den * more};
    sum.num += part.hundredths * (part.rate.num / shared) * (sum.den / den);
  }
  sum.den *= 100;
  const std::int64_t shared = std::gcd(sum.num, sum.den);
  return Fraction{sum.num / shared, sum.den / shared};
}

/// What takes an order out of the base; nullptr: nothing does.
const std::pair<std::string, std::string>* left_by(const Score& score, const rules::Evaluation& evaluation) {
  for (const auto& exclusion : score.excluded) {
    if (evaluation.leaves(exclusion.first).base) return &exclusion;
  }
  return nullptr;
}
}  // namespace

void RateLine::add(const Score& score, std::int64_t orders, const rules::Evaluation& evaluation) {
  if (const auto* why = left_by(score, evaluation)) {
    excluded_[*why] += orders;
    return;
  }
  if (score.unscored) return;
  base_ += orders;
  weighed_alike_ = weighed_alike_ && weights_.value_or(evaluation.weights) == evaluation.weights;
  weights_ = evaluation.weights;
  rules::Evaluation::Leaves left;
  for (const auto& exclusion : score.excluded) {
    const rules::Evaluation::Leaves leaves = evaluation.leaves(exclusion.first);
    left.response = left.response || leaves.response;
    left.resolution = left.resolution || leaves.resolution;
    left.satisfaction = left.satisfaction || leaves.satisfaction;
    if (leaves != rules::Evaluation::Leaves{}) excluded_[exclusion] += orders;
  }
  const Score::Answer& answer = evaluation.last_attempt ? score.last : score.first;
  const bool denied = answer.reached && answer.denied_contact;
  if (!left.response && !score.contact_unknown)
    response_.count(answer.contacted && !denied ? 100 : 0, orders);
  if (!left.resolution && !answer.solved.empty()) {
    resolution_.count(answer.solved == "yes"      ? 100
                      : answer.solved == "partly" ? evaluation.partly_percent
                                                  : 0,
                      orders);
  }
  if (!left.satisfaction && !answer.satisfied.empty()) {
    satisfaction_.count(answer.satisfied == "yes"     ? 100
                        : answer.satisfied == "basic" ? evaluation.basic_percent
                                                      : 0,
                        orders);
  }
}

Array excluded_lines(const std::map<std::pair<std::string, std::string>, std::int64_t>& excluded) {
  Array lines;
  for (const auto& [what, n] : excluded) {
    lines.emplace_back(Object{{"code", what.first}, {"approver", what.second}, {"count", n}});
  }
  return lines;
}

Value RateLine::score() const {
  if (!weights_ || !weighed_alike_ || response_.den == 0 || resolution_.den == 0 || satisfaction_.den == 0)
    return {};
  const std::array<Weighed, 3> parts{{{response_, weights_->response},
                                      {resolution_, weights_->resolution},
                                      {satisfaction_, weights_->satisfaction}}};
  // Bodies are ranked on the fraction, so it is exact wherever it can be.
  if (const auto exact = exact_sum(parts)) return Object{{"num", exact->num}, {"den", exact->den}};
  std::int64_t num = 0;
  for (const Weighed& part : parts) num += part.rate.weighted(part.hundredths);
  return Object{{"num", num}, {"den", kScoreUnit}};
}

Value RateLine::to_value(const std::string& key) const {
  Object line = counts();
  line.set("key", key);
  line.set("score", score());
  return line;
}

Object RateLine::counts() const {
  return Object{{"base", base_},
                {"response", response_.to_value()},
                {"resolution", resolution_.to_value()},
                {"satisfaction", satisfaction_.to_value()},
                {"excluded", excluded_lines(excluded_)}};
}

}  // namespace lastkm::projections
