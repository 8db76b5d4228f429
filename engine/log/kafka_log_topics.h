// The topics of a log: made with the settings that its promises rest on, and refused with others.
#pragma once

#include <string>

#include "engine/log/kafka_log_client.h"

namespace lastkm::log::kafka {

struct Topics {
  std::int32_t partitions = 0;  ///< of `commands` and `decisions`
  std::string cluster_id;
  std::string
      identity;  ///< the brokers' own ids of the topics: a topic that was deleted and made anew has another
};

/// Looks at the topics; makes those that are missing where options.partitions > 0. Errors of open_kafka_log.
[[nodiscard]] Result<Topics> open_topics(const KafkaLogOptions& options);

}  // namespace lastkm::log::kafka
