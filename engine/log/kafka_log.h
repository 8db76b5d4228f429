// The log on Apache Kafka: topics PREFIX.commands, .decisions, .directory and .meta. Acknowledged means: on
// all replicas in sync (acks=all); it survives loss of power of one broker, and of all where the topics have
// flush.messages=1.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/log/event_log.h"

namespace lastkm::log {

/// Settings of the client library by their own names, such as security.protocol.
using KafkaSettings = std::map<std::string, std::string>;

struct KafkaLogOptions {
  std::string brokers;  ///< HOST:PORT,…
  std::string prefix = "lastkm";
  std::int32_t partitions = 0;   ///< of `commands` and `decisions`; 0: topics that are missing are not made
  std::int32_t replication = 0;  ///< of topics that are made; 0: a copy on each broker, three at most
  bool flush_each = false;       ///< of topics that are made: a broker syncs each record before it answers
  KafkaSettings settings;
  std::string cluster_id;  ///< of the cluster that is meant; empty: any
  /// Hears what the client library says: syslog level (3: error, 4: warning) and text without secrets.
  std::function<void(int level, std::string_view text)> hear = {};
  /// How long an append or a read may take before it answers unknown_outcome.
  std::chrono::milliseconds patience{15000};
};

/// not_found "topic-missing" | "no-log"; refused "topic-setting" (the message names topic and setting),
/// "other-partitions", "no-access", "bad-setting"; integrity "wrong-cluster"; unknown_outcome
/// "log-unreachable".
[[nodiscard]] Result<std::unique_ptr<EventLog>> open_kafka_log(KafkaLogOptions options);

/// Of a file with a line a setting, NAME=VALUE, # begins a remark. NAME.file=PATH takes the value from a
/// file, without its last line's end; so passwords stand in no file that others read and in no argument.
/// not_found; bad_input "bad-setting" with the line, also where the client would not take the setting.
[[nodiscard]] Result<KafkaSettings> read_kafka_settings(const std::string& file);

}  // namespace lastkm::log
