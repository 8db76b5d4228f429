// lastkm bench resend: clients whose answers get lost. Of all commands 20 % are sent again as they were, and
// 5 % more come with a version that is stale.
#include <mutex>

#include "engine/base/thread_name.h"
#include "engine/runtime/each_record.h"
#include "tools/lastkm/bench/benches.h"
#include "tools/lastkm/bench/load.h"
#include "tools/lastkm/random.h"

namespace lastkm::tool::bench {

namespace {

struct Counts {
  std::int64_t first = 0, repeats = 0, stale = 0, lives = 0;
};

/// One client: lives, and re-sends on the way. The first thing that goes wrong.
class Resender {
 public:
  Resender(runtime::Engine& engine, const Cast& cast, std::uint64_t seed)
      : engine_(&engine), cast_(&cast), random_(seed) {}

  Status live(std::int64_t number) {
    runtime::Outcome before;
    for (int step = 0; step < kStepsOfLife; ++step) {
      const intake::Submission submission = cast_->step("S", number, step, before);
      if (step > 0 && random_.percent(5)) {
        if (auto stale = send_stale(submission, step, number); !stale) return stale;
      }
      auto outcome = send(submission, latencies);
      if (!outcome) return outcome.error();
      if (outcome->status != runtime::OutcomeStatus::accepted) return wrong(submission, "was not accepted");
      ++counts.first;
      before = std::move(*outcome);
      if (random_.percent(20)) {
        if (auto again = send_again(submission, before); !again) return again;
      }
    }
    ++counts.lives;
    return done();
  }

  Latencies latencies;
  Counts counts;

 private:
  static Error wrong(const intake::Submission& submission, const std::string& what) {
    return Error{ErrorKind::difference, "bench-resend", submission.name + " " + what, ""};
  }

  Result<runtime::Outcome> send(const intake::Submission& submission, Latencies& into) {
    const auto sent = SteadyClock::now();
    auto outcome = std::move(engine_->submit(std::span(&submission, 1)).front());
    into.add(us_since(sent));
    return outcome;
  }

  /// The same again: the answer is the first one.
  Status send_again(const intake::Submission& submission, const runtime::Outcome& first) {
    const auto again = send(submission, latencies);
    if (!again) return again.error();
    ++counts.repeats;
    const bool same = again->status == runtime::OutcomeStatus::duplicate && again->ordinal == first.ordinal &&
                      again->events == first.events;
    return same ? done() : Status(wrong(submission, "sent again did not get its first answer"));
  }

  /// With another key, by somebody who has not seen the last step.
  Status send_stale(intake::Submission submission, int step, std::int64_t number) {
    submission.idempotency_key = "stale-" + std::to_string(number) + "-" + std::to_string(step);
    *submission.expected_version -= 1;
    const auto refused = send(submission, latencies);
    if (!refused) return refused.error();
    ++counts.stale;
    const bool right = refused->status == runtime::OutcomeStatus::rejected && refused->rejection &&
                       refused->rejection->code == "version-conflict";
    return right ? done() : Status(wrong(submission, "with a stale version was not refused for it"));
  }

  runtime::Engine* engine_;
  const Cast* cast_;
  Random random_;
};

/// In the log: every first command took effect once, nothing else did.
Status check_log(runtime::Engine& engine, const Counts& counts) {
  std::int64_t effects = 0, repeats = 0, conflicts = 0;
  for (std::int32_t partition = 0; partition < engine.log().partitions(); ++partition) {
    auto read = runtime::each_accepted(
        engine.log(), partition, [&](const record::Decision& decision, const log::Record&) {
          if (decision.aggregate.value.starts_with("lane-")) return true;
          if (decision.duplicate_of) {
            ++repeats;
          } else if (decision.rejection) {
            conflicts += decision.rejection->code == "version-conflict" ? 1 : 0;
          } else {
            ++effects;
          }
          return true;
        });
    if (!read) return read;
  }
  if (auto same = demand_equal("commands that took effect", counts.first, effects); !same) return same;
  if (auto same = demand_equal("repeats in the log", counts.repeats, repeats); !same) return same;
  return demand_equal("version conflicts in the log", counts.stale, conflicts);
}

}  // namespace

Result<Reports> resend(const BenchOptions& options, const runtime::ScratchFolder& scratch) {
  const std::string folder = scratch.at("data");
  if (auto made = make_deployment(folder, options.place); !made) return made.error();
  auto bed = Bed::open(folder, options.workers);
  if (!bed) return bed.error();
  const auto cast = Cast::of((*bed)->engine());
  if (!cast) return cast.error();

  std::atomic<std::int64_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::optional<Error> failed;
  Report report;
  Counts all;
  const double cpu = cpu_seconds();
  const auto begun = SteadyClock::now();
  {
    std::vector<std::jthread> clients;
    for (int client = 0; client < options.clients; ++client) {
      clients.emplace_back([&, client] {
        name_thread("client");
        Resender mine((*bed)->engine(), *cast, static_cast<std::uint64_t>(client) + 1);
        while (!stop && seconds_since(begun) < options.seconds()) {
          if (auto lived = mine.live(next++); !lived) {
            const std::lock_guard lock(mutex);
            if (!failed) failed = lived.error();
            stop = true;
          }
        }
        const std::lock_guard lock(mutex);
        report.latencies.add(mine.latencies);
        all.first += mine.counts.first;
        all.repeats += mine.counts.repeats;
        all.stale += mine.counts.stale;
        all.lives += mine.counts.lives;
      });
    }
  }
  if (failed) return *failed;
  report.name = "resend";
  report.seconds = seconds_since(begun);
  report.cpu_s = cpu_seconds() - cpu;
  report.n = report.latencies.count();
  report.rss_max = resident_most();
  report.more.set("lives", all.lives);
  report.more.set("took_effect", all.first);
  report.more.set("repeats", all.repeats);
  report.more.set("stale", all.stale);
  if (auto caught = (*bed)->catch_up(); !caught) return caught.error();
  report.disk_bytes = disk_bytes(folder);
  const auto held = held_by((*bed)->engine());
  if (!held) return held.error();
  report.record_bytes = held->record_bytes();
  if (auto checked = check_log((*bed)->engine(), all); !checked) return checked.error();
  if (!options.unchecked) {
    if (auto verified = verify(**bed, report); !verified) return verified.error();
  }
  return Reports{std::move(report)};
}

}  // namespace lastkm::tool::bench
