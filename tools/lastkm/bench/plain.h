// What the machine does for plain synced appends: the measure that other figures are held against.
#pragma once

#include <vector>

#include "engine/base/result.h"
#include "tools/lastkm/bench/report.h"

namespace lastkm::tool::bench {

struct Plain {
  double appends_per_s = 0;  ///< of so many threads, each waiting for its record to be on disk
  std::int64_t p50_us = 0, p99_us = 0;
};

/// Appends records of `record_bytes` to a log in `folder` from `clients` threads for `seconds`, each record
/// synced before the next; nothing is decided.
[[nodiscard]] Result<Plain> plain_appends(const std::string& folder, int clients, std::int64_t record_bytes,
                                          double seconds);
/// Measures that once, in `folder`, with records as large as those of the first report, and says in each
/// report "plain_per_s", "plain_p50_us", "plain_p99_us", and "ratio": the report's rate to it.
[[nodiscard]] Status hold_against_plain(std::vector<Report>& reports, const std::string& folder, int clients);

}  // namespace lastkm::tool::bench
