// Reads from Kafka. A partition that is read is followed: what comes at its end is kept for a while, so that
// the engine and the views beside it read the same bytes once. Reads from further back go through scanners,
// each at one place at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/log/kafka_log_client.h"

namespace lastkm::log::kafka {

/// One partition being consumed by one client, from an offset on.
class Cursor {
 public:
  /// `client`, `topic` outlive this.
  Cursor(rd_kafka_t* client, rd_kafka_topic_t* topic, std::string topic_name, std::int32_t partition);
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  [[nodiscard]] Status start(std::int64_t from);
  /// Appends what has come, after at most `wait`; next() then lies behind it. After an error the cursor
  /// stands still.
  [[nodiscard]] Status poll(std::chrono::milliseconds wait, std::size_t most, std::deque<StoredRecord>& out);
  [[nodiscard]] std::int64_t next() const { return next_; }
  [[nodiscard]] bool running() const { return running_; }
  void stop();
  /// Calls `wake(opaque)` from another thread whenever something comes.
  void on_arrival(void (*wake)(rd_kafka_t*, void*), void* opaque);

 private:
  [[nodiscard]] Status take(const rd_kafka_message_t& message, std::deque<StoredRecord>& out);
  rd_kafka_topic_t* topic_;
  const std::string topic_name_;
  const std::int32_t partition_;
  Queue queue_;
  std::int64_t next_ = 0;
  bool running_ = false;
};

/// Thread-safe.
class Reader {
 public:
  Reader(const KafkaLogOptions& options, std::int32_t partitions);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] Status start();
  [[nodiscard]] Status read(Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
                            std::size_t max_bytes, std::vector<StoredRecord>& out);
  [[nodiscard]] Result<std::int64_t> end(Topic topic, std::int32_t partition);
  /// As the leader of the partition says at this moment.
  [[nodiscard]] Result<std::int64_t> end_now(Topic topic, std::int32_t partition);
  /// As far as it is known here; the end of the partition is never before.
  [[nodiscard]] std::int64_t known_end(Topic topic, std::int32_t partition) {
    return followed(topic, partition).known_end;
  }
  /// A record of ours was acknowledged at this offset.
  void written(Topic topic, std::int32_t partition, std::int64_t offset);
  [[nodiscard]] std::uint64_t version();
  void wait(std::uint64_t seen, std::chrono::milliseconds at_most);
  void wake();

 private:
  struct Followed {
    std::mutex mutex;
    std::atomic<std::int64_t> known_end{0};  ///< at the least
    std::atomic<bool> is_followed{false};
    std::unique_ptr<Cursor> cursor;
    std::deque<StoredRecord> kept;  ///< the last that came, in a row up to the cursor
    std::size_t kept_bytes = 0;
  };
  struct Scanner : Listener {
    using Listener::Listener;
    std::mutex mutex;
    Handle client;
    TopicHandle handle;
    std::unique_ptr<Cursor> cursor;
    Topic topic = Topic::commands;
    std::int32_t partition = -1;
    std::deque<StoredRecord> ahead;
    std::uint64_t used = 0;
  };
  [[nodiscard]] Followed& followed(Topic topic, std::int32_t partition);
  [[nodiscard]] Result<std::int64_t> ask_end(Topic topic, std::int32_t partition);
  [[nodiscard]] Result<std::int64_t> end_of(Followed& at, Topic topic, std::int32_t partition);
  [[nodiscard]] Status follow(Followed& at, Topic topic, std::int32_t partition, std::int64_t from,
                              std::int64_t end);
  [[nodiscard]] Status scan(Topic topic, std::int32_t partition, std::int64_t from, std::int64_t until,
                            std::size_t max_records, std::size_t max_bytes, std::vector<StoredRecord>& out);
  [[nodiscard]] Result<Scanner*> scanner_at(Topic topic, std::int32_t partition, std::int64_t from,
                                            std::unique_lock<std::mutex>& held);

  const KafkaLogOptions& options_;
  Listener listener_;
  Handle client_;
  Handle asker_;  ///< apart, for a broker that holds a client's fetch answers its questions after that
  std::array<TopicHandle, 4> topics_;
  std::array<TopicHandle, 4> asked_;  ///< so that the asker hears of their leaders unasked
  std::array<std::vector<std::unique_ptr<Followed>>, 4> followed_;
  std::mutex scanners_mutex_;
  std::vector<std::unique_ptr<Scanner>> scanners_;
  std::uint64_t uses_ = 0;
  std::mutex version_mutex_;
  std::condition_variable grown_;
  std::uint64_t version_ = 0;
};

}  // namespace lastkm::log::kafka
