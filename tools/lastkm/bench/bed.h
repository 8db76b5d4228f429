// Where a benchmark runs: a folder of its own with a deployment like any other, opened as `serve` opens one,
// with views that follow the log on a thread; and what is checked once the work is done.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "tools/lastkm/bench/report.h"
#include "tools/lastkm/session.h"

namespace lastkm::tool::bench {

/// Makes a deployment with everything shipped in force.
[[nodiscard]] Status make_deployment(const std::string& folder, const runtime::LogPlace& place);

/// A deployment at work.
class Bed {
 public:
  /// `follow`: views follow on a thread of their own, as in `serve`.
  [[nodiscard]] static Result<std::unique_ptr<Bed>> open(const std::string& folder, int workers,
                                                         bool follow = true);
  ~Bed();
  Bed(const Bed&) = delete;
  Bed& operator=(const Bed&) = delete;

  [[nodiscard]] runtime::Engine& engine() { return folder_->engine(); }
  [[nodiscard]] projections::Projector& projector() { return side_->projector(); }
  [[nodiscard]] projections::Queries& queries() { return side_->queries(); }
  /// Waits until the views show all that is decided.
  [[nodiscard]] Status catch_up();

 private:
  Bed() = default;
  std::unique_ptr<Folder> folder_;
  projections::ReadSide* side_ = nullptr;
  Status followed_ = done();
  std::jthread follower_;
};

/// What the log of a deployment holds.
struct Held {
  std::int64_t commands = 0, decisions = 0, events = 0;
  std::int64_t bytes = 0;  ///< of the values of all commands and decisions
  [[nodiscard]] std::int64_t record_bytes() const {
    const std::int64_t records = commands + decisions;
    return records == 0 ? 0 : bytes / records;
  }
};
/// Of the first `partitions`; 0: of all.
[[nodiscard]] Result<Held> held_by(runtime::Engine& engine, std::int32_t partitions = 0);

/// Checks that every view equals the same view folded anew, and that every decision is what the commands and
/// rules give; says so in the report ("digests_equal", "redecided"). An error of kind difference where not.
[[nodiscard]] Status verify(Bed& bed, Report& report);
/// difference "views-differ": the first view whose digest is another once it is folded anew.
[[nodiscard]] Status same_views(const projections::Digest& before, const projections::Digest& anew);
/// That two counts agree; difference "bench-count" with both where they do not.
[[nodiscard]] Status demand_equal(std::string_view what, std::int64_t expected, std::int64_t got);

}  // namespace lastkm::tool::bench
