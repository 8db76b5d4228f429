#include "tools/lastkm/bench/load.h"

#include <mutex>
#include <optional>
#include <thread>

#include "engine/base/thread_name.h"

namespace lastkm::tool::bench {

namespace {

Error unexpected(const intake::Submission& sent, const Result<runtime::Outcome>& got) {
  std::string why = "unknown";
  if (!got) {
    why = got.error().message;
  } else if (got->rejection) {
    why = got->rejection->code + ": " + got->rejection->text;
  } else if (got->status == runtime::OutcomeStatus::recorded) {
    why = "it was recorded, but not decided in time";
  } else if (got->status == runtime::OutcomeStatus::duplicate) {
    why = "it is called a repeat";
  }
  return Error{ErrorKind::difference, "bench-refused", sent.name + " was not accepted: " + why, ""};
}

bool accepted(const Result<runtime::Outcome>& outcome) {
  return outcome && outcome->status == runtime::OutcomeStatus::accepted;
}

/// The first error of many threads.
class FirstError {
 public:
  void note(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    any_ = true;
  }
  [[nodiscard]] bool any() const { return any_; }
  [[nodiscard]] const std::optional<Error>& get() const { return error_; }

 private:
  std::mutex mutex_;
  std::optional<Error> error_;
  std::atomic<bool> any_{false};
};

}  // namespace

Result<LoadResult> live(runtime::Engine& engine, const Cast& cast, const LoadOptions& options) {
  LoadResult result;
  FirstError failed;
  std::atomic<std::int64_t> next{0};
  std::atomic<std::int64_t> lived{0};
  std::vector<Latencies> latencies(static_cast<std::size_t>(options.clients));
  const double cpu = cpu_seconds();
  const auto begun = SteadyClock::now();
  const auto pause_us = options.steps_per_s > 0
                            ? static_cast<std::int64_t>(1e6 * options.clients / options.steps_per_s)
                            : std::int64_t{0};
  {
    std::vector<std::jthread> clients;
    for (int client = 0; client < options.clients; ++client) {
      clients.emplace_back([&, client] {
        name_thread("client");
        Latencies& mine = latencies[static_cast<std::size_t>(client)];
        // Clients begin spread over one pause, and keep their rhythm whatever an answer takes.
        auto turn = begun + std::chrono::microseconds(pause_us * client / options.clients);
        while (!failed.any() && seconds_since(begun) < options.seconds &&
               !(options.enough && options.enough())) {
          const std::int64_t number = next++;
          if (options.lives > 0 && number >= options.lives) return;
          runtime::Outcome before;
          for (int step = 0; step < kStepsOfLife; ++step) {
            if (pause_us > 0) {
              std::this_thread::sleep_until(turn);
              turn = std::max(turn + std::chrono::microseconds(pause_us),
                              SteadyClock::now() - std::chrono::seconds(1));
            }
            const intake::Submission submission = cast.step(options.run, number, step, before);
            const auto sent = SteadyClock::now();
            auto outcome = std::move(engine.submit(std::span(&submission, 1)).front());
            mine.add(us_since(sent));
            if (!accepted(outcome)) return failed.note(unexpected(submission, outcome));
            before = std::move(*outcome);
            if (options.acknowledged) options.acknowledged(client, before);
          }
          ++lived;
        }
      });
    }
  }
  result.seconds = seconds_since(begun);
  result.cpu_s = cpu_seconds() - cpu;
  if (failed.any()) return *failed.get();
  for (const Latencies& mine : latencies) result.latencies.add(mine);
  result.steps = result.latencies.count();
  result.lives = lived;
  return result;
}

Result<std::int64_t> grow(runtime::Engine& engine, const Cast& cast, const std::string& run,
                          std::int64_t first, std::int64_t cases, int steps,
                          std::optional<Instant> occurred_at) {
  constexpr std::int64_t kBatch = 512;
  constexpr int kClients = 4;
  FirstError failed;
  std::atomic<std::int64_t> next{first};
  std::atomic<std::int64_t> taken{0};
  {
    std::vector<std::jthread> clients;
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back([&] {
        name_thread("client");
        while (!failed.any()) {
          const std::int64_t from = next.fetch_add(kBatch);
          const std::int64_t many = std::min(kBatch, first + cases - from);
          if (many <= 0) return;
          std::vector<runtime::Outcome> before(static_cast<std::size_t>(many));
          std::vector<intake::Submission> batch(static_cast<std::size_t>(many));
          for (int step = 0; step < steps; ++step) {
            for (std::int64_t i = 0; i < many; ++i) {
              const auto at = static_cast<std::size_t>(i);
              batch[at] = cast.step(run, from + i, step, before[at]);
              batch[at].occurred_at = occurred_at;
            }
            auto outcomes = engine.submit(batch);
            for (std::size_t i = 0; i < outcomes.size(); ++i) {
              if (!accepted(outcomes[i])) return failed.note(unexpected(batch[i], outcomes[i]));
              before[i] = std::move(*outcomes[i]);
            }
            taken += many;
          }
        }
      });
    }
  }
  if (failed.any()) return *failed.get();
  return taken.load();
}

}  // namespace lastkm::tool::bench
