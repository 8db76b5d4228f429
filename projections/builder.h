// Builds views beside those in use: folds the log from its beginning, in memory and by several threads, each
// over partitions of its own, and takes the rows in as sorted files together with the checkpoint that they
// belong to. What is taken in can be gone on from after a crash; nothing of it is answered from before the
// swap.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "projections/comparison.h"
#include "projections/fold.h"

namespace lastkm::projections {

/// How far a rebuild is. A record is work three times: it is folded, its rows are taken in, and these are
/// compared with those before. Thread-safe.
class BuildProgress {
 public:
  void begin(std::vector<std::string> views);
  void end();
  /// So many records of so many are folded and taken in.
  void aim_at(std::int64_t done, std::int64_t of);
  void folded(std::int64_t records) {
    folded_ += records;
    work_ += records * kFold;
  }
  void taken_in(std::int64_t records) { work_ += records * kTakeIn; }
  void compared(std::int64_t records) { work_ += records * kCompare; }
  [[nodiscard]] std::optional<Building> now() const;

 private:
  // What each costs a record, about.
  static constexpr std::int64_t kFold = 6, kTakeIn = 3, kCompare = 1;

  mutable std::mutex mutex_;
  std::vector<std::string> views_;  ///< empty: nothing is built
  std::int64_t of_ = 0, before_ = 0, work_before_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::atomic<std::int64_t> folded_ = 0, work_ = 0;
};

using RowLists = std::vector<std::vector<ChangedRow>>;  ///< of one view, each in key order

class Builder {
 public:
  struct Part {
    const View* view = nullptr;
    int slot = 0;
    /// That share its rows about evenly among threads, by its largest round; at first one for all.
    std::vector<KeyRange> ranges = std::vector<KeyRange>(1);
    std::size_t rows = 0;  ///< of that round
    /// How many rows it has; nullopt: nobody has counted them, for they come from several rounds.
    std::optional<std::int64_t> held = std::nullopt;
  };
  Builder(log::EventLog& log, store::Store& store, const ProjectorOptions& options, BuildProgress& progress)
      : log_(&log), store_(&store), options_(options), progress_(&progress) {}

  /// Goes on with what an earlier process built of the same views, or begins with empty families.
  [[nodiscard]] Status begin(std::vector<Part> parts);
  /// Where all rows that belong beside the old ones fit in memory at once: folds and compares them, before
  /// they leave it. nullopt: not so, nothing is compared; run() goes on from there.
  [[nodiscard]] Result<std::optional<std::vector<Compared>>> run_beside(const OldRows& old_rows,
                                                                        const std::stop_token& stop);
  /// Folds up to `until`, or as far as the log can be read. refused "stopped" where the token says so: what
  /// was taken in remains.
  [[nodiscard]] Status run(const Ends& until, const std::stop_token& stop);

  [[nodiscard]] const Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  /// Why a view could not be built, by name.
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& stopped() const { return stopped_; }
  [[nodiscard]] const Projector::PassedOver& passed_over() const { return passed_over_; }

 private:
  /// Tells the progress how far it is on the way to `until`.
  void aim_at(const Ends& until);
  /// One round: as much as fits in memory; how many records that were. `old_rows` nullptr: nothing is
  /// compared; nor where the round does not come as far as they.
  [[nodiscard]] Result<std::size_t> round(const Ends& until, const std::stop_token& stop,
                                          const OldRows* old_rows = nullptr);
  [[nodiscard]] std::vector<Fold> divide(const Ends& until);
  /// `records`: how many they have folded.
  [[nodiscard]] Status take_in(std::vector<Fold>& folds, std::int64_t records, const OldRows* old_rows);
  /// What the folds have changed, and the sums, by part.
  [[nodiscard]] Result<std::vector<RowLists>> rows_of(std::vector<Fold>& folds);
  [[nodiscard]] std::string what() const;

  log::EventLog* log_;
  store::Store* store_;
  ProjectorOptions options_;
  BuildProgress* progress_;
  std::vector<Part> parts_;
  Checkpoint checkpoint_;
  bool has_rows_ = false;  ///< a round has been taken in
  std::map<std::string, std::string, std::less<>> stopped_;
  Projector::PassedOver passed_over_;
  std::optional<std::vector<Compared>> compared_;  ///< by run_beside
};

/// Runs `work` for 0 … n-1, on n threads at once.
void in_parallel(std::size_t n, const std::function<void(std::size_t)>& work);
/// The same on at most so many threads, each taking the next that is left.
void each_in_parallel(std::size_t n, int threads, const std::function<void(std::size_t)>& work);

}  // namespace lastkm::projections
