// What a benchmark says: a line of JSON for programs, a table for people.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/lastkm/bench/measure.h"
#include "tools/lastkm/session.h"

namespace lastkm::tool::bench {

/// Named figures as JSON has them: unlike records, a report holds fractions.
class Figures {
 public:
  void set(const std::string& name, std::int64_t n) { json_[name] = std::to_string(n); }
  void set(const std::string& name, int n) { json_[name] = std::to_string(n); }
  void set(const std::string& name, double n);
  void set(const std::string& name, bool flag) { json_[name] = flag ? "true" : "false"; }
  /// `code` needs no escaping in JSON.
  void set(const std::string& name, std::string_view code);
  [[nodiscard]] const std::map<std::string, std::string>& json() const { return json_; }

 private:
  std::map<std::string, std::string> json_;
};

struct Report {
  std::string name;
  std::int64_t n = 0;  ///< what was done, and measured
  double seconds = 0;
  Latencies latencies;  ///< of one of them; empty: not measured one by one
  double cpu_s = 0;
  std::int64_t disk_bytes = 0;
  std::int64_t record_bytes = 0;  ///< mean size of a record's value in the log
  std::int64_t rss_max = 0;
  Figures more;  ///< what this benchmark says beside, see schemas/cli/bench.schema.json

  [[nodiscard]] double per_s() const { return seconds > 0 ? static_cast<double>(n) / seconds : 0; }
  /// All of it, as the contract names it (design section 12).
  [[nodiscard]] Figures figures() const;
};

void print(Session& session, const std::vector<Report>& reports);

}  // namespace lastkm::tool::bench
