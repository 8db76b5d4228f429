#include "engine/runtime/log_place.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "engine/json/read.h"
#include "engine/log/kafka_log.h"
#include "engine/record/canonical.h"

namespace lastkm::runtime {

namespace fs = std::filesystem;

Result<LogPlace> read_log_place(const std::string& folder) {
  const std::string file = folder + "/log.json";
  LogPlace place;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return place;
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  auto value = json::read_value(text, file);
  if (!value) return value.error();
  if (value->text("kind") != "kafka" || value->text("brokers").empty())
    return Error{ErrorKind::bad_input, "bad-log-place",
                 file + " does not say where the log lies: it needs kind \"kafka\" and brokers", file};
  place.on_kafka = true;
  place.brokers = value->text("brokers");
  place.prefix = value->text("prefix", place.prefix);
  place.settings_file = value->text("settings_file");
  place.vault = value->text("vault");
  place.cluster_id = value->text("cluster_id");
  place.log_id = value->text("log_id");
  return place;
}

Status write_log_place(const std::string& folder, const LogPlace& place) {
  const std::string file = folder + "/log.json";
  const Value value(Object{{"kind", "kafka"},
                           {"brokers", place.brokers},
                           {"prefix", place.prefix},
                           {"settings_file", place.settings_file},
                           {"vault", place.vault},
                           {"cluster_id", place.cluster_id},
                           {"log_id", place.log_id}});
  std::error_code failed;
  {
    std::ofstream out(file + ".tmp", std::ios::binary | std::ios::trunc);
    out << record::canonical(value) << '\n';
    if (!out.flush()) return Error{ErrorKind::refused, "cannot-write", "cannot write " + file, file};
  }
  fs::rename(file + ".tmp", file, failed);
  if (failed)
    return Error{ErrorKind::refused, "cannot-write", "cannot write " + file + ": " + failed.message(), file};
  return done();
}

Result<LogPlace> place_of(const std::string& folder, const std::optional<LogPlace>& given) {
  auto kept = read_log_place(folder);
  if (!kept || !given) return kept;
  std::error_code failed;
  const bool has_log =
      fs::exists(folder + "/log/CURRENT", failed) || fs::exists(folder + "/acknowledged", failed);
  if (given->on_kafka && !kept->on_kafka && has_log) {
    return Error{ErrorKind::refused, "log-elsewhere",
                 folder + " has its log in itself; give another folder for the log on Kafka",
                 folder + "/log"};
  }
  if (!given->on_kafka && kept->on_kafka) {
    return Error{ErrorKind::refused, "log-elsewhere",
                 folder + " has its log on Kafka (" + kept->brokers + ", " + kept->prefix +
                     ".*); leave out --log, or give another folder",
                 folder + "/log.json"};
  }
  LogPlace place = *given;
  if (kept->on_kafka && place.on_kafka) {
    place.cluster_id = kept->cluster_id;
    place.log_id = kept->log_id;
    if (place.vault.empty()) place.vault = kept->vault;
    if (place.settings_file.empty()) place.settings_file = kept->settings_file;
  }
  return place;
}

std::string vault_folder(const std::string& folder, const LogPlace& place) {
  return place.vault.empty() ? folder + "/vault" : place.vault;
}

namespace {

/// While brokers are away the client says so several times a second.
class Heard {
 public:
  /// Whether nothing of the kind was heard of late; what differs in its numbers alone is of one kind.
  bool is_new(std::string_view text) {
    constexpr std::chrono::seconds late{30};
    std::string kind;
    for (const char c : text) {
      if (c < '0' || c > '9') kind += c;
    }
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    std::erase_if(last_, [&](const auto& one) { return now - one.second > late; });
    return last_.emplace(std::move(kind), now).second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point> last_;
};

Result<log::KafkaLogOptions> options_of(const LogPlace& place, bool make) {
  log::KafkaLogOptions options;
  options.brokers = place.brokers;
  options.prefix = place.prefix;
  options.cluster_id = place.cluster_id;
  options.partitions = make ? place.partitions : 0;
  options.replication = place.replication;
  options.flush_each = place.flush_each;
  options.hear = [](int level, std::string_view text) {
    constexpr int warning = 4;
    static Heard heard;  // by all clients of the process, which say the same
    spdlog::log(level <= warning && heard.is_new(text) ? spdlog::level::warn : spdlog::level::debug,
                "Kafka: {}", text);
  };
  if (!place.settings_file.empty()) {
    auto settings = log::read_kafka_settings(place.settings_file);
    if (!settings) return settings.error();
    options.settings = std::move(*settings);
  }
  return options;
}

}  // namespace

Result<std::unique_ptr<log::EventLog>> open_kafka(const LogPlace& place, bool make) {
  auto options = options_of(place, make);
  if (!options) return options.error();
  return log::open_kafka_log(std::move(*options));
}

Result<std::unique_ptr<log::Shares>> join_shares(const LogPlace& place) {
  auto options = options_of(place, false);
  if (!options) return options.error();
  return log::kafka_shares(*options);
}

Result<std::unique_ptr<log::Ownership>> join_owners(const LogPlace& place) {
  auto options = options_of(place, false);
  if (!options) return options.error();
  return log::join_owners(*options);
}

}  // namespace lastkm::runtime
