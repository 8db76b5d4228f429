// The views' own state as an answer.
#include <utility>

#include "projections/query/queries.h"

namespace lastkm::projections {

Result<Value> Queries::status() const {
  auto views = projector_->status();
  if (!views) return views.error();
  auto lag = projector_->lag();
  if (!lag) return lag.error();
  Array lines;
  for (const ViewStatus& view : *views) {
    lines.emplace_back(Object{{"name", view.name},
                              {"layout", view.layout},
                              {"rows", view.rows},
                              {"lag", *lag},
                              {"state", view.state},
                              {"why", view.why.empty() ? Value() : Value(view.why)}});
  }
  return Value(Object{{"views", std::move(lines)}});
}

Result<Value> Queries::digest() const {
  auto digest = projector_->digest();
  if (!digest) return digest.error();
  Array lines;
  for (const ViewDigest& view : digest->views) {
    lines.emplace_back(
        Object{{"name", view.name}, {"layout", view.layout}, {"rows", view.rows}, {"sha256", view.sha256.empty() ? Value() : Value(view.sha256)}});
  }
  Object positions;
  for (const auto& [lane, ordinal] : digest->positions)
    positions.set(std::to_string(lane.value), ordinal.value);
  return Value(Object{{"positions", std::move(positions)}, {"views", std::move(lines)}});
}

Status Queries::rebuild(std::string_view name) {
  return projector_->rebuild(name);
}

}  // namespace lastkm::projections
