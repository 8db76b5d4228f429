#include "engine/log/kafka_log.h"

#include <mutex>
#include <optional>

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
    if (auto stopped = this->stopped()) return *stopped;
    std::vector<std::int64_t> ends;
    ends.reserve(records.size());
    for (const Append& append : records) ends.push_back(reader_.known_end(append.topic, append.partition));
    auto offsets = writer_.append(records);
    reader_.wake();
    if (!offsets) return offsets.error().kind == ErrorKind::refused ? offsets : looked_at(offsets.error());
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if ((*offsets)[i] < ends[i]) return looked_at(rolled_back(records[i], (*offsets)[i]));
    }
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
  std::string identity() const override { return identity_of(topics_); }
  std::string cluster_id() const override { return topics_.cluster_id; }

 private:
  std::optional<Error> stopped() {
    const std::lock_guard lock(stopped_mutex_);
    return stopped_;
  }
  /// What an append met, or what is behind it. Where the log is not what it must be nothing more is appended.
  Error looked_at(Error met) {
    if (auto there = are_there(*options_, topics_); !there) {
      met = there.error();
    } else if (met.code == "topic-missing") {
      met.kind = ErrorKind::unknown_outcome;  // a broker that has just begun said so
    }
    if (met.kind != ErrorKind::integrity) return met;
    const std::lock_guard lock(stopped_mutex_);
    if (!stopped_) stopped_ = met;
    return *stopped_;
  }
  Error rolled_back(const Append& append, std::int64_t offset) const {
    return Error{ErrorKind::integrity, "log-rollback",
                 kafka::where(kafka::topic_name(*options_, append.topic), append.partition, offset) +
                     ": a record got this offset, which another had before: the brokers have lost records. "
                     "Nothing more is written; restore the log from a copy",
                 ""};
  }
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
  std::mutex stopped_mutex_;
  std::optional<Error> stopped_;  ///< an append met this, and no later one is tried
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
