// lastkm bench lives: whole lives, from as many clients as are asked for.
#include "tools/lastkm/bench/benches.h"
#include "tools/lastkm/bench/load.h"

namespace lastkm::tool::bench {

Report report_of(std::string name, const LoadResult& load) {
  Report report;
  report.name = std::move(name);
  report.n = load.steps;
  report.seconds = load.seconds;
  report.latencies = load.latencies;
  report.cpu_s = load.cpu_s;
  report.more.set("lives", load.lives);
  report.more.set("steps_per_s", load.steps_per_s());
  report.more.set("cpu_s_per_life", load.lives == 0 ? 0.0 : load.cpu_s / static_cast<double>(load.lives));
  return report;
}

namespace {

Status check_counts(Bed& bed, const LoadResult& load) {
  projections::CaseFilter closed;
  closed.stage = "CLOSED";
  const auto lines = bed.queries().counts(closed, "stage", bed.engine().now());
  if (!lines) return lines.error();
  std::int64_t counted = 0;
  for (const Value& line : lines->lines) counted += line.number("count");
  return demand_equal("closed cases in the views", load.lives, counted);
}

}  // namespace

Result<Reports> lives(const BenchOptions& options, const runtime::ScratchFolder& scratch) {
  const bool own = options.folder.empty();
  const std::string folder = own ? scratch.at("data") : options.folder;
  if (own) {
    if (auto made = make_deployment(folder, options.place); !made) return made.error();
  }
  auto bed = Bed::open(folder, options.workers);
  if (!bed) return bed.error();
  const auto cast = Cast::of((*bed)->engine());
  if (!cast) return cast.error();
  LoadOptions asked{.clients = options.clients, .seconds = options.seconds(), .lives = options.cases};
  asked.steps_per_s = options.rate;
  asked.run = "L" + std::to_string((*bed)->engine().now().ms);
  const auto load = live((*bed)->engine(), *cast, asked);
  if (!load) return load.error();
  Report report = report_of("lives", *load);
  report.rss_max = resident_most();
  report.more.set("clients", options.clients);
  report.more.set("workers", options.workers);
  const auto caught_from = SteadyClock::now();
  if (auto caught = (*bed)->catch_up(); !caught) return caught.error();
  report.more.set("views_behind_s", seconds_since(caught_from));
  report.disk_bytes = disk_bytes(folder);
  const auto held = held_by((*bed)->engine(), own ? 0 : 2);
  if (!held) return held.error();
  report.record_bytes = held->record_bytes();
  if (own) {
    if (auto counted = check_counts(**bed, *load); !counted) return counted.error();
  }
  if (!options.unchecked) {
    if (auto verified = verify(**bed, report); !verified) return verified.error();
  }
  return Reports{std::move(report)};
}

}  // namespace lastkm::tool::bench
