// Keeps the views up to date: reads `decisions` of every partition from the checkpoint, accepts each decision
// by the ordinal rule, folds its events, and commits rows and checkpoint in one batch for each chunk that it
// drains.
//
// Accepted is, for each lane, the decision whose ordinal is the next one; repeats, stale ones and gaps are
// passed over. Records of an owner whose epoch is below the highest epoch opened in the partition are passed
// over too. A checkpoint that is ahead of the log, or that names another decision than the log holds, is
// discarded with all rows.
//
// A view that is new, of another layout or damaged is built beside what is in use, and swapped in when it has
// come as far as the others.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/log/event_log.h"
#include "engine/store/store.h"
#include "projections/view.h"

namespace lastkm::projections {

struct ProjectorOptions {
  std::string log_id;  ///< of the deployment: rows of another log are refused
  std::size_t chunk_records = 2048;
  std::size_t chunk_bytes = 32U << 20U;
  int threads = 1;         ///< for what is built beside
  bool read_only = false;  ///< what is damaged stays as it is
  /// Of that. A reading of the log costs as much as many records, and nobody waits for these.
  std::size_t build_chunk_records = 65536;
  std::size_t build_bytes = 768U << 20U;  ///< memory for it, about
  std::size_t range_rows = 4096;  ///< a view with as many in a round is taken in and compared in ranges
  /// When a build is tried again that could not read the log.
  std::chrono::milliseconds try_again = std::chrono::seconds(10);
  /// Whether this program knows an event of that aggregate; nullptr: all are known. One that is not stops the
  /// partition before its decision, for every view and until a newer program reads it: what it does to the
  /// rows cannot be told, also where they seem not to be about it.
  bool (*knows)(const AggregateId& of, const record::Event& event) = nullptr;
  std::string incident;  ///< what befell rows that were here before; empty: nothing
};

using Positions = std::map<LaneId, Ordinal>;

struct ViewStatus {
  std::string name;
  std::int32_t layout = 0;
  std::int64_t rows = 0;
  /// "live"; "rebuilding"; "stopped": it could not apply an event, its rows stay as they were; "damaged": its
  /// rows cannot be read, it will be rebuilt.
  std::string state;
  std::string why;  ///< of "stopped": lane, ordinal, event and reason; of "damaged": what could not be read
  std::string incident;  ///< damage that it was rebuilt after; empty: none
};

struct ViewDigest {
  std::string name;
  std::int32_t layout = 0;
  std::int64_t rows = 0;
  std::string sha256;  ///< hex, over the rows in key order, each as: key length (4 bytes, big-endian), key,
                       ///< value length, value
};

/// Positions and digests of one checkpoint.
struct Digest {
  Positions positions;
  std::vector<ViewDigest> views;
};

/// What a rebuild is at.
struct Building {
  std::vector<std::string> views;
  std::int64_t done = 0, of = 0;  ///< records of `decisions` that are folded
  std::int64_t per_s = 0;
  std::int64_t percent = 0;                  ///< of the whole work, which folding is the most of
  std::optional<std::chrono::seconds> left;  ///< nullopt: not known yet
};

/// A view that was rebuilt while there were old rows of it, side by side.
struct Compared {
  std::string view;
  std::int64_t rows = 0, different = 0;
  std::string first;       ///< key of the first row that differs
  std::string unreadable;  ///< why the old rows could not be read, and were not compared; empty: they were
};

/// Thread-safe: one call folds at a time; readers see the rows of one checkpoint through a Reading.
class Projector {
 public:
  /// `log`, `store` outlive this. The store has families_of(views). integrity: "foreign-views" where the
  /// store holds rows of another log, or it is damaged. Views that are new or of another layout are
  /// built by catch_up().
  [[nodiscard]] static Result<std::unique_ptr<Projector>> open(log::EventLog& log, store::Store& store,
                                                               Views views, const ProjectorOptions& options);
  ~Projector();
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;

  /// Builds what has to be built, and folds everything that the log holds now. integrity with partition and
  /// offset where a record cannot be read: what came before it is committed, the other partitions go on. A
  /// view that stopped is no error here; see status().
  [[nodiscard]] Status catch_up();
  /// Builds what has to be built, then folds one chunk at most; false: there was nothing to read.
  [[nodiscard]] Result<bool> step();
  /// Catches up whenever the log grows, until stopped; views that have to be built are built meanwhile. Where
  /// the log cannot be reached for a while (unknown_outcome) it goes on later. The error that ended it, or
  /// done. While `gives_way` says so it takes a tenth of the time at most.
  [[nodiscard]] Status run(const std::stop_token& stop, const std::function<bool()>& gives_way = {});

  [[nodiscard]] Positions positions() const;
  /// Returns once the views reflect this ordinal of the lane. unknown_outcome "views-behind" when the time is
  /// over.
  [[nodiscard]] Status wait_for(LaneId lane, Ordinal ordinal, std::chrono::milliseconds at_most);

  /// Folds the view anew beside the rows in use, compares and swaps; empty name: all views. not_found
  /// "no-such-view"; refused "already-rebuilding".
  [[nodiscard]] Result<std::vector<Compared>> rebuild(std::string_view name = {});
  /// nullopt: nothing is being built.
  [[nodiscard]] std::optional<Building> building() const;

  [[nodiscard]] Result<std::vector<ViewStatus>> status() const;
  /// By name of a view: damage that it was rebuilt after.
  [[nodiscard]] std::map<std::string, std::string> incidents() const;
  /// Records of `decisions` that are not folded yet. unknown_outcome where the log cannot be asked where it
  /// ends.
  [[nodiscard]] Result<std::int64_t> lag() const;
  [[nodiscard]] Result<Digest> digest() const;

  /// Records that were passed over since the program started.
  struct PassedOver {
    std::int64_t repeats = 0, gaps = 0, lower_epochs = 0;
  };
  [[nodiscard]] PassedOver passed_over() const;

  struct Published;
  /// Rows as of one checkpoint; holds nothing back, but keep it short. Rows of a view that has stopped are
  /// not given out: integrity "view-stopped"; nor those that cannot be read ("view-damaged") or are not built
  /// yet: unknown_outcome "view-rebuilding".
  class Reading {
   public:
    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view view, std::string_view key) const;
    /// The same of many keys, in their order.
    [[nodiscard]] Result<std::vector<std::optional<std::string>>> get_many(
        std::string_view view, std::span<const std::string> keys) const;
    /// Rows whose key begins with `prefix`, from key `from` on (empty: the first), while `visit` returns
    /// true. An error of its own is returned, as failed() gives it.
    using Visit = std::function<Result<bool>(std::string_view key, std::string_view value)>;
    [[nodiscard]] Status scan(std::string_view view, std::string_view prefix, std::string_view from,
                              const Visit& visit) const;
    /// How many rows the view has.
    [[nodiscard]] Result<std::int64_t> count(std::string_view view) const;
    /// What to answer where rows of the view could not be used for this reason: where they are damaged
    /// (is_damage), they are set aside and made anew, and whoever asks is told to ask again.
    [[nodiscard]] Error failed(std::string_view view, const Error& why) const;
    [[nodiscard]] Positions positions() const;
    /// Of one view: earlier ones where it still answers from an older layout.
    [[nodiscard]] Positions positions(std::string_view view) const;
    /// The layout of the rows that are read; 0: there are none yet.
    [[nodiscard]] std::int32_t layout(std::string_view view) const;

   private:
    friend class Projector;
    Reading(const Projector& projector, std::shared_ptr<const Published> at,
            std::unique_ptr<store::Snapshot> rows)
        : projector_(&projector), at_(std::move(at)), rows_(std::move(rows)) {}
    const Projector* projector_;
    std::shared_ptr<const Published> at_;
    std::unique_ptr<store::Snapshot> rows_;
  };
  [[nodiscard]] Reading reading() const;

 private:
  struct Impl;
  explicit Projector(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Code of the error of who asks for rows that are damaged: they are made anew from the log.
inline constexpr std::string_view kViewDamaged = "view-damaged";
/// Rows that cannot be read, or not as this program wrote them.
[[nodiscard]] bool is_damage(const Error& error);

}  // namespace lastkm::projections
