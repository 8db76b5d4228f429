// lastkm bench open: what many open cases cost: memory, speed, and how soon a killed process answers again.
#include <sstream>

#include "engine/json/read.h"
#include "engine/record/canonical.h"
#include "tools/lastkm/bench/benches.h"
#include "tools/lastkm/bench/child.h"
#include "tools/lastkm/bench/load.h"
#include "tools/lastkm/remote.h"

namespace lastkm::tool::bench {

namespace {

constexpr std::int64_t kFewMost = 10000;
constexpr std::int64_t kMany = 100000;

/// Opens so many cases, and lets the state and the views settle.
Status open_cases(const BenchOptions& options, const std::string& folder, std::int64_t count) {
  auto bed = Bed::open(folder, options.workers);
  if (!bed) return bed.error();
  const auto cast = Cast::of((*bed)->engine());
  if (!cast) return cast.error();
  if (const auto grown = grow((*bed)->engine(), *cast, "O", 0, count, 1); !grown) return grown.error();
  return (*bed)->catch_up();
}

std::vector<std::string> lives_arguments(const BenchOptions& options, const std::string& folder,
                                         int seconds) {
  return {"bench",     "lives",
          "--folder",  folder,
          "--clients", std::to_string(options.clients),
          "--workers", std::to_string(options.workers),
          "--seconds", std::to_string(seconds),
          "--json",    "--unchecked"};
}

/// What processes have done in one folder.
struct Ran {
  double steps_per_s = 0;  ///< the mean over them
  int times = 0;
  std::int64_t p99_us = 0, rss_max = 0;
};

/// `bench lives` in this folder, by a process of its own.
Status run_lives(const BenchOptions& options, const std::string& folder, Ran& ran) {
  auto child = Child::start(lives_arguments(options, folder, options.whole_seconds));
  if (!child) return child.error();
  const std::string line = child->line();
  json::Limits limits;
  limits.floats_as_text = true;
  const auto said = json::read_value(line, "bench lives", limits);
  if (const int exit = child->wait(); exit != 0 || !said) {
    return Error{ErrorKind::difference, "bench-child",
                 "bench lives ended with exit code " + std::to_string(exit), ""};
  }
  ++ran.times;
  ran.steps_per_s += (static_cast<double>(said->number("per_s")) - ran.steps_per_s) / ran.times;
  ran.p99_us = std::max(ran.p99_us, said->number("p99_us"));
  ran.rss_max = std::max(ran.rss_max, said->number("rss_max"));
  return done();
}

std::string line_of(const intake::Submission& submission) {
  Object line{{"command", submission.name},
              {"external", Object{{"channel", submission.channel}, {"reference", submission.reference}}},
              {"actor", Object{{"body", submission.actor.body.value},
                               {"role", submission.actor.role},
                               {"person", submission.actor.person}}},
              {"data", submission.data}};
  return record::canonical(Value(std::move(line))) + "\n";
}

/// Kills a process in the middle of its work, starts another, and asks until a command is acknowledged;
/// seconds from the kill on, and what the new process has resident then.
Result<std::pair<double, std::int64_t>> kill_and_ask(const BenchOptions& options, const std::string& folder,
                                                     const intake::Submission& first) {
  auto busy = Child::start(lives_arguments(options, folder, 60));
  if (!busy) return busy.error();
  std::this_thread::sleep_for(std::chrono::milliseconds(static_cast<int>(options.seconds() * 500) + 2000));
  busy->kill();
  const auto killed = SteadyClock::now();
  auto served =
      Child::start({"serve", "--data", folder, "--workers", std::to_string(options.workers), "--json"});
  if (!served) return served.error();
  while (seconds_since(killed) < 120) {
    auto socket = connect_served(folder);
    if (!socket) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      continue;
    }
    std::istringstream in(line_of(first));
    std::ostringstream out, err;
    const Exit exit = ask_served(std::move(*socket), {"submit", "-", "--json", "--data", folder},
                                 Streams{.in = &in,
                                         .out = &out,
                                         .err = &err,
                                         .out_is_terminal = false,
                                         .err_is_terminal = false,
                                         .cwd = "",
                                         .locale = ""});
    if (exit == Exit::ok) {
      const double took = seconds_since(killed);
      std::this_thread::sleep_for(std::chrono::seconds(1));
      return std::pair(took, resident_most(served->pid()));
    }
    if (exit != Exit::unknown_outcome) {
      return Error{ErrorKind::difference, "bench-refused", "the first command was not accepted: " + err.str(),
                   ""};
    }
  }
  return Error{ErrorKind::difference, "bench-child", "no answer within two minutes of the kill", ""};
}

}  // namespace

Result<Reports> open(const BenchOptions& options, const runtime::ScratchFolder& scratch) {
  const std::int64_t cases = options.cases > 0 ? options.cases : kMany;
  const std::int64_t few = std::min(kFewMost, (cases + 9) / 10);
  const std::string folder = scratch.at("data"), folder_of_few = scratch.at("few");
  const auto begun = SteadyClock::now();
  runtime::LogPlace place_of_few = options.place;
  place_of_few.prefix += "-few";
  if (auto made = make_deployment(folder_of_few, place_of_few); !made) return made.error();
  if (auto grown = open_cases(options, folder_of_few, few); !grown) return grown.error();
  if (auto made = make_deployment(folder, options.place); !made) return made.error();
  if (auto grown = open_cases(options, folder, cases); !grown) return grown.error();
  // A new log is merged for the first time only after a while, and a processor drifts: so both have worked as
  // long before, and then take turns in an order that cancels a steady drift.
  Ran first_of_few, first_of_many, with_few, with_many;
  if (auto ran = run_lives(options, folder_of_few, first_of_few); !ran) return ran.error();
  if (auto ran = run_lives(options, folder, first_of_many); !ran) return ran.error();
  for (const bool many : {false, true, true, false, true, false, false, true}) {
    if (auto ran = run_lives(options, many ? folder : folder_of_few, many ? with_many : with_few); !ran)
      return ran.error();
  }
  Result<intake::Submission> first(Error{});
  {
    auto bed = Bed::open(folder, 0, false);
    if (!bed) return bed.error();
    const auto cast = Cast::of((*bed)->engine());
    if (!cast) return cast.error();
    first = cast->step("K", 0, 0, {});
  }
  const auto answered = kill_and_ask(options, folder, *first);
  if (!answered) return answered.error();
  Report report;
  report.name = "open";
  report.n = cases;
  report.seconds = seconds_since(begun);
  report.cpu_s = cpu_seconds_of_children();
  report.disk_bytes = disk_bytes(folder);
  report.rss_max = std::max({first_of_many.rss_max, with_many.rss_max, answered->second});
  report.more.set("steps_per_s_few", with_few.steps_per_s);
  report.more.set("steps_per_s_many", with_many.steps_per_s);
  report.more.set("few", few);
  report.more.set("slower_percent", 100 * (1 - with_many.steps_per_s / with_few.steps_per_s));
  report.more.set("step_p99_us", with_many.p99_us);
  report.more.set("kill_to_first_s", answered->first);
  report.more.set("rss_served", answered->second);
  auto bed = Bed::open(folder, options.workers);
  if (!bed) return bed.error();
  const auto held = held_by((*bed)->engine(), 2);
  if (!held) return held.error();
  report.record_bytes = held->record_bytes();
  if (!options.unchecked) {
    if (auto verified = verify(**bed, report); !verified) return verified.error();
  }
  return Reports{std::move(report)};
}

}  // namespace lastkm::tool::bench
