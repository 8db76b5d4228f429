// One pass over partitions of `decisions`: from a checkpoint, into the rows of some views. The live pass and
// each part of a rebuild are this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/log/event_log.h"
#include "projections/checkpoint.h"
#include "projections/projector.h"
#include "projections/view.h"

namespace lastkm::projections {

/// The offset up to which to read, by partition.
using Ends = std::vector<std::int64_t>;

class Fold {
 public:
  struct Target {
    std::unique_ptr<View> view;
    Rows rows;
    std::string why;       ///< not empty: it could not apply an event, or keep its rows, and takes no more
    bool damaged = false;  ///< … because its rows could not be read
  };

  /// `partitions` are those that it reads.
  Fold(log::EventLog& log, Checkpoint from, const ProjectorOptions& options,
       std::vector<std::int32_t> partitions)
      : log_(&log), checkpoint_(std::move(from)), options_(options), partitions_(std::move(partitions)) {}

  /// Folds into this view too; `store` nullptr: it has no rows yet.
  void add(const View& view, store::Store* store, int slot) {
    targets_.push_back(Target{view.fresh(), Rows(store, family_of(view.name(), slot)), {}});
  }
  void drop(std::string_view view);
  /// Reads at most one chunk over its partitions, up to `until` where that is given, and folds it; how many
  /// records that were. What cannot be read closes its partition, see blocked().
  std::size_t drain(const Ends* until);
  /// Lets the views put what they hold decoded into their rows.
  void flush();
  /// About how much memory rows and views take.
  [[nodiscard]] std::size_t bytes() const;

  [[nodiscard]] std::vector<Target>& targets() { return targets_; }
  [[nodiscard]] Checkpoint& checkpoint() { return checkpoint_; }
  void start_at(Checkpoint checkpoint) { checkpoint_ = std::move(checkpoint); }
  [[nodiscard]] const std::vector<std::int32_t>& partitions() const { return partitions_; }
  [[nodiscard]] const Projector::PassedOver& passed_over() const { return passed_over_; }
  void go_on_from(const Projector::PassedOver& passed_over) { passed_over_ = passed_over; }
  /// Whether the last chunk accepted a decision.
  [[nodiscard]] bool accepted() const { return accepted_; }
  /// The first thing that could not be read; that partition stays where it is until the next unblock().
  [[nodiscard]] const std::optional<Error>& blocked() const { return blocked_; }
  void unblock();

 private:
  struct Read {  ///< of a chunk: what one partition gave, at least one record
    std::int32_t partition = 0;
    std::vector<log::StoredRecord> records;
  };
  void read_chunk(const Ends* until);
  [[nodiscard]] Status take(std::int32_t partition, record::LiveEpoch& epoch,
                            const log::StoredRecord& stored);
  void block(std::int32_t partition, std::int64_t offset, const Error& why);
  void expect();
  void apply(const Accepted& accepted);
  /// Of each lane's last decision in the chunk: what the checkpoint knows the log by.
  void keep_digests(const Read& read);

  log::EventLog* log_;
  Checkpoint checkpoint_;
  ProjectorOptions options_;
  std::vector<std::int32_t> partitions_;
  std::vector<Target> targets_;
  /// By id, what came since the last flush, as Rows counts it. A table of texts keeps their hashes.
  std::unordered_map<std::string, std::size_t> subjects_;
  Projector::PassedOver passed_over_;
  bool accepted_ = false;
  std::set<std::int32_t> closed_;
  std::optional<Error> blocked_;
  std::vector<Read> chunk_;
};

}  // namespace lastkm::projections
