// The views' own state as an answer.
#include <utility>

#include "projections/query/queries.h"

namespace lastkm::projections {

Result<Value> Queries::status() const {
  auto views = projector_->status();
  if (!views) return views.error();
  const auto lag = projector_->lag();
  if (!lag && lag.error().kind != ErrorKind::unknown_outcome) return lag.error();
  Array lines;
  for (const ViewStatus& view : *views) {
    lines.emplace_back(Object{{"name", view.name},
                              {"layout", view.layout},
                              {"rows", view.rows},
                              {"lag", lag ? Value(*lag) : Value()},
                              {"state", view.state},
                              {"why", view.why.empty() ? Value() : Value(view.why)},
                              {"incident", view.incident.empty() ? Value() : Value(view.incident)}});
  }
  return Value(Object{{"positions", to_value(projector_->positions())},
                      {"views", std::move(lines)},
                      {"lag_unknown", lag ? Value() : Value(lag.error().message)},
                      {"building", building()}});
}

Result<Value> Queries::digest() const {
  auto digest = projector_->digest();
  if (!digest) return digest.error();
  Array lines;
  for (const ViewDigest& view : digest->views) {
    lines.emplace_back(Object{{"name", view.name},
                              {"layout", view.layout},
                              {"rows", view.rows},
                              {"sha256", view.sha256.empty() ? Value() : Value(view.sha256)}});
  }
  return Value(Object{{"positions", to_value(digest->positions)}, {"views", std::move(lines)}});
}

Value to_value(const Positions& positions) {
  Object object;
  for (const auto& [lane, ordinal] : positions) object.set(std::to_string(lane.value), ordinal.value);
  return object;
}

Value Queries::building() const {
  const auto building = projector_->building();
  if (!building) return {};
  Array views;
  for (const std::string& view : building->views) views.emplace_back(view);
  return Object{{"views", std::move(views)},
                {"done", building->done},
                {"of", building->of},
                {"percent", building->percent},
                {"per_s", building->per_s},
                {"remaining_s", building->left ? Value(building->left->count()) : Value()}};
}

}  // namespace lastkm::projections
