// Questions to the views, answered in the shapes of the contract (design section 12), so that the program and
// the HTTP server print the same. Times in answers are RFC 3339 at `offset_minutes`. Nothing here is stored:
// whatever depends on "now" is computed from rows and the `now` that is passed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "projections/projector.h"

namespace lastkm::projections {

/// Which cases; an empty member asks for nothing.
struct CaseFilter {
  std::string stage, type, category, urgency, channel, lead, holder, card, workflow;
  std::string place;            ///< the place or anything under it: "510108017006" is a community
  std::optional<bool> open;     ///< the stage ends the case, or does not
  std::optional<bool> overdue;  ///< at `now`
  std::optional<std::int64_t> level;
  std::optional<Instant> opened_from, opened_before;  ///< record time
};

/// Reads terms "stage=SIGNED", "place=510108017", "open=yes", "overdue=no", "level=2", "from=2026-05-01",
/// "before=…" (a date, or RFC 3339; a bare name such as "open" or "overdue" means yes; "community" is
/// "place"). bad_input "bad-filter" with the term in the message.
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

enum class RatesBy : std::uint8_t { month, body, community };
enum class RatesBasis : std::uint8_t { callback, close };
[[nodiscard]] Result<RatesBy> parse_rates_by(std::string_view name);
[[nodiscard]] Result<RatesBasis> parse_rates_basis(std::string_view name);

/// What the rates are counted of; absent: all.
struct Period {
  std::optional<Instant> from, before;
};

class Queries {
 public:
  /// `projector` outlives this.
  Queries(Projector& projector, std::int32_t offset_minutes)
      : projector_(&projector), offset_(offset_minutes) {}

  /// The id of a case, from its id or reference number. not_found "no-such-case".
  [[nodiscard]] Result<std::string> find_case(std::string_view id_or_ref) const;
  /// case show
  [[nodiscard]] Result<Value> show(std::string_view id_or_ref) const;
  /// case list: like case show without clocks, and with type, category, urgency, place, channel, opened_at,
  /// due, overdue, ended.
  [[nodiscard]] Result<Page> list(const CaseFilter& filter, CaseOrder order, const PageRequest& page,
                                  Instant now) const;
  /// Lines {"key","count"} by stage, type, category, urgency, channel, lead, level, card or community; each
  /// count is the length of the list with that member added to the filter. bad_input "bad-dimension".
  [[nodiscard]] Result<Array> counts(const CaseFilter& filter, std::string_view dimension, Instant now) const;
  /// case history: a line an event, by seq.
  [[nodiscard]] Result<Page> history(std::string_view id_or_ref, const PageRequest& page = {}) const;
  /// worklist BODY: by due time, what has none last.
  [[nodiscard]] Result<Page> worklist(std::string_view body, Instant now, const PageRequest& page = {}) const;
  /// Open cases whose next due time is before `before`, by due time; lines as of worklist, with "holders".
  [[nodiscard]] Result<Page> due(Instant before, Instant now, const PageRequest& page = {}) const;
  /// rates: a line a key, in key order.
  [[nodiscard]] Result<Array> rates(RatesBy by, RatesBasis basis, const Period& period = {}) const;
  /// The cases that one line of rates counts (its base): ids in order.
  [[nodiscard]] Result<std::vector<std::string>> rates_cases(RatesBy by, RatesBasis basis,
                                                             std::string_view key,
                                                             const Period& period = {}) const;
  /// Lines {"month","key","count"} of "category" or "community", by month, then count from the top. bad_input
  /// "bad-dimension".
  [[nodiscard]] Result<Array> hot(std::string_view dimension) const;

  /// view status, view digest
  [[nodiscard]] Result<Value> status() const;
  [[nodiscard]] Result<Value> digest() const;
  /// view rebuild; empty: all
  [[nodiscard]] Status rebuild(std::string_view name = {});

 private:
  Projector* projector_;
  std::int32_t offset_;
};

struct ReadSideOptions {
  std::string folder;  ///< DIR/views
  std::string log_id;
  std::int32_t offset_minutes = 480;
  bool read_only = false;  ///< nothing is written; where the views lag, they are folded in memory
};

/// Store, projector and queries of one folder, wired. `log` outlives it. Call projector().catch_up() before
/// asking.
class ReadSide {
 public:
  virtual ~ReadSide() = default;
  [[nodiscard]] virtual Projector& projector() = 0;
  [[nodiscard]] virtual Queries& queries() = 0;
};
[[nodiscard]] Result<std::unique_ptr<ReadSide>> open_read_side(log::EventLog& log,
                                                               const ReadSideOptions& options);

}  // namespace lastkm::projections
