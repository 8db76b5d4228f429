#include "engine/log/kafka_log_group.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "engine/base/thread_name.h"
#include "engine/log/kafka_log_client.h"

namespace lastkm::log {

namespace {

using kafka::Handle;
using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, kafka::Destroyer<rd_kafka_topic_partition_list_destroy>>;

constexpr std::chrono::seconds kLetGoWithin{5};
constexpr std::chrono::milliseconds kLookAgain{200};
constexpr int kDescribeMs = 2000;

using Event = std::unique_ptr<rd_kafka_event_t, kafka::Destroyer<rd_kafka_event_destroy>>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, kafka::Destroyer<rd_kafka_AdminOptions_destroy>>;

/// Whether a group has no member; false where that cannot be learnt.
bool is_empty(kafka::Listener& listener, const std::string& group) {
  // A client of its own: one that has asked before waits for the broker that coordinated the group then, also
  // where another one does by now.
  const auto client = kafka::make_client(listener, kafka::Role::member);
  if (!client) return false;
  const kafka::Queue queue(rd_kafka_queue_new(client->get()));
  const AdminOptions options(
      rd_kafka_AdminOptions_new(client->get(), RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kDescribeMs, nullptr, 0);
  const char* name = group.c_str();
  rd_kafka_DescribeConsumerGroups(client->get(), &name, 1, options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), kDescribeMs));
  if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  std::size_t count = 0;
  const auto** groups = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  if (count != 1) return false;
  const rd_kafka_error_t* wrong = rd_kafka_ConsumerGroupDescription_error(groups[0]);
  if (wrong != nullptr) return rd_kafka_error_code(wrong) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND;
  return rd_kafka_ConsumerGroupDescription_member_count(groups[0]) == 0;
}

/// A member of one of the groups, and the partitions that it is given.
class Member final : public Ownership, public Shares, private kafka::Listener {
 public:
  Member(std::unique_ptr<KafkaLogOptions> given, bool shares)
      : Listener(*given),
        kept_(std::move(given)),
        topic_(kafka::topic_name(*kept_, shares ? Topic::commands : Topic::meta)),
        group_(kept_->prefix + (shares ? ".shares" : ".owners")),
        other_group_(kept_->prefix + (shares ? ".owners" : ".shares")) {}

  ~Member() override {
    {
      const std::lock_guard lock(mutex_);
      lost_ = nullptr;
      in_use_.clear();
    }
    changed_.notify_all();
    poller_.request_stop();
    if (poller_.joinable()) poller_.join();
    if (client_) rd_kafka_consumer_close(client_.get());
  }

  Status join() override {
    auto client = kafka::make_client(
        *this, kafka::Role::member,
        {{"group.id", group_},
         {"partition.assignment.strategy", "cooperative-sticky"},
         {"session.timeout.ms", "6000"},
         {"heartbeat.interval.ms", "500"}},
        [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_rebalance_cb(conf, &Member::rebalance); });
    if (!client) return client.error();
    client_ = std::move(*client);
    rd_kafka_poll_set_consumer(client_.get());
    const PartitionList topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    if (const auto code = rd_kafka_subscribe(client_.get(), topics.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka::error_of(code, "group " + group_);
    poller_ = std::jthread([this](const std::stop_token& stop) {
      name_thread("kafka-group");
      while (!stop.stop_requested()) {
        if (rd_kafka_message_t* message = rd_kafka_consumer_poll(client_.get(), 100))
          rd_kafka_message_destroy(message);
        look_at_others();
      }
    });
    return done();
  }

  bool wait(std::chrono::milliseconds at_most) override {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, at_most, [this] { return alone_ && !given_.empty(); });
  }
  void on_loss(std::function<void()> lost) override {
    {
      const std::lock_guard lock(mutex_);
      if (alone_ && !given_.empty()) {
        lost_ = std::move(lost);
        return;
      }
    }
    lost();  // since wait() has returned
  }

  bool take(std::int32_t partition) override {
    const std::lock_guard lock(mutex_);
    if (!alone_ || !given_.contains(partition)) return false;
    in_use_.insert(partition);
    return true;
  }
  void release(std::int32_t partition) override {
    {
      const std::lock_guard lock(mutex_);
      in_use_.erase(partition);
    }
    changed_.notify_all();
  }

 private:
  static void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                        rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    auto& self = *static_cast<Member*>(static_cast<Listener*>(opaque));
    const bool given = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    if (!given) self.let_go(*partitions, rd_kafka_assignment_lost(client) != 0);
    // Cooperative: an owner keeps what it has while others come and go, and is told of changes alone.
    rd_kafka_error_t* failed = given ? rd_kafka_incremental_assign(client, partitions)
                                     : rd_kafka_incremental_unassign(client, partitions);
    if (failed != nullptr) rd_kafka_error_destroy(failed);
    if (!given) return;
    // The group is about who owns, not about what is read.
    rd_kafka_pause_partitions(client, partitions);
    self.get(*partitions);
  }

  void get(const rd_kafka_topic_partition_list_t& partitions) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < partitions.cnt; ++i) given_.insert(partitions.elems[i].partition);
    changed_.notify_all();
  }

  /// Each group looks at the other once it has been given something: of two that come at once one at least
  /// sees the other.
  void look_at_others() {
    {
      const std::lock_guard lock(mutex_);
      if (alone_ || given_.empty() || std::chrono::steady_clock::now() < look_again_) return;
    }
    const bool alone = is_empty(*this, other_group_);
    const std::lock_guard lock(mutex_);
    alone_ = alone;
    look_again_ = std::chrono::steady_clock::now() + kLookAgain;
    changed_.notify_all();
  }

  /// What is lost is another's already, and there is nothing to wait for.
  void let_go(const rd_kafka_topic_partition_list_t& partitions, bool lost) {
    std::function<void()> tell;
    {
      std::unique_lock lock(mutex_);
      for (int i = 0; i < partitions.cnt; ++i) given_.erase(partitions.elems[i].partition);
      if (given_.empty()) {
        alone_ = false;
        tell = std::exchange(lost_, nullptr);
      }
      const auto none_in_use = [&] {
        for (int i = 0; i < partitions.cnt; ++i) {
          if (in_use_.contains(partitions.elems[i].partition)) return false;
        }
        return true;
      };
      if (!lost) changed_.wait_for(lock, kLetGoWithin, none_in_use);
    }
    if (tell) tell();
  }

  const std::unique_ptr<KafkaLogOptions> kept_;
  const std::string topic_;
  const std::string group_;
  const std::string other_group_;
  Handle client_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool alone_ = false;  ///< the other group was seen without members since something was given
  std::chrono::steady_clock::time_point look_again_;
  std::set<std::int32_t> given_;
  std::set<std::int32_t> in_use_;
  std::function<void()> lost_;
  std::jthread poller_;
};

}  // namespace

Result<std::unique_ptr<Ownership>> join_owners(const KafkaLogOptions& options) {
  auto member = std::make_unique<Member>(std::make_unique<KafkaLogOptions>(options), false);
  if (auto joined = member->join(); !joined) return joined.error();
  return std::unique_ptr<Ownership>(std::move(member));
}

Result<std::unique_ptr<Shares>> kafka_shares(const KafkaLogOptions& options) {
  // A bad setting is told before anything is loaded.
  kafka::Listener listener(options);
  if (auto client = kafka::make_client(listener, kafka::Role::member); !client) return client.error();
  return std::unique_ptr<Shares>(std::make_unique<Member>(std::make_unique<KafkaLogOptions>(options), true));
}

}  // namespace lastkm::log
