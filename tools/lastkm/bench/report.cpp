#include "tools/lastkm/bench/report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

namespace lastkm::tool::bench {

namespace {

std::int64_t whole(double number) {
  return static_cast<std::int64_t>(std::llround(number));
}

std::string grouped(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

/// A figure for people: digits in groups, no quotes.
std::string shown(const std::string& json) {
  const bool digits = !json.empty() && json.size() < 18 &&
                      std::all_of(json.begin(), json.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits) return grouped(std::stoll(json));
  return json.starts_with("\"") ? json.substr(1, json.size() - 2) : json;
}

}  // namespace

void Figures::set(const std::string& name, double n) {
  json_[name] = std::isfinite(n) ? fmt::format("{:.3f}", n) : "null";
}

void Figures::set(const std::string& name, std::string_view code) {
  json_[name] = "\"" + std::string(code) + "\"";
}

Figures Report::figures() const {
  Figures out = more;
  out.set("case", std::string_view(name));
  out.set("n", n);
  out.set("seconds", seconds);
  out.set("per_s", whole(per_s()));
  out.set("p50_us", latencies.at(0.50));
  out.set("p95_us", latencies.at(0.95));
  out.set("p99_us", latencies.at(0.99));
  out.set("p999_us", latencies.at(0.999));
  out.set("cpu_s", cpu_s);
  out.set("disk_bytes", disk_bytes);
  out.set("record_bytes", record_bytes);
  out.set("rss_max", rss_max);
  return out;
}

void print(Session& session, const std::vector<Report>& reports) {
  if (session.json()) {
    for (const Report& report : reports) {
      const Figures figures = report.figures();
      std::string line;
      for (const auto& [name, json] : figures.json())
        line += (line.empty() ? "{\"" : ",\"") + name + "\":" + json;
      session.out() << line << "}\n";
    }
    return;
  }
  Table table({{"what"},
               {"n", Align::right},
               {"per s", Align::right},
               {"p50 µs", Align::right},
               {"p95 µs", Align::right},
               {"p99 µs", Align::right},
               {"p999 µs", Align::right},
               {"seconds", Align::right},
               {"CPU s", Align::right}});
  for (const Report& report : reports) {
    table.add({report.name, grouped(report.n), grouped(whole(report.per_s())),
               grouped(report.latencies.at(0.50)), grouped(report.latencies.at(0.95)),
               grouped(report.latencies.at(0.99)), grouped(report.latencies.at(0.999)),
               fmt::format("{:.2f}", report.seconds), fmt::format("{:.2f}", report.cpu_s)});
  }
  table.print(session.out(), session.style());
  for (const Report& report : reports) {
    Table facts({{report.name}, {"", Align::right}});
    facts.add({"bytes of a record", grouped(report.record_bytes)});
    facts.add({"MiB on disk", grouped(report.disk_bytes >> 20)});
    facts.add({"MiB resident at most", grouped(report.rss_max >> 20)});
    for (const auto& [figure, json] : report.more.json()) {
      std::string name = figure;
      std::replace(name.begin(), name.end(), '_', ' ');
      facts.add({name, shown(json)});
    }
    session.out() << '\n';
    facts.print(session.out(), session.style());
  }
}

}  // namespace lastkm::tool::bench
