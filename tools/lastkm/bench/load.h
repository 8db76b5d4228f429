// Clients that live lives: each thread sends one command, waits for its outcome, and sends the next.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/lastkm/bench/life.h"
#include "tools/lastkm/bench/measure.h"

namespace lastkm::tool::bench {

struct LoadOptions {
  std::string run = "B";  ///< part of every reference: another name, other cases
  int clients = 64;
  double seconds = 10;     ///< no life is begun later
  std::int64_t lives = 0;  ///< nor more than these; 0: no limit
  double steps_per_s = 0;  ///< all clients together; 0: as fast as they can
  /// Where it is given: no life is begun once it says yes.
  std::function<bool()> enough = {};
  /// Called by the client with each accepted outcome, before the next command.
  std::function<void(int client, const runtime::Outcome&)> acknowledged = {};
};

struct LoadResult {
  std::int64_t steps = 0, lives = 0;
  double seconds = 0;
  double cpu_s = 0;
  Latencies latencies;
  [[nodiscard]] double steps_per_s() const { return seconds > 0 ? static_cast<double>(steps) / seconds : 0; }
};

/// Returns once every client has ended its last life. The first thing that a client was refused is an error:
/// nothing here may be refused.
[[nodiscard]] Result<LoadResult> live(runtime::Engine& engine, const Cast& cast, const LoadOptions& options);

/// Opens `cases` cases and leaves them so (the first `steps` steps of a life), in batches from `clients`
/// threads, numbered from `first` on; what is done is told of as of `occurred_at`, else of when it is
/// recorded. Steps that were taken.
[[nodiscard]] Result<std::int64_t> grow(runtime::Engine& engine, const Cast& cast, const std::string& run,
                                        std::int64_t first, std::int64_t cases, int steps,
                                        std::optional<Instant> occurred_at = {});

}  // namespace lastkm::tool::bench
