// What a Projector holds. Included by its sources alone.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "projections/builder.h"
#include "projections/checkpoint.h"
#include "projections/fold.h"
#include "projections/projector.h"

namespace lastkm::projections {

/// Which of its two families holds a view's rows, and in which state they are: the row "view/NAME" of the
/// checkpoint family.
struct Kept {
  int slot = 0;
  std::int32_t layout = 0;  ///< of the rows in the slot; 0: there are none
  bool damaged = false;
  std::string why;       ///< of a view that stopped or is damaged
  std::string incident;  ///< damage that it was rebuilt after
  Positions frozen;      ///< of rows of an older layout: where they stand
};

/// What readers see; never changed once it is published.
struct Projector::Published {
  std::map<std::string, Kept, std::less<>> kept;
  Checkpoint checkpoint;
  PassedOver passed_over;
  /// Rows of views that were built and have changed nothing since: these need not be counted.
  std::map<std::string, std::int64_t, std::less<>> held;
  std::int64_t commit = 0;  ///< counts what was written; the row "commit" of the checkpoint family
};

struct Projector::Impl {
  Impl(log::EventLog& log_in, store::Store& store_in, Views views_in, ProjectorOptions options_in);

  log::EventLog& log;
  store::Store& store;
  const Views views;
  const ProjectorOptions options;

  std::mutex building;  ///< one rebuild at a time; taken before `folding`
  BuildProgress progress;

  std::mutex folding;
  Fold live;                    ///< guarded by folding
  std::optional<Error> broken;  ///< guarded by folding: a write failed, so memory and store may differ
  bool build_failed = false;    ///< guarded by folding: for good: the background does not try again by itself

  mutable std::shared_mutex reading;  ///< guards what follows; nobody holds it while a batch is written
  std::shared_ptr<const Published> published;
  std::shared_ptr<const Published> coming;  ///< while its batch is written: the rows are of either

  // Under `folding`.
  Status load();
  Status load_views();
  /// `incident`: what befell the rows that were here before; empty: there were none.
  Status start_over(const std::string& incident);
  /// Folds what the log holds now; what comes meanwhile is for the next call.
  Status fold_live();
  /// One chunk of that.
  Status fold_chunk();
  /// One chunk at most, up to `until` where that is given; false: there was nothing to read.
  Result<bool> step_live(const Ends* until = nullptr);
  void set_aside(std::string_view view, const std::string& why);
  Status commit(store::Batch& batch, Published next);

  // Not under `folding`.
  Result<std::vector<Compared>> rebuild(const std::vector<const View*>& chosen, const std::stop_token& stop);
  Status build_outdated(const std::stop_token& stop);
  Result<std::vector<Compared>> compare(Builder& builder, const std::stop_token& stop);
  /// As they are now, caught up; nullopt: no view is live.
  Result<std::optional<OldRows>> old_rows(const Builder& builder);
  Result<bool> swap(Builder& builder, const std::vector<Compared>& compared);
  Result<Ends> log_ends() const;
  /// What to tell of rows that could not be read. Where they are damaged, the view is set aside.
  [[nodiscard]] Error read_failed(const Published& at, std::string_view view, const Error& error);

  [[nodiscard]] std::shared_ptr<const Published> now() const;
  [[nodiscard]] std::vector<const View*> outdated() const;
  [[nodiscard]] const View* find(std::string_view name) const;
  [[nodiscard]] Result<std::string> readable(const Published& at, std::string_view view) const;
};

[[nodiscard]] std::string kept_key(std::string_view view);
[[nodiscard]] std::string kept_row(const Kept& kept);
[[nodiscard]] Kept kept_from(const Value& row);

}  // namespace lastkm::projections
