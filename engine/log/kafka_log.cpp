#include "engine/log/kafka_log.h"

#include "engine/log/kafka_log_reader.h"
#include "engine/log/kafka_log_topics.h"
#include "engine/log/kafka_log_writer.h"

namespace lastkm::log {

namespace {

class KafkaLog final : public EventLog {
 public:
  KafkaLog(std::unique_ptr<KafkaLogOptions> options, kafka::Topics topics)
      : options_(std::move(options)),
        topics_(std::move(topics)),
        reader_(*options_, topics_.partitions),
        writer_(*options_, [this](Topic topic, std::int32_t partition, std::int64_t offset) {
          reader_.written(topic, partition, offset);
        }) {}

  Status start() {
    if (auto started = reader_.start(); !started) return started;
    return writer_.start();
  }

  Result<std::vector<std::int64_t>> append(std::span<const Append> records,
                                           Durability /*durability*/) override {
    // Acknowledged is acknowledged: with acks=all there is no lesser way that the engine would gain from.
    if (records.empty()) return std::vector<std::int64_t>();
    for (const Append& append : records) {
      if (!exists(append.topic, append.partition)) return no_such(append.topic, append.partition);
    }
    auto offsets = writer_.append(records);
    reader_.wake();
    return offsets;
  }

  Status sync() override { return done(); }

  Status read(Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
              std::size_t max_bytes, std::vector<StoredRecord>& out) override {
    if (!exists(topic, partition)) return no_such(topic, partition);
    return reader_.read(topic, partition, from, max_records, max_bytes, out);
  }

  Result<std::int64_t> end(Topic topic, std::int32_t partition) override {
    if (!exists(topic, partition)) return no_such(topic, partition);
    return reader_.end(topic, partition);
  }

  Result<std::int64_t> end_now(Topic topic, std::int32_t partition) override {
    if (!exists(topic, partition)) return no_such(topic, partition);
    return reader_.end_now(topic, partition);
  }

  std::uint64_t version() override { return reader_.version(); }
  void wait(std::uint64_t seen, std::chrono::milliseconds at_most) override { reader_.wait(seen, at_most); }
  std::int32_t partitions() const override { return topics_.partitions; }
  std::string identity() const override { return topics_.identity; }
  std::string cluster_id() const override { return topics_.cluster_id; }

 private:
  bool exists(Topic topic, std::int32_t partition) const {
    const bool many = topic == Topic::commands || topic == Topic::decisions;
    return partition >= 0 && partition < (many ? topics_.partitions : 1);
  }
  Error no_such(Topic topic, std::int32_t partition) const {
    return Error{ErrorKind::bad_input, "no-such-partition",
                 kafka::topic_name(*options_, topic) + " has no partition " + std::to_string(partition), ""};
  }

  const std::unique_ptr<KafkaLogOptions> options_;  ///< callbacks hold its address
  const kafka::Topics topics_;
  kafka::Reader reader_;
  kafka::Writer writer_;
};

}  // namespace

Result<std::unique_ptr<EventLog>> open_kafka_log(KafkaLogOptions options) {
  auto kept = std::make_unique<KafkaLogOptions>(std::move(options));
  auto topics = kafka::open_topics(*kept);
  if (!topics) return topics.error();
  auto log = std::make_unique<KafkaLog>(std::move(kept), std::move(*topics));
  if (auto started = log->start(); !started) return started.error();
  return std::unique_ptr<EventLog>(std::move(log));
}

}  // namespace lastkm::log
