// The three rates and hot places and categories, from the views "rates" and "hot".
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "projections/checkpoint.h"
#include "projections/query/queries.h"
#include "projections/query/rate_count.h"

namespace lastkm::projections {

namespace {
template <class Visit>
Status each_outcome(const Projector::Reading& rows, Visit visit) {
  std::optional<Error> error;
  const Status scanned = rows.scan("rates", "", "", [&](std::string_view id, std::string_view bytes) {
    auto value = row_value("rates", id, bytes);
    auto outcome = value ? Outcome::from(*value) : Result<Outcome>(value.error());
    if (!outcome) {
      error = outcome.error();
      return false;
    }
    visit(id, *outcome);
    return true;
  });
  if (!scanned) return scanned;
  if (error) return *error;
  return done();
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

Result<Array> Queries::rates(RatesBy by, RatesBasis basis, const Period& period) const {
  std::map<std::string, RateLine> lines;
  const Status read =
      each_outcome(projector_->reading(), [&](std::string_view /*id*/, const Outcome& outcome) {
        for (const Counted& counted : count(outcome, by, basis, period, offset_))
          add_to(lines[counted.key], outcome, counted);
      });
  if (!read) return read.error();
  Array answer;
  for (const auto& [key, line] : lines) answer.push_back(line.to_value(key));
  return answer;
}

Result<std::vector<std::string>> Queries::rates_cases(RatesBy by, RatesBasis basis, std::string_view key,
                                                      const Period& period) const {
  std::vector<std::string> ids;
  const Status read = each_outcome(projector_->reading(), [&](std::string_view id, const Outcome& outcome) {
    for (const Counted& counted : count(outcome, by, basis, period, offset_)) {
      if (counted.in_base && counted.key == key) ids.emplace_back(id);
    }
  });
  if (!read) return read.error();
  return ids;
}

Result<Array> Queries::hot(std::string_view dimension) const {
  if (dimension != "category" && dimension != "community") {
    return Error{ErrorKind::bad_input, "bad-dimension",
                 "'" + std::string(dimension) + "': say category or community", ""};
  }
  const std::string prefix = std::string(dimension) + "/";
  std::vector<std::tuple<std::string, std::int64_t, std::string>> counts;  // month, minus the count, key
  std::optional<Error> error;
  const Status scanned =
      projector_->reading().scan("hot", prefix, "", [&](std::string_view key, std::string_view bytes) {
        auto value = row_value("hot", key, bytes);
        const std::int64_t* n = value ? value->if_int() : nullptr;
        const std::size_t slash = key.find('/', prefix.size());
        if (n == nullptr || slash == std::string_view::npos) {
          error = value ? Error{ErrorKind::integrity, "views-corrupt",
                                "a count of hot is damaged; rebuild the views", ""}
                        : value.error();
          return false;
        }
        counts.emplace_back(key.substr(prefix.size(), slash - prefix.size()), -*n, key.substr(slash + 1));
        return true;
      });
  if (!scanned) return scanned.error();
  if (error) return *error;
  std::sort(counts.begin(), counts.end());
  Array lines;
  for (const auto& [month, minus, key] : counts) {
    lines.emplace_back(Object{{"month", month}, {"key", key}, {"count", -minus}});
  }
  return lines;
}

}  // namespace lastkm::projections
