// Appends to Kafka. Each call has a producer for itself and waits for the delivery report of each of its
// records; a producer that has met a fatal error, or has let records time out, is replaced.
#pragma once

#include <condition_variable>
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
  /// Makes the producers that nobody uses now meet a fatal error; for tests.
  void break_producer();

 private:
  class Producer;
  /// One that nobody else uses; waits where all are in use that there may be.
  [[nodiscard]] Result<std::unique_ptr<Producer>> take();
  /// nullptr: it could not be made.
  void give_back(std::unique_ptr<Producer> producer);
  const KafkaLogOptions& options_;
  const std::function<void(Topic, std::int32_t, std::int64_t)> written_;
  mutable std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Producer>> idle_;
  std::size_t taken_ = 0;
  int producers_ = 0;
};

}  // namespace lastkm::log::kafka
