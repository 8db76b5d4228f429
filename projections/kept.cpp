#include "engine/record/canonical.h"
#include "projections/projector_impl.h"

namespace lastkm::projections {

std::string kept_key(std::string_view view) {
  return "view/" + std::string(view);
}

std::string kept_row(const Kept& kept) {
  Object row{{"layout", kept.layout}, {"slot", kept.slot}, {"why", kept.why}, {"incident", kept.incident}};
  if (kept.damaged) row.set("damaged", true);
  Array frozen;
  for (const auto& [lane, ordinal] : kept.frozen)
    frozen.emplace_back(Array{Value(lane.value), Value(ordinal.value)});
  if (!frozen.empty()) row.set("frozen", std::move(frozen));
  return record::canonical(Value(std::move(row)));
}

Kept kept_from(const Value& row) {
  Kept kept;
  kept.slot = row.number("slot") == 0 ? 0 : 1;
  kept.layout = static_cast<std::int32_t>(row.number("layout"));
  kept.damaged = row.flag("damaged");
  kept.why = row.text("why");
  kept.incident = row.text("incident");
  const Value* frozen = row.find("frozen");
  if (frozen == nullptr || frozen->if_array() == nullptr) return kept;
  for (const Value& item : *frozen->if_array()) {
    const Array* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2) continue;
    const std::int64_t* lane = (*pair)[0].if_int();
    const std::int64_t* ordinal = (*pair)[1].if_int();
    if (lane != nullptr && ordinal != nullptr)
      kept.frozen[LaneId(static_cast<std::int32_t>(*lane))] = Ordinal(*ordinal);
  }
  return kept;
}

}  // namespace lastkm::projections
