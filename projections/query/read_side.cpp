// The wiring of a folder's read side.
#include <spdlog/spdlog.h>

#include <filesystem>
#include <utility>

#include "engine/cases/evolve.h"
#include "engine/log/empty_wals.h"
#include "projections/query/queries.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
class FolderReadSide final : public ReadSide {
 public:
  FolderReadSide(std::unique_ptr<store::Store> store, std::unique_ptr<Projector> projector,
                 QueryOptions options)
      : store_(std::move(store)),
        projector_(std::move(projector)),
        queries_(*projector_, std::move(options)) {}
  [[nodiscard]] Projector& projector() override { return *projector_; }
  [[nodiscard]] Queries& queries() override { return queries_; }

 private:
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Projector> projector_;
  Queries queries_;
};

Result<std::unique_ptr<ReadSide>> over(std::unique_ptr<store::Store> store, log::EventLog& log,
                                       const ReadSideOptions& options, std::string incident) {
  ProjectorOptions projecting;
  projecting.read_only = options.read_only;
  projecting.log_id = options.log_id;
  projecting.threads = options.threads;
  projecting.knows = cases::is_known;
  projecting.incident = std::move(incident);
  auto projector = Projector::open(log, *store, make_views(), projecting);
  if (!projector) return projector.error();
  return std::unique_ptr<ReadSide>(
      std::make_unique<FolderReadSide>(std::move(store), std::move(*projector), options.queries));
}

Result<std::unique_ptr<ReadSide>> open(log::EventLog& log, const ReadSideOptions& options,
                                       std::string incident) {
  store::RocksStoreOptions where;
  where.folder = options.folder;
  const Views views = make_views();
  where.families = families_of(views);
  where.written_once = families_written_once(views);
  where.read_only = options.read_only;
  if (options.serving) where.memory = store::kServingMemory;
  where.refuse_damaged_tail = true;
  where.on_failure = options.on_failure;
  auto store = store::open_rocks_store(where);
  if (!store) return store.error();
  if (!options.read_only) log::remove_empty_wals(options.folder);
  return over(std::move(*store), log, options, std::move(incident));
}

/// Where the folder is now; empty: it cannot be moved.
std::string move_aside(const std::string& folder) {
  for (int n = 1; n < 1000; ++n) {
    const std::string aside = folder + ".damaged-" + std::to_string(n);
    std::error_code failed;
    if (std::filesystem::exists(aside, failed)) continue;
    std::filesystem::rename(folder, aside, failed);
    return failed ? std::string() : aside;
  }
  return {};
}
}  // namespace

Result<std::unique_ptr<ReadSide>> open_read_side(log::EventLog& log, const ReadSideOptions& options) {
  auto opened = open(log, options, "");
  if (options.read_only) {
    if (opened && (*opened)->projector().catch_up()) return opened;
    // What lies there is behind the log, or nothing does: folded for this reader alone.
    return over(store::make_memory_store(), log, options, "");
  }
  if (opened || !is_damage(opened.error())) return opened;
  const std::string aside = move_aside(options.folder);
  if (aside.empty()) return opened;
  const std::string incident =
      "its folder was set aside as " + aside + " and is made anew from the log: " + opened.error().message;
  spdlog::warn("views: {}", incident);
  return open(log, options, incident);
}

}  // namespace lastkm::projections
