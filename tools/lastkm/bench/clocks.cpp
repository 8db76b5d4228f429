// lastkm bench clocks: one clock of every case runs out in the same second, while others go on asking.
#include "engine/base/thread_name.h"
#include "engine/runtime/each_record.h"
#include "tools/lastkm/bench/benches.h"
#include "tools/lastkm/bench/load.h"

namespace lastkm::tool::bench {

namespace {

constexpr std::int64_t kCases = 100000;
constexpr std::int64_t kBatch = 512;
constexpr int kGrowers = 4;
constexpr int kClients = 16;
constexpr double kStepsPerSecond = 500;
constexpr double kBeforeSeconds = 8;

/// The limit of the clock `dispatch`, by the shipped workflow.
std::int64_t dispatch_ms(const intake::Submission& accept) {
  return (accept.data.text("urgency") == "CRITICAL" ? 5 : 30) * kMsPerMinute;
}

/// Accepts some of the cases that were opened, in such a way that their dispatch clocks are over at `due`.
Status accept_some(runtime::Engine& engine, const Cast& cast, std::int64_t from, std::int64_t until,
                   Instant due) {
  std::vector<intake::Submission> batch;
  for (std::int64_t number = from; number < until; ++number) {
    runtime::Outcome opened;
    opened.aggregate = engine.vault().aggregate_of("CH-12345", "C-" + std::to_string(number));
    intake::Submission accept = cast.step("C", number, 1, opened);
    accept.expected_version.reset();
    accept.occurred_at = due + -dispatch_ms(accept);
    accept.clocks_from_business_time = true;
    batch.push_back(std::move(accept));
  }
  for (const auto& outcome : engine.submit(batch)) {
    if (!outcome) return outcome.error();
    if (outcome->status != runtime::OutcomeStatus::accepted) {
      return Error{ErrorKind::difference, "bench-refused", "a case was not accepted", ""};
    }
  }
  return done();
}

Status accept_all(runtime::Engine& engine, const Cast& cast, std::int64_t cases, Instant due) {
  std::atomic<std::int64_t> next{0};
  std::vector<Status> ended(kGrowers, done());
  {
    std::vector<std::jthread> clients;
    for (Status& mine : ended) {
      clients.emplace_back([&] {
        name_thread("client");
        for (std::int64_t from = next.fetch_add(kBatch); mine && from < cases;
             from = next.fetch_add(kBatch)) {
          mine = accept_some(engine, cast, from, std::min(cases, from + kBatch), due);
        }
      });
    }
  }
  const auto failed = std::find_if(ended.begin(), ended.end(), [](const Status& one) { return !one; });
  return failed == ended.end() ? done() : *failed;
}

Result<std::int64_t> decisions(runtime::Engine& engine) {
  std::int64_t all = 0;
  for (std::int32_t partition = 0; partition < engine.log().partitions(); ++partition) {
    const auto end = engine.log().end(log::Topic::decisions, partition);
    if (!end) return end.error();
    all += *end;
  }
  return all;
}

/// Each case's clock has fired once, and none before its time.
Status check_fired(runtime::Engine& engine, std::int64_t cases, Instant due) {
  std::int64_t fired = 0, early = 0;
  for (std::int32_t partition = 0; partition < engine.log().partitions(); ++partition) {
    auto read = runtime::each_accepted(
        engine.log(), partition, [&](const record::Decision& decision, const log::Record&) {
          for (const record::Event& event : decision.events) {
            if (event.type != "StageBreached" || event.data.text("clock") != "dispatch" ||
                event.occurred_at != due)
              continue;
            ++fired;
            early += decision.lane_time < due ? 1 : 0;
          }
          return true;
        });
    if (!read) return read;
  }
  if (auto none = demand_equal("clocks that fired early", 0, early); !none) return none;
  return demand_equal("clocks that fired", cases, fired);
}

}  // namespace

Result<Reports> clocks(const BenchOptions& options, const runtime::ScratchFolder& scratch) {
  const std::string folder = scratch.at("data");
  if (auto made = make_deployment(folder, options.place); !made) return made.error();
  auto bed = Bed::open(folder, options.workers);
  if (!bed) return bed.error();
  runtime::Engine& engine = (*bed)->engine();
  const auto cast = Cast::of(engine);
  if (!cast) return cast.error();
  const std::int64_t cases = options.cases > 0 ? options.cases : kCases;
  const auto growing = SteadyClock::now();
  // What is accepted is told of as half an hour before it falls due, and no step lies before its request.
  const Instant requested = engine.now() + -kMsPerHour;
  if (const auto grown = grow(engine, *cast, "C", 0, cases, 1, requested); !grown) return grown.error();
  // Accepting and showing take about as long as opening did; what falls due meanwhile would spoil the
  // measure.
  const double margin = seconds_since(growing) * 3 + kBeforeSeconds + 5;
  const Instant due{(engine.now().ms + static_cast<std::int64_t>(margin * 1000)) / kMsPerSecond *
                    kMsPerSecond};
  if (auto accepted = accept_all(engine, *cast, cases, due); !accepted) return accepted.error();
  const auto until_due = [&] { return std::chrono::milliseconds(due.ms - engine.now().ms); };
  if (auto shown = (*bed)->projector().catch_up(); !shown) return shown.error();
  if (until_due() < std::chrono::duration<double>(kBeforeSeconds)) {
    return Error{ErrorKind::refused, "bench-too-slow",
                 "the cases were not ready in time; ask for fewer with --cases", ""};
  }

  std::this_thread::sleep_for(until_due() - std::chrono::duration<double>(kBeforeSeconds));
  const LoadOptions asked{
      .run = "N", .clients = kClients, .seconds = kBeforeSeconds - 1, .steps_per_s = kStepsPerSecond};
  const auto calm = live(engine, *cast, asked);
  if (!calm) return calm.error();
  const auto before = decisions(engine);
  if (!before) return before.error();
  std::this_thread::sleep_for(until_due());

  // Decisions are counted as they appear; the load's own are taken off.
  Report report;
  std::atomic<std::int64_t> own{0};
  std::atomic<bool> over{false};
  const double cpu = cpu_seconds();
  const auto begun = SteadyClock::now();
  Result<LoadResult> busy(LoadResult{});
  {
    const std::jthread watch([&](const std::stop_token& stop) {
      std::int64_t seen = 0;
      while (!stop.stop_requested() && seen < cases) {
        const auto now = decisions(engine);
        const std::int64_t fired = now ? *now - *before - own.load() : 0;
        for (; seen < std::min(fired, cases); ++seen) report.latencies.add(us_since(begun));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
      over = true;
    });
    busy = live(engine, *cast,
                {.run = "D",
                 .clients = kClients,
                 .seconds = 120,
                 .steps_per_s = kStepsPerSecond,
                 .enough = [&] { return over.load(); },
                 .acknowledged = [&](int, const runtime::Outcome&) { ++own; }});
  }
  if (!busy) return busy.error();
  report.name = "clocks";
  report.n = report.latencies.count();
  report.seconds = static_cast<double>(report.latencies.at(1.0)) / 1e6;
  report.cpu_s = cpu_seconds() - cpu;
  report.rss_max = resident_most();
  report.more.set("calm_p99_us", calm->latencies.at(0.99));
  report.more.set("busy_p99_us", busy->latencies.at(0.99));
  report.more.set("rise_p99_us", busy->latencies.at(0.99) - calm->latencies.at(0.99));
  const auto caught_from = SteadyClock::now();
  if (auto caught = (*bed)->catch_up(); !caught) return caught.error();
  report.more.set("views_behind_s", seconds_since(caught_from));
  report.disk_bytes = disk_bytes(folder);
  const auto held = held_by(engine, 2);
  if (!held) return held.error();
  report.record_bytes = held->record_bytes();
  if (auto checked = check_fired(engine, cases, due); !checked) return checked.error();
  if (!options.unchecked) {
    if (auto verified = verify(**bed, report); !verified) return verified.error();
  }
  return Reports{std::move(report)};
}

}  // namespace lastkm::tool::bench
