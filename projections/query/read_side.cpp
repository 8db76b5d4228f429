// The wiring of a folder's read side.
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
