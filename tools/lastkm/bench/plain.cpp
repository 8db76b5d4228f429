#include "tools/lastkm/bench/plain.h"

#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>

#include "engine/base/thread_name.h"
#include "engine/log/embedded_log.h"

namespace lastkm::tool::bench {

namespace {
constexpr double kSeconds = 2;

Result<std::unique_ptr<log::EventLog>> open_plain(const std::string& folder, runtime::LogPlace place) {
  if (place.on_kafka) {
    place.prefix += "-plain";
    return runtime::open_kafka(place, true);
  }
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  return log::open_embedded_log({.folder = folder, .partitions = 64});
}

std::string_view durable_by(const runtime::LogPlace& place) {
  if (!place.on_kafka) return "WAL and mark synced";
  return place.flush_each ? "acks=all, flush.messages=1" : "acks=all, page cache of the brokers";
}

}  // namespace

Result<Plain> plain_appends(const std::string& folder, const BenchOptions& options, std::int64_t record_bytes,
                            double seconds) {
  auto log = open_plain(folder, options.place);
  if (!log) return log.error();
  const int clients = options.clients;
  std::vector<Latencies> latencies(static_cast<std::size_t>(clients));
  std::vector<std::optional<Error>> errors(static_cast<std::size_t>(clients));
  const auto begun = SteadyClock::now();
  {
    std::vector<std::jthread> threads;
    for (int client = 0; client < clients; ++client) {
      threads.emplace_back([&, client] {
        name_thread("client");
        const auto mine = static_cast<std::size_t>(client);
        // No byte repeats soon, as in sealed texts, so that compression does not flatter.
        std::string value;
        std::uint64_t mixed = 88172645463325252U + static_cast<std::uint64_t>(client);
        while (value.size() < static_cast<std::size_t>(record_bytes)) {
          mixed ^= mixed << 13U;
          mixed ^= mixed >> 7U;
          mixed ^= mixed << 17U;
          value += static_cast<char>('!' + mixed % 90);
        }
        while (seconds_since(begun) < seconds) {
          const log::Append append{log::Topic::commands, client % (*log)->partitions(),
                                   log::Record{"plain", value, {}}};
          const auto sent = SteadyClock::now();
          auto appended = (*log)->append(std::span(&append, 1), log::Durability::synced);
          if (!appended) {
            errors[mine] = appended.error();
            return;
          }
          latencies[mine].add(us_since(sent));
        }
      });
    }
  }
  const double took = seconds_since(begun);
  Latencies all;
  for (const Latencies& mine : latencies) all.add(mine);
  for (const auto& error : errors) {
    if (error) return *error;
  }
  return Plain{static_cast<double>(all.count()) / took, all.at(0.50), all.at(0.99)};
}

Status hold_against_plain(std::vector<Report>& reports, const std::string& folder,
                          const BenchOptions& options) {
  const auto plain = plain_appends(folder, options, reports.front().record_bytes, kSeconds);
  if (!plain) return plain.error();
  for (Report& report : reports) {
    report.more.set("durable", durable_by(options.place));
    report.more.set("plain_per_s", plain->appends_per_s);
    report.more.set("plain_p50_us", plain->p50_us);
    report.more.set("plain_p99_us", plain->p99_us);
    report.more.set("ratio", report.per_s() / plain->appends_per_s);
  }
  return done();
}

}  // namespace lastkm::tool::bench
