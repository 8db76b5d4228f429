// The topics of a log: made with the settings that its promises rest on, and refused with others.
#pragma once

#include <map>
#include <string>

#include "engine/log/kafka_log_client.h"

namespace lastkm::log::kafka {

struct Topics {
  std::int32_t partitions = 0;  ///< of `commands` and `decisions`
  std::string cluster_id;
  /// The brokers' own ids of the topics: one that was deleted and made anew has another.
  std::map<Topic, std::string> ids;
};
/// All ids in one line.
[[nodiscard]] std::string identity_of(const Topics& topics);

/// Looks at the topics; makes those that are missing where options.partitions > 0. Errors of open_kafka_log.
[[nodiscard]] Result<Topics> open_topics(const KafkaLogOptions& options);
/// integrity "topic-missing", "log-recreated": the brokers say that a topic is gone, or another one than it
/// was. Where they say nothing within a second they are believed to have them.
[[nodiscard]] Status are_there(const KafkaLogOptions& options, const Topics& topics);

}  // namespace lastkm::log::kafka
