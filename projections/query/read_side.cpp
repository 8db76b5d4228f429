// The wiring of a folder's read side.
#include <spdlog/spdlog.h>

#include <utility>

#include "projections/query/queries.h"
#include "projections/views/views.h"

namespace lastkm::projections {

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

namespace {
Result<std::unique_ptr<ReadSide>> read_side_over(std::unique_ptr<store::Store> store, log::EventLog& log,
                                                 const ReadSideOptions& options) {
  Views views = make_views();
  ProjectorOptions projecting;
  projecting.log_id = options.log_id;
  auto projector = Projector::open(log, *store, std::move(views), projecting);
  if (!projector) return projector.error();
  return std::unique_ptr<ReadSide>(
      std::make_unique<FolderReadSide>(std::move(store), std::move(*projector), options.offset_minutes));
}
}  // namespace

Result<std::unique_ptr<ReadSide>> open_read_side(log::EventLog& log, const ReadSideOptions& options) {
  store::RocksStoreOptions where;
  where.folder = options.folder;
  where.families = families_of(make_views());
  where.read_only = options.read_only;
  std::optional<Error> damaged;
  auto store = store::open_rocks_cache(where, damaged);
  if (damaged) spdlog::warn("{}; it is set aside as {}.damaged and made again from the log", damaged->message, where.folder);
  if (!options.read_only) {
    if (!store) return store.error();
    return read_side_over(std::move(*store), log, options);
  }
  if (store) {
    auto side = read_side_over(std::move(*store), log, options);
    if (side && (*side)->projector().catch_up()) return side;
  }
  // What lies there is behind the log, or nothing does: folded for this reader alone.
  return read_side_over(store::make_memory_store(), log, options);
}

}  // namespace lastkm::projections
