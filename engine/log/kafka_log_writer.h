// Appends to Kafka. Each call waits for the delivery report of each of its records; a producer that has met a
// fatal error, or has let records time out, is replaced by the next call.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engine/log/kafka_log_client.h"

namespace lastkm::log::kafka {

/// Thread-safe.
class Writer {
 public:
  /// `options` outlive this. `written` is told the topic, partition and offset of each record that is
  /// acknowledged.
  Writer(const KafkaLogOptions& options, std::function<void(Topic, std::int32_t, std::int64_t)> written);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] Status start();
  /// The offsets. refused where nothing was written and never will be; else unknown_outcome.
  [[nodiscard]] Result<std::vector<std::int64_t>> append(std::span<const Append> records);
  /// How many producers this has had; for tests.
  [[nodiscard]] int producers() const;
  /// Makes the present producer meet a fatal error; for tests.
  void break_producer();

 private:
  class Producer;
  [[nodiscard]] Result<std::shared_ptr<Producer>> current();
  const KafkaLogOptions& options_;
  const std::function<void(Topic, std::int32_t, std::int64_t)> written_;
  mutable std::mutex mutex_;
  std::shared_ptr<Producer> producer_;
  int producers_ = 0;
};

}  // namespace lastkm::log::kafka
