// lastkm bench rebuild, lastkm bench redecide: what is made again from the log.
#include "engine/runtime/redecide.h"
#include "tools/lastkm/bench/benches.h"
#include "tools/lastkm/bench/load.h"
#include "tools/lastkm/bench/plain.h"

namespace lastkm::tool::bench {

namespace {

constexpr std::int64_t kLives = 20000;

/// A deployment in which so many lives were lived.
Result<std::unique_ptr<Bed>> lived(const BenchOptions& options, const std::string& folder) {
  if (auto made = make_deployment(folder); !made) return made.error();
  auto bed = Bed::open(folder, options.workers);
  if (!bed) return bed;
  const auto cast = Cast::of((*bed)->engine());
  if (!cast) return cast.error();
  const auto grown =
      grow((*bed)->engine(), *cast, "R", 0, options.cases > 0 ? options.cases : kLives, kStepsOfLife);
  if (!grown) return grown.error();
  if (auto caught = (*bed)->catch_up(); !caught) return caught.error();
  return bed;
}

}  // namespace

Result<Reports> rebuild(const BenchOptions& options, const Scratch& scratch) {
  auto bed = lived(options, scratch.at("data"));
  if (!bed) return bed.error();
  const auto held = held_by((*bed)->engine());
  if (!held) return held.error();
  const auto before = (*bed)->projector().digest();
  if (!before) return before.error();
  Report report;
  report.name = "rebuild";
  report.n = held->events;
  report.record_bytes = held->record_bytes();
  const double cpu = cpu_seconds();
  const auto begun = SteadyClock::now();
  if (auto rebuilt = (*bed)->projector().rebuild(); !rebuilt) return rebuilt.error();
  report.seconds = seconds_since(begun);
  report.cpu_s = cpu_seconds() - cpu;
  report.rss_max = resident_most();
  report.disk_bytes = disk_bytes(scratch.at("data"));
  report.more.set("decisions", held->decisions);
  report.more.set("views", static_cast<std::int64_t>(before->views.size()));
  const auto after = (*bed)->projector().digest();
  if (!after) return after.error();
  for (std::size_t i = 0; i < before->views.size(); ++i) {
    if (before->views[i].sha256 == after->views[i].sha256) continue;
    return Error{ErrorKind::difference, "views-differ",
                 "the view '" + before->views[i].name + "' differs from the same view folded anew", ""};
  }
  report.more.set("digests_equal", true);
  return Reports{std::move(report)};
}

Result<Reports> redecide(const BenchOptions& options, const Scratch& scratch) {
  auto bed = lived(options, scratch.at("data"));
  if (!bed) return bed.error();
  const auto held = held_by((*bed)->engine());
  if (!held) return held.error();
  Report report;
  report.name = "redecide";
  report.record_bytes = held->record_bytes();
  report.disk_bytes = disk_bytes(scratch.at("data"));
  const double cpu = cpu_seconds();
  const auto begun = SteadyClock::now();
  const auto again =
      runtime::redecide((*bed)->engine().log(), (*bed)->engine().deployment(), [](std::int32_t) {});
  if (!again) return again.error();
  report.seconds = seconds_since(begun);
  report.cpu_s = cpu_seconds() - cpu;
  report.rss_max = resident_most();
  report.n = again->commands;
  report.more.set("equal", again->equal);
  if (auto same = demand_equal("decisions made again", again->commands, again->equal); !same)
    return same.error();
  if (auto all = demand_equal("commands with a decision", held->commands, again->commands); !all)
    return all.error();
  return Reports{std::move(report)};
}

}  // namespace lastkm::tool::bench
