// What the machine does for plain synced appends: the measure that other figures are held against.
#pragma once

#include <vector>

#include "engine/base/result.h"
#include "tools/lastkm/bench/benches.h"

namespace lastkm::tool::bench {

struct Plain {
  double appends_per_s = 0;  ///< of so many threads, each waiting for its record to be on disk
  std::int64_t p50_us = 0, p99_us = 0;
};

/// Appends records of `record_bytes` to a log of the same kind as the benchmark's, in `folder` or on the same
/// brokers, from `clients` threads for `seconds`, each record durable before the next; nothing is decided.
[[nodiscard]] Result<Plain> plain_appends(const std::string& folder, const BenchOptions& options,
                                          std::int64_t record_bytes, double seconds);
/// Measures that once, with records as large as those of the first report, and says in each report
/// "plain_per_s", "plain_p50_us", "plain_p99_us", "ratio": the report's rate to it, and "durable": what makes
/// a record durable.
[[nodiscard]] Status hold_against_plain(std::vector<Report>& reports, const std::string& folder,
                                        const BenchOptions& options);

}  // namespace lastkm::tool::bench
