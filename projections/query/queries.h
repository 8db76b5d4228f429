// Questions to the views, answered in the shapes of the contract (design section 12), so that the program and
// the HTTP server print the same. Times in answers are RFC 3339 at `offset_minutes`. Nothing here is stored:
// whatever depends on "now" is computed from rows and the `now` that is passed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/rules/evaluation.h"
#include "projections/projector.h"
#include "projections/views/outcome.h"

namespace lastkm::projections {

/// How people see, and ask for, the empty key: of what has no category, lead … yet.
inline constexpr std::string_view kNoneYet = "(none yet)";
[[nodiscard]] constexpr std::string_view shown_key(std::string_view key) {
  return key.empty() ? kNoneYet : key;
}
[[nodiscard]] constexpr std::string_view meant_key(std::string_view given) {
  return given == kNoneYet ? std::string_view() : given;
}

/// Which cases; a member without a value asks for nothing, an empty text for the cases that have none of it.
struct CaseFilter {
  using Text = std::optional<std::string>;
  Text ref;  ///< our number of one case
  Text stage, type, category, urgency, channel, lead, holder, card, workflow;
  Text place, community;        ///< that or anything under it: "510108017006"; of both, both hold
  std::optional<bool> open;     ///< the stage ends the case, or does not
  std::optional<bool> overdue;  ///< at `now`
  std::optional<std::int64_t> level;
  std::optional<Instant> opened_from, opened_before;  ///< business time
  std::string text;                                   ///< the terms as they were given
};

/// Reads terms "ref=3-000001", "stage=SIGNED", "place=510108017", "open=yes", "overdue=no", "level=2",
/// "from=2026-05-01", "before=…" (a date, or RFC 3339), "workflow=ID" or "workflow=ID@VERSION", "lead=(none
/// yet)"; a bare name such as "open" or "overdue" means yes. Each at most once. bad_input "bad-filter" with
/// the term in it.
[[nodiscard]] Result<CaseFilter> parse_filter(std::span<const std::string> terms,
                                              std::int32_t offset_minutes);

enum class CaseOrder : std::uint8_t { opened, due, ref };
[[nodiscard]] Result<CaseOrder> parse_order(std::string_view name);

/// One page of lines. `next` is empty after the last page.
struct Page {
  Array lines;
  std::string next;        ///< cursor: pass it to go on
  std::int64_t count = 0;  ///< of the whole answer, not of the page
  Positions positions;     ///< what the answer reflects
};

struct PageRequest {
  std::size_t limit = 0;  ///< 0: no limit
  std::string cursor;
};

/// Lines that are not paged.
struct Lines {
  Array lines;
  Positions positions;  ///< what the answer reflects
};

[[nodiscard]] Result<RatesBy> parse_rates_by(std::string_view name);
[[nodiscard]] Result<RatesBasis> parse_rates_basis(std::string_view name);

/// A time as people say it: a date, which begins at that offset, or RFC 3339. bad_input "bad-time".
[[nodiscard]] Result<Instant> parse_time(std::string_view text, std::int32_t offset_minutes);

/// What the rates are counted of; absent: all.
struct Period {
  std::optional<Instant> from, before;
};

/// How the orders of a workflow ("ID@VERSION") are judged; nullopt: no such workflow is known
/// here yet. What is known is asked for once, for what was published stays so.
using Evaluations = std::function<std::optional<rules::Evaluation>(std::string_view workflow)>;

struct QueryOptions {
  std::int32_t offset_minutes = 480;
  std::string cursor_secret;  ///< makes cursors; who does not know it cannot forge one
  Evaluations evaluations;    ///< absent: that of a workflow which says nothing
};

class Queries {
 public:
  /// `projector` outlives this.
  Queries(Projector& projector, QueryOptions options)
      : projector_(&projector), options_(std::move(options)) {}

  /// The id of a case, from its id or reference number. not_found "no-such-case".
  [[nodiscard]] Result<std::string> find_case(std::string_view id_or_ref) const;
  /// case show
  [[nodiscard]] Result<Value> show(std::string_view id_or_ref, Instant now) const;
  /// case list: like case show without clocks, and with type, category, urgency, place, channel, opened_at
  /// (business time), recorded_at, due, overdue, ended. bad_input "bad-cursor" for a cursor that this query
  /// did not give.
  [[nodiscard]] Result<Page> list(const CaseFilter& filter, CaseOrder order, const PageRequest& page,
                                  Instant now) const;
  /// Lines {"key","count"} by stage, type, category, urgency, channel, lead, level, card or community; each
  /// count is the length of the list with that member added to the filter. bad_input "bad-dimension".
  [[nodiscard]] Result<Lines> counts(const CaseFilter& filter, std::string_view dimension, Instant now) const;
  /// case history: a line an event, by seq.
  [[nodiscard]] Result<Page> history(std::string_view id_or_ref, const PageRequest& page = {}) const;
  /// worklist BODY: by due time, what has none last.
  [[nodiscard]] Result<Page> worklist(std::string_view body, Instant now, const PageRequest& page = {}) const;
  /// What a body holds for which this person of it has acted last; lines as of worklist.
  [[nodiscard]] Result<Page> worklist_of(std::string_view person, Instant now,
                                         const PageRequest& page = {}) const;
  /// Open cases whose next due time is before `before`, by due time; lines as of worklist, with "holders".
  [[nodiscard]] Result<Page> due(Instant before, Instant now, const PageRequest& page = {}) const;
  /// rates: a line a key, in key order. With a period, the orders that were scored in it.
  [[nodiscard]] Result<Lines> rates(RatesBy by, RatesBasis basis, const Period& period = {}) const;
  /// The orders that one line of rates is made of, a line each by case: {"case","base","response",
  /// "resolution","satisfaction","excluded"}, so that the numbers of the line are the sums of theirs. A case
  /// that a body returned and was given again is two orders of it. not_found "no-such-line".
  [[nodiscard]] Result<Lines> rates_cases(RatesBy by, RatesBasis basis, std::string_view key,
                                          const Period& period = {}) const;
  /// Lines {"month","key","count","growth"} of "category" or "community", by month, then count from the top:
  /// together all cases of the month, for what has no category or place yet counts under the empty key;
  /// growth is the count against the mean of the four months before, or of as many as there are from the
  /// first month with any case on, {"num","den"}; null where these have none. bad_input "bad-dimension".
  [[nodiscard]] Result<Lines> hot(std::string_view dimension, std::string_view month = {},
                                  std::size_t top = 0) const;
  /// Lines {"case","ref","month"}: the cases that the lines of this key count, in one month or all, by id.
  /// bad_input "bad-dimension"; not_found "no-such-line".
  [[nodiscard]] Result<Lines> hot_cases(std::string_view dimension, std::string_view key,
                                        std::string_view month = {}) const;
  /// Lines {"case","ref","master","master_ref","place","category","hours","similarity"}: a new case that may
  /// be a repeat of an open one of its place and category that was asked before it, within the hours of its
  /// urgency, whatever their texts (MERGE-1); those whose texts are most alike first; of each new case at
  /// most `most` (0: all), the most alike, then the nearest in time.
  [[nodiscard]] Result<Lines> duplicates(std::size_t most = 3) const;
  /// integrity: {"lanes":[…],"exclusions":[{"code","approver","count"}],"late":n}.
  [[nodiscard]] Result<Value> integrity() const;
  /// Events that were recorded more than a day after they happened, by lane and ordinal; none of what was
  /// imported.
  [[nodiscard]] Result<Page> late(const PageRequest& page = {}) const;

  /// view status, view digest. Where the log cannot be asked how much it holds, "lag" is null and
  /// "lag_unknown" says why.
  [[nodiscard]] Result<Value> status() const;
  [[nodiscard]] Result<Value> digest() const;
  /// What a rebuild is at: {"views","done","of","percent","per_s","remaining_s"}; null: nothing is built.
  [[nodiscard]] Value building() const;

 private:
  /// Valid as long as this.
  [[nodiscard]] const rules::Evaluation& evaluation_of(std::string_view workflow) const;
  Projector* projector_;
  QueryOptions options_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, rules::Evaluation, std::less<>> evaluations_;  ///< guarded by mutex_
};

/// {"LANE":ordinal,…}
[[nodiscard]] Value to_value(const Positions& positions);

struct ReadSideOptions {
  std::string folder;  ///< DIR/views
  std::string log_id;
  int threads = 1;  ///< for what is rebuilt
  QueryOptions queries;
  bool serving = false;    ///< takes more memory, and less time
  bool read_only = false;  ///< nothing is written; where the views lag, they are folded in memory
  /// From any thread, when a write to the views has failed: end at once.
  std::function<void(const Error&)> on_failure = {};
};

/// Store, projector and queries of one folder, wired. `log` outlives it. Call projector().catch_up() before
/// asking. A folder that is damaged is moved aside, to "FOLDER.damaged-N", and made anew; view status says
/// so.
class ReadSide {
 public:
  virtual ~ReadSide() = default;
  [[nodiscard]] virtual Projector& projector() = 0;
  [[nodiscard]] virtual Queries& queries() = 0;
};
[[nodiscard]] Result<std::unique_ptr<ReadSide>> open_read_side(log::EventLog& log,
                                                               const ReadSideOptions& options);

}  // namespace lastkm::projections
