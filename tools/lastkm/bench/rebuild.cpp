// lastkm bench rebuild, lastkm bench redecide: what is made again from the log.
#include <filesystem>
#include <functional>
#include <set>
#include <thread>

#include "engine/runtime/redecide.h"
#include "tools/lastkm/bench/benches.h"
#include "tools/lastkm/bench/load.h"

namespace lastkm::tool::bench {

namespace {

constexpr std::int64_t kLives = 20000;

/// Where the lives were lived; where the folder is the caller's and there already, those that were lived in
/// it.
Result<std::string> lived(const BenchOptions& options, const runtime::ScratchFolder& scratch) {
  const bool own = options.folder.empty();
  std::string folder = own ? scratch.at("data") : options.folder;
  if (!own && std::filesystem::exists(folder)) return folder;
  if (auto made = make_deployment(folder, options.place); !made) return made.error();
  auto bed = Bed::open(folder, options.workers);
  if (!bed) return bed.error();
  const auto cast = Cast::of((*bed)->engine());
  if (!cast) return cast.error();
  const auto grown =
      grow((*bed)->engine(), *cast, "R", 0, options.cases > 0 ? options.cases : kLives, kStepsOfLife);
  if (!grown) return grown.error();
  if (auto caught = (*bed)->catch_up(); !caught) return caught.error();
  return folder;
}

/// On the cores that the process is kept to.
Result<Report> rebuild_on(const std::string& folder, int cores) {
  auto bed = Bed::open(folder, 0, false);
  if (!bed) return bed.error();
  const auto held = held_by((*bed)->engine());
  if (!held) return held.error();
  projections::Projector& projector = (*bed)->projector();
  if (auto caught = projector.catch_up(); !caught) return caught.error();
  const auto before = projector.digest();
  if (!before) return before.error();
  Report report;
  report.name = cores == 1 ? "rebuild on one core" : "rebuild on many cores";
  report.n = held->events;
  report.record_bytes = held->record_bytes();
  const double cpu = cpu_seconds();
  const auto begun = SteadyClock::now();
  const auto compared = projector.rebuild();
  if (!compared) return compared.error();
  report.seconds = seconds_since(begun);
  report.cpu_s = cpu_seconds() - cpu;
  report.rss_max = resident_most();
  report.disk_bytes = disk_bytes(folder);
  report.more.set("threads", cores);
  report.more.set("decisions", held->decisions);
  report.more.set("views", static_cast<std::int64_t>(before->views.size()));
  const auto after = projector.digest();
  if (!after) return after.error();
  if (auto same = same_views(*before, *after); !same) return same.error();
  report.more.set("digests_equal", true);
  return report;
}

}  // namespace

Result<Reports> rebuild(const BenchOptions& options, const runtime::ScratchFolder& scratch) {
  const auto folder = lived(options, scratch);
  if (!folder) return folder.error();
  Reports reports;
  const int all = static_cast<int>(std::thread::hardware_concurrency());
  for (const int cores : std::set<int, std::greater<>>{all, 1}) {
    const KeptToCores kept(cores);
    auto report = rebuild_on(*folder, cores);
    if (!report) return report.error();
    reports.push_back(std::move(*report));
  }
  if (!options.unchecked) {
    auto bed = Bed::open(*folder, 0, false);
    if (!bed) return bed.error();
    for (Report& report : reports) {
      if (auto verified = verify(**bed, report); !verified) return verified.error();
    }
  }
  return reports;
}

Result<Reports> redecide(const BenchOptions& options, const runtime::ScratchFolder& scratch) {
  const auto folder = lived(options, scratch);
  if (!folder) return folder.error();
  const KeptToCores kept(1);
  auto bed = Bed::open(*folder, 0, false);
  if (!bed) return bed.error();
  const auto held = held_by((*bed)->engine());
  if (!held) return held.error();
  Report report;
  report.name = "redecide";
  report.record_bytes = held->record_bytes();
  report.disk_bytes = disk_bytes(*folder);
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
  if (!options.unchecked) {
    if (auto verified = verify(**bed, report); !verified) return verified.error();
  }
  return Reports{std::move(report)};
}

}  // namespace lastkm::tool::bench
