// The views' own state as an answer, and the wiring of a folder's read side.
#include <utility>

#include "projections/query/queries.h"
#include "projections/views/views.h"

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
        Object{{"name", view.name}, {"layout", view.layout}, {"rows", view.rows}, {"sha256", view.sha256}});
  }
  Object positions;
  for (const auto& [lane, ordinal] : digest->positions)
    positions.set(std::to_string(lane.value), ordinal.value);
  return Value(Object{{"positions", std::move(positions)}, {"views", std::move(lines)}});
}

Status Queries::rebuild(std::string_view name) {
  return projector_->rebuild(name);
}

namespace {
class FolderReadSide final : public ReadSide {
 public:
  FolderReadSide(std::unique_ptr<store::Store> store, std::unique_ptr<Projector> projector,
                 std::int32_t offset_minutes)
      : store_(std::move(store)), projector_(std::move(projector)), queries_(*projector_, offset_minutes) {}
  [[nodiscard]] Projector& projector() override { return *projector_; }
  [[nodiscard]] Queries& queries() override { return queries_; }

 private:
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Projector> projector_;
  Queries queries_;
};
}  // namespace

Result<std::unique_ptr<ReadSide>> open_read_side(log::EventLog& log, const ReadSideOptions& options) {
  Views views = make_views();
  store::RocksStoreOptions where;
  where.folder = options.folder;
  where.families = families_of(views);
  auto store = store::open_rocks_store(where);
  if (!store) return store.error();
  ProjectorOptions projecting;
  projecting.log_id = options.log_id;
  auto projector = Projector::open(log, **store, std::move(views), projecting);
  if (!projector) return projector.error();
  return std::unique_ptr<ReadSide>(
      std::make_unique<FolderReadSide>(std::move(*store), std::move(*projector), options.offset_minutes));
}

}  // namespace lastkm::projections
