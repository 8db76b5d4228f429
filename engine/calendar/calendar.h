// Working-day arithmetic from calendar documents. Rule order for a day: make-up list, then off list, then
// Monday to Friday (State Council holiday notices; domain rule of the hotline: the start day does not count,
// a period by days runs to 24:00 of its last day, a period by hours starts at once: Civil Code Art. 201-203,
// 1259). Due times are exclusive instants: the end of 20 May is 21 May 00:00. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/fields.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"

namespace lastkm::calendar {

enum class Unit : std::uint8_t {
  natural_minutes,  ///< NM
  natural_hours,    ///< NH
  natural_days,     ///< ND
  working_minutes,  ///< WM: inside office hours
  working_hours,    ///< WH
  working_days,     ///< WD
};
[[nodiscard]] std::string_view name_of(Unit unit);
[[nodiscard]] std::optional<Unit> unit_of(std::string_view name);

struct Amount {
  std::int64_t n = 0;
  Unit unit = Unit::working_days;
  bool operator==(const Amount&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.n, self.unit);
  }
};

struct Year {
  std::int32_t year = 0;
  bool provisional = false;
  std::vector<std::pair<Date, Date>> off;  ///< inclusive ranges, sorted
  std::vector<Date> makeup;                ///< sorted
};

class Calendar {
 public:
  std::string id;
  std::int64_t version = 0;
  std::int32_t offset_minutes = 480;
  std::vector<std::pair<std::int32_t, std::int32_t>>
      office_minutes;       ///< of the day: {540, 720}, {780, 1020}; sorted, disjoint
  std::vector<Year> years;  ///< sorted by year

  /// refused "calendar-missing" where the day's year has no calendar.
  [[nodiscard]] Result<bool> is_working_day(Date day) const;
  [[nodiscard]] bool is_provisional(Date day) const;
  /// The first instant at which the period is over, counted from `base`. n may be negative for days ("one
  /// working day before"): then the start of the n-th (working) day before base's local date. No working day
  /// is asked for where n is 0: the end of base's day, or base itself for hours and minutes. refused
  /// "calendar-missing"; bad_input "out-of-range" where the period is over 100 years, ends after the year
  /// 9999, or is a negative number of hours or minutes.
  [[nodiscard]] Result<Instant> due(Instant base, Amount amount) const;
  /// How much of a period in `unit` is left at `at` of one that is over at `due`: whole days for days (so
  /// that pausing and resuming by days keeps the count; the day of `at` is used up), minutes for hours and
  /// minutes (a begun minute counts whole). Zero where it is over. refused "calendar-missing".
  [[nodiscard]] Result<Amount> left(Instant at, Instant due, Unit unit) const;
  /// Start of office time on the n-th working day from the day of `base` (0: that day itself); negative:
  /// before it.
  [[nodiscard]] Result<Instant> office_opens(Date base, std::int64_t n) const;

  /// Makes the index of working days from `years`. read_calendar has done it; whoever fills `years` by hand
  /// calls it after. Without it every day is "calendar-missing".
  void index();

 private:
  [[nodiscard]] bool covers(Date first, Date last) const;
  [[nodiscard]] Result<Date> nth_working_day(Date base, std::int64_t n) const;
  [[nodiscard]] Result<std::int64_t> working_days_between(Date after, Date until) const;
  [[nodiscard]] Result<Instant> due_in_office_time(Instant base, std::int64_t ms) const;
  [[nodiscard]] Result<std::int64_t> office_time_between(Instant from, Instant to) const;
  [[nodiscard]] std::int64_t office_day_ms() const;

  std::vector<Date> working_days_;  ///< of all years, sorted
};

/// All that is wrong with a calendar document; empty: it can be read. Codes as in base/fields.h, and
/// bad-time, bad-date, bad-range, bad-order.
[[nodiscard]] Faults check_calendar(const Value& document);

/// Reads a calendar document (schemas/directory/calendar.schema.json). bad_input "bad-calendar" with the JSON
/// pointer of what is wrong in `path`.
[[nodiscard]] Result<Calendar> read_calendar(const Value& document);

}  // namespace lastkm::calendar
