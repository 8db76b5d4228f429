// One pass over `decisions`: from a checkpoint, into the rows of some views. The live pass and a rebuild are
// both this.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/log/event_log.h"
#include "projections/checkpoint.h"
#include "projections/projector.h"
#include "projections/view.h"

namespace lastkm::projections {

class Fold {
 public:
  struct Target {
    View* view = nullptr;
    Rows rows;
    std::string why;  ///< not empty: it could not apply an event, or keep its rows, and takes no more
  };

  Fold(log::EventLog& log, Checkpoint from, const ProjectorOptions& options)
      : log_(&log), checkpoint_(std::move(from)), options_(options) {}

  void add(View& view, store::Store& store, int slot) {
    targets_.push_back(Target{&view, Rows(store, family_of(view.name(), slot)), {}});
  }
  void drop(std::string_view view);
  /// Reads at most one chunk over all partitions, up to `until` where one is given, and folds it; how many
  /// records that were. What cannot be read closes its partition, see blocked().
  std::size_t drain(const Checkpoint* until);
  /// Moves what the chunk changed into a batch: rows of all targets, and the checkpoint where
  /// `with_checkpoint`.
  void save(store::Batch& batch, bool with_checkpoint);

  [[nodiscard]] std::vector<Target>& targets() { return targets_; }
  [[nodiscard]] const Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] const Projector::PassedOver& passed_over() const { return passed_over_; }
  /// Whether the last chunk accepted a decision.
  [[nodiscard]] bool accepted() const { return accepted_; }
  /// The first thing that could not be read; that partition stays where it is until the next unblock().
  [[nodiscard]] const std::optional<Error>& blocked() const { return blocked_; }
  void unblock();

 private:
  [[nodiscard]] Status take(std::int32_t partition, const log::StoredRecord& stored);
  void block(std::int32_t partition, std::int64_t offset, const Error& why);
  void apply(const record::Decision& decision);
  /// Of each lane's last decision in the chunk: what the checkpoint knows the log by.
  void keep_digests(std::int32_t partition);

  log::EventLog* log_;
  Checkpoint checkpoint_;
  ProjectorOptions options_;
  std::vector<Target> targets_;
  Projector::PassedOver passed_over_;
  bool accepted_ = false;
  std::set<std::int32_t> closed_;
  std::optional<Error> blocked_;
  std::vector<log::StoredRecord> records_;
};

}  // namespace lastkm::projections
