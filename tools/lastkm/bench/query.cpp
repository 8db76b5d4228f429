// lastkm bench query: what readers wait for while others write; lastkm bench lag: how soon one sees one's own
// write in the views.
#include <mutex>

#include "engine/base/thread_name.h"
#include "tools/lastkm/bench/benches.h"
#include "tools/lastkm/bench/load.h"
#include "tools/lastkm/random.h"

namespace lastkm::tool::bench {

namespace {

constexpr std::int64_t kCases = 20000;
constexpr int kReaders = 2;
constexpr std::size_t kPageLines = 50;

/// A deployment with open cases in it, and what it can take at most.
struct Prepared {
  std::unique_ptr<Bed> bed;
  Cast cast;
  double most = 0;  ///< steps a second
};

Result<Prepared> prepare(const BenchOptions& options, const std::string& folder) {
  if (auto made = make_deployment(folder, options.place); !made) return made.error();
  auto bed = Bed::open(folder, options.workers);
  if (!bed) return bed.error();
  auto cast = Cast::of((*bed)->engine());
  if (!cast) return cast.error();
  const std::int64_t cases = options.cases > 0 ? options.cases : kCases;
  const auto grown = grow((*bed)->engine(), *cast, "Q", 0, cases, 3);
  if (!grown) return grown.error();
  if (auto shown = (*bed)->projector().catch_up(); !shown) return shown.error();
  const auto most = live((*bed)->engine(), *cast,
                         {.run = "M", .clients = options.clients, .seconds = options.seconds() / 2});
  if (!most) return most.error();
  return Prepared{std::move(*bed), std::move(*cast), most->steps_per_s()};
}

/// Cases and bodies that readers ask for: those that the load has touched last.
class Touched {
 public:
  void note(const runtime::Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    ids_[next_++ % ids_.size()] = outcome.aggregate.value;
  }
  std::string pick(Random& random) {
    const std::lock_guard lock(mutex_);
    const std::size_t many = std::min(next_, ids_.size());
    return many == 0 ? "" : ids_[random.next() % many];
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> ids_ = std::vector<std::string>(4096);
  std::size_t next_ = 0;
};

/// Asks one kind of question until told to stop.
class Reader {
 public:
  Reader(Bed& bed, Touched& touched, std::uint64_t seed) : bed_(&bed), touched_(&touched), random_(seed) {}

  Status ask_all(std::array<Latencies, 4>& into) {
    const std::string id = touched_->pick(random_);
    if (id.empty()) return done();
    const auto held = bed_->engine().find_case(id);
    if (!held) return held.error();
    const auto timed = [&](std::size_t kind, const auto& ask) -> Status {
      const auto begun = SteadyClock::now();
      const auto answer = ask();
      into[kind].add(us_since(begun));
      return answer ? done() : Status(answer.error());
    };
    projections::Queries& queries = bed_->queries();
    const Instant now = bed_->engine().now();
    if (auto asked = timed(0, [&] { return queries.worklist(held->lead, now, {kPageLines, ""}); }); !asked)
      return asked;
    if (auto asked = timed(1, [&] { return queries.show(id, now); }); !asked) return asked;
    if (auto asked = timed(2, [&] { return queries.history(id); }); !asked) return asked;
    return timed(
        3, [&] { return queries.rates(projections::RatesBy::month, projections::RatesBasis::callback); });
  }

 private:
  Bed* bed_;
  Touched* touched_;
  Random random_;
};

}  // namespace

Result<Reports> query(const BenchOptions& options, const runtime::ScratchFolder& scratch) {
  auto prepared = prepare(options, scratch.at("data"));
  if (!prepared) return prepared.error();
  Bed& bed = *prepared->bed;
  Touched touched;
  std::array<Latencies, 4> latencies;
  std::mutex mutex;
  std::optional<Error> failed;
  const double cpu = cpu_seconds();
  Result<LoadResult> load(LoadResult{});
  {
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < kReaders; ++reader) {
      readers.emplace_back([&, reader](const std::stop_token& stop) {
        name_thread("reader");
        Reader mine(bed, touched, static_cast<std::uint64_t>(reader) + 1);
        std::array<Latencies, 4> own;
        while (!stop.stop_requested()) {
          if (auto asked = mine.ask_all(own); !asked && asked.error().kind != ErrorKind::not_found) {
            const std::lock_guard lock(mutex);
            if (!failed) failed = asked.error();
            return;
          }
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        const std::lock_guard lock(mutex);
        for (std::size_t kind = 0; kind < own.size(); ++kind) latencies[kind].add(own[kind]);
      });
    }
    load = live(bed.engine(), prepared->cast,
                {.run = "H",
                 .clients = options.clients,
                 .seconds = options.seconds(),
                 .steps_per_s = prepared->most / 2,
                 .acknowledged = [&](int, const runtime::Outcome& outcome) { touched.note(outcome); }});
  }
  if (!load) return load.error();
  if (failed) return *failed;
  const double used = cpu_seconds() - cpu;
  Report check;
  if (!options.unchecked) {
    if (auto verified = verify(bed, check); !verified) return verified.error();
  }
  const auto held = held_by(bed.engine(), 2);
  if (!held) return held.error();
  Reports reports;
  constexpr std::array<const char*, 4> kKinds{"query worklist", "query case", "query history", "query rates"};
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    Report& report = reports.emplace_back();
    report.name = kKinds[kind];
    report.n = latencies[kind].count();
    report.seconds = load->seconds;
    report.latencies = latencies[kind];
    report.cpu_s = used;
    report.rss_max = resident_most();
    report.disk_bytes = disk_bytes(scratch.at("data"));
    report.more = check.more;
    report.record_bytes = held->record_bytes();
    report.more.set("writes_per_s", load->steps_per_s());
    report.more.set("writes_per_s_most", prepared->most);
    report.more.set("write_p99_us", load->latencies.at(0.99));
  }
  return reports;
}

Result<Reports> lag(const BenchOptions& options, const runtime::ScratchFolder& scratch) {
  auto prepared = prepare(options, scratch.at("data"));
  if (!prepared) return prepared.error();
  Bed& bed = *prepared->bed;
  // Every sixteenth write is waited for, so that the waiting does not become the load.
  std::vector<Latencies> mine(static_cast<std::size_t>(options.clients));
  std::vector<int> turns(static_cast<std::size_t>(options.clients), 0);
  std::atomic<bool> never{false};
  const auto wait_for = [&](int client, const runtime::Outcome& outcome) {
    const auto at = static_cast<std::size_t>(client);
    if (++turns[at] % 16 != 0) return;
    const auto acknowledged = SteadyClock::now();
    const auto seen = bed.projector().wait_for(outcome.lane, outcome.ordinal, std::chrono::seconds(5));
    if (!seen) never = true;
    mine[at].add(us_since(acknowledged));
  };
  const auto load = live(bed.engine(), prepared->cast,
                         {.run = "V",
                          .clients = options.clients,
                          .seconds = options.seconds(),
                          .steps_per_s = prepared->most * 0.8,
                          .acknowledged = wait_for});
  if (!load) return load.error();
  if (never) return Error{ErrorKind::difference, "views-behind", "a write was not seen within 5 s", ""};
  Report report;
  report.name = "lag";
  report.seconds = load->seconds;
  report.cpu_s = load->cpu_s;
  for (const Latencies& of_client : mine) report.latencies.add(of_client);
  report.n = report.latencies.count();
  report.rss_max = resident_most();
  report.disk_bytes = disk_bytes(scratch.at("data"));
  report.more.set("writes_per_s", load->steps_per_s());
  report.more.set("writes_per_s_most", prepared->most);
  const auto held = held_by(bed.engine(), 2);
  if (!held) return held.error();
  report.record_bytes = held->record_bytes();
  if (!options.unchecked) {
    if (auto verified = verify(bed, report); !verified) return verified.error();
  }
  return Reports{std::move(report)};
}

}  // namespace lastkm::tool::bench
