#include "engine/log/kafka_log_group.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/log/kafka_log_client.h"

namespace lastkm::log {

namespace {

using kafka::Handle;
using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, kafka::Destroyer<rd_kafka_topic_partition_list_destroy>>;

class GroupMember final : public Ownership, private kafka::Listener {
 public:
  explicit GroupMember(std::unique_ptr<KafkaLogOptions> given) : Listener(*given), kept_(std::move(given)) {}

  ~GroupMember() override {
    on_loss(nullptr);
    poller_.request_stop();
    if (poller_.joinable()) poller_.join();
    if (client_) rd_kafka_consumer_close(client_.get());
  }

  Status join() {
    auto client = kafka::make_client(*this, kafka::Role::member,
                                     {{"group.id", kept_->prefix + ".owners"},
                                      {"partition.assignment.strategy", "cooperative-sticky"},
                                      {"session.timeout.ms", "6000"},
                                      {"heartbeat.interval.ms", "1000"}},
                                     [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_rebalance_cb(conf, &GroupMember::rebalance); });
    if (!client) return client.error();
    client_ = std::move(*client);
    rd_kafka_poll_set_consumer(client_.get());
    const PartitionList topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), kafka::topic_name(*kept_, Topic::meta).c_str(), RD_KAFKA_PARTITION_UA);
    if (const auto code = rd_kafka_subscribe(client_.get(), topics.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka::error_of(code, "group " + kept_->prefix + ".owners");
    poller_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (rd_kafka_message_t* message = rd_kafka_consumer_poll(client_.get(), 100)) rd_kafka_message_destroy(message);
      }
    });
    return done();
  }

  bool wait(std::chrono::milliseconds at_most) override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most, [this] { return held_; });
    return held_;
  }
  bool held() const override {
    const std::lock_guard lock(mutex_);
    return held_;
  }
  void on_loss(std::function<void()> lost) override {
    const std::lock_guard lock(mutex_);
    lost_ = std::move(lost);
  }

 private:
  static void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    auto& self = *static_cast<GroupMember*>(static_cast<Listener*>(opaque));
    // Cooperative: an owner keeps what it has while others come and go, and is told of changes alone.
    const bool given = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    rd_kafka_error_t* failed = given ? rd_kafka_incremental_assign(client, partitions) : rd_kafka_incremental_unassign(client, partitions);
    if (failed != nullptr) rd_kafka_error_destroy(failed);
    // The group is about who owns, not about what is read.
    if (given) rd_kafka_pause_partitions(client, partitions);
    if (partitions->cnt > 0) self.set(given);
  }

  void set(bool held) {
    std::function<void()> tell;
    {
      const std::lock_guard lock(mutex_);
      if (held_ && !held) tell = std::exchange(lost_, nullptr);
      held_ = held;
      changed_.notify_all();
    }
    if (tell) tell();
  }

  const std::unique_ptr<KafkaLogOptions> kept_;
  Handle client_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::function<void()> lost_;
  std::jthread poller_;
};

}  // namespace

Result<std::unique_ptr<Ownership>> join_owners(const KafkaLogOptions& options) {
  auto member = std::make_unique<GroupMember>(std::make_unique<KafkaLogOptions>(options));
  if (auto joined = member->join(); !joined) return joined.error();
  return std::unique_ptr<Ownership>(std::move(member));
}

}  // namespace lastkm::log
