// What tests of the log on Kafka share: brokers of the environment, and a plain client that does what the log
// never would.
#pragma once

#include <librdkafka/rdkafka.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/log/kafka_log.h"

namespace lastkm::log::test {

inline std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr) FAIL("run this through tests/kafka/with_kafka: there is no " << name);
  return value;
}

inline KafkaLogOptions options_of(const std::string& name) {
  KafkaLogOptions options;
  options.brokers = environment("LASTKM_KAFKA_BROKERS");
  options.prefix = name + "-" + std::to_string(::getpid());
  options.partitions = 2;
  return options;
}

/// Brokers take up a change of topics a moment after they have confirmed it: both look again for a while.
inline constexpr int kLooks = 40;

inline std::unique_ptr<EventLog> opened(const KafkaLogOptions& options) {
  auto log = open_kafka_log(options);
  for (int look = 1; look < kLooks && !log; ++look) log = open_kafka_log(options);
  INFO((log ? "" : log.error().message));
  REQUIRE(log);
  return std::move(*log);
}

/// The refusal, whose message says this.
inline Error refused(const KafkaLogOptions& options, const std::string& says = "") {
  auto log = open_kafka_log(options);
  for (int look = 1; look < kLooks && (log || log.error().message.find(says) == std::string::npos); ++look)
    log = open_kafka_log(options);
  REQUIRE_FALSE(log);
  return log.error();
}

/// The command line of scripts/kafka on the cluster of this run.
inline void cluster(const std::string& verb) {
  const std::string line =
      environment("LASTKM_KAFKA_SCRIPT") + " " + verb + " --dir " + environment("LASTKM_KAFKA_DIR") + " >&2";
  REQUIRE(std::system(line.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe)
}

/// A client without any care.
class Plain {
 public:
  Plain() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    std::string brokers = environment("LASTKM_KAFKA_BROKERS");
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
      *static_cast<rd_kafka_resp_err_t*>(message->_private) = message->err;
    });
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    REQUIRE(client_ != nullptr);
    queue_ = rd_kafka_queue_new(client_);
  }
  ~Plain() {
    rd_kafka_queue_destroy(queue_);
    rd_kafka_destroy(client_);
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  rd_kafka_resp_err_t produce(const std::string& topic, const std::string& value, std::int64_t timestamp = 0,
                              const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    rd_kafka_resp_err_t report = RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_headers_t* list = rd_kafka_headers_new(headers.size());
    for (const auto& [name, text] : headers)
      rd_kafka_header_add(list, name.c_str(), -1, text.data(), static_cast<ssize_t>(text.size()));
    const auto code = rd_kafka_producev(
        client_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY("k", 1),
        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_TIMESTAMP(timestamp),
        RD_KAFKA_V_HEADERS(list), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&report),
        RD_KAFKA_V_END);
    REQUIRE(code == RD_KAFKA_RESP_ERR_NO_ERROR);
    REQUIRE(rd_kafka_flush(client_, 20000) == RD_KAFKA_RESP_ERR_NO_ERROR);
    return report;
  }
  void remove(const std::string& topic) {
    rd_kafka_DeleteTopic_t* one = rd_kafka_DeleteTopic_new(topic.c_str());
    rd_kafka_DeleteTopics(client_, &one, 1, nullptr, queue_);
    await();
    rd_kafka_DeleteTopic_destroy(one);
  }
  void make(const std::string& topic, int partitions,
            const std::vector<std::pair<std::string, std::string>>& config) {
    rd_kafka_NewTopic_t* one = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0);
    for (const auto& [name, value] : config) rd_kafka_NewTopic_set_config(one, name.c_str(), value.c_str());
    rd_kafka_CreateTopics(client_, &one, 1, nullptr, queue_);
    await();
    rd_kafka_NewTopic_destroy(one);
  }
  void set(const std::string& topic, const std::string& name, const std::string& value) {
    rd_kafka_ConfigResource_t* one = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
    rd_kafka_error_t* wrong = rd_kafka_ConfigResource_add_incremental_config(
        one, name.c_str(), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, value.c_str());
    REQUIRE(wrong == nullptr);
    rd_kafka_IncrementalAlterConfigs(client_, &one, 1, nullptr, queue_);
    await();
    rd_kafka_ConfigResource_destroy(one);
  }
  /// As retention does: everything before the offset goes.
  void eat(const std::string& topic, std::int64_t before) {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = before;
    rd_kafka_DeleteRecords_t* one = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(client_, &one, 1, nullptr, queue_);
    await();
    rd_kafka_DeleteRecords_destroy(one);
    rd_kafka_topic_partition_list_destroy(list);
  }

 private:
  void await() {
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue_, 30000);
    REQUIRE(event != nullptr);
    INFO(rd_kafka_event_error_string(event));
    CHECK(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
};

}  // namespace lastkm::log::test
