// The benchmarks, a file each. Each runs in `scratch`, checks what it did, and says what it measured.
#pragma once

#include <vector>

#include "engine/runtime/scratch_folder.h"
#include "tools/lastkm/bench/bed.h"
#include "tools/lastkm/bench/load.h"

namespace lastkm::tool::bench {

struct BenchOptions {
  std::int32_t clients = 64;
  std::int32_t workers = 2;
  std::int32_t whole_seconds = 10;  ///< of measuring, where a benchmark goes by time
  std::int64_t cases = 0;           ///< 0: as the benchmark has it
  std::int32_t rate = 0;            ///< of `lives`: steps a second; 0: as fast as it goes
  std::string
      folder;  ///< of `lives`, `rebuild`, `redecide`: made where it is not there, and kept; empty: a new one
  bool unchecked = false;   ///< leave out what verify() does
  runtime::LogPlace place;  ///< of the log; on Kafka, a prefix that no deployment has yet

  [[nodiscard]] double seconds() const { return whole_seconds; }
};

using Reports = std::vector<Report>;

/// `lives --clients N`: lives as fast as N clients can live them.
[[nodiscard]] Result<Reports> lives(const BenchOptions& options, const runtime::ScratchFolder& scratch);
/// `rebuild --cases N`: all views folded anew from the decisions of N lives, on all cores and on one.
[[nodiscard]] Result<Reports> rebuild(const BenchOptions& options, const runtime::ScratchFolder& scratch);
/// `redecide --cases N`: every decision of N lives made again, on one core.
[[nodiscard]] Result<Reports> redecide(const BenchOptions& options, const runtime::ScratchFolder& scratch);

/// `resend`: 20 % of all commands sent again, 5 % with a stale version.
[[nodiscard]] Result<Reports> resend(const BenchOptions& options, const runtime::ScratchFolder& scratch);
/// `query`: four kinds of questions at half of the highest write load.
[[nodiscard]] Result<Reports> query(const BenchOptions& options, const runtime::ScratchFolder& scratch);
/// `lag`: from an acknowledgement until the views show it, at 80 % of the highest write load.
[[nodiscard]] Result<Reports> lag(const BenchOptions& options, const runtime::ScratchFolder& scratch);
/// `clocks --cases N`: N clocks due in the same second.
[[nodiscard]] Result<Reports> clocks(const BenchOptions& options, const runtime::ScratchFolder& scratch);
/// `open --cases N`: N open cases.
[[nodiscard]] Result<Reports> open(const BenchOptions& options, const runtime::ScratchFolder& scratch);

/// A figure of `lives`, as other benchmarks use it.
[[nodiscard]] Report report_of(std::string name, const LoadResult& load);

}  // namespace lastkm::tool::bench
