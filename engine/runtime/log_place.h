// Where the log of a data folder lies: in the folder itself, or on Kafka. Kept in DIR/log.json; a folder
// without that file has its log in itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/log/event_log.h"
#include "engine/log/kafka_log_group.h"

namespace lastkm::runtime {

struct LogPlace {
  bool on_kafka = false;
  std::string brokers;
  std::string prefix = "lastkm";  ///< of the topics' names
  std::string settings_file;      ///< of the client: TLS, SASL; empty: none
  std::string vault;  ///< folder of the vault that all processes of the deployment share; empty: DIR/vault
  std::string cluster_id;  ///< learnt at the first opening; another cluster is refused from then on
  std::string log_id;      ///< likewise
  /// Of topics that `init` makes.
  std::int32_t partitions = 8;
  std::int32_t replication = 0;  ///< 0: a copy on each broker, three at most
  bool flush_each = false;
};

/// bad_input where DIR/log.json cannot be read.
[[nodiscard]] Result<LogPlace> read_log_place(const std::string& folder);
[[nodiscard]] Status write_log_place(const std::string& folder, const LogPlace& place);
/// Where the log of a folder lies: what DIR/log.json says, with what the caller says over it. refused
/// "log-elsewhere": a folder has one log for ever; with another one, what was acknowledged in the first would
/// be gone from sight.
[[nodiscard]] Result<LogPlace> place_of(const std::string& folder, const std::optional<LogPlace>& given);
[[nodiscard]] std::string vault_folder(const std::string& folder, const LogPlace& place);

/// The log of a folder, to be read beside whoever writes it: where `given` or DIR/log.json says. Errors as of
/// open_engine.
[[nodiscard]] Result<std::unique_ptr<log::EventLog>> open_log_to_read(const std::string& folder,
                                                                      const std::optional<LogPlace>& given);

/// What is joined to own a deployment on Kafka.
[[nodiscard]] Result<std::unique_ptr<log::Ownership>> join_owners(const LogPlace& place);
/// A share of a deployment on Kafka.
[[nodiscard]] Result<std::unique_ptr<log::Shares>> join_shares(const LogPlace& place);
/// Opens the log on Kafka. `make`: makes its topics where they are missing. Errors of log::open_kafka_log.
[[nodiscard]] Result<std::unique_ptr<log::EventLog>> open_kafka(const LogPlace& place, bool make);

}  // namespace lastkm::runtime
