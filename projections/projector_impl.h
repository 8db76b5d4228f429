// What a Projector holds. Included by its sources alone.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "projections/checkpoint.h"
#include "projections/fold.h"
#include "projections/projector.h"

namespace lastkm::projections {

/// Which of its two families holds a view's rows, and in which state they are: the row "view/NAME" of the
/// checkpoint family.
struct Kept {
  int slot = 0;
  std::int32_t layout = 0;  ///< of the rows in the slot; 0: there are none
  bool rebuilding = false;
  std::string why;  ///< of a view that stopped
};

struct Projector::Impl {
  Impl(log::EventLog& log_in, store::Store& store_in, Views views_in, ProjectorOptions options_in)
      : log(log_in),
        store(store_in),
        views(std::move(views_in)),
        options(std::move(options_in)),
        live(log, {}, options) {}

  log::EventLog& log;
  store::Store& store;
  Views views;
  ProjectorOptions options;

  std::mutex folding;
  Fold live;                    ///< guarded by folding
  std::optional<Error> broken;  ///< guarded by folding: a write failed, so memory and store may differ

  mutable std::shared_mutex reading;  ///< exclusive while a batch is written; guards what follows
  std::map<std::string, Kept, std::less<>> kept;
  Checkpoint published;
  PassedOver passed_over;

  Status load();
  Status start_over();
  Status catch_up();
  Result<bool> step();
  Status rebuild(const std::vector<View*>& chosen);
  Status fold_beside(Fold& beside);
  Status commit(const store::Batch& batch, const std::function<void()>& publish);
  [[nodiscard]] std::vector<View*> outdated() const;
  [[nodiscard]] Result<std::string> readable(std::string_view view) const;
};

}  // namespace lastkm::projections
