#include "engine/log/kafka_log_topics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <thread>
#include <vector>

namespace lastkm::log::kafka {

namespace {

using Clock = std::chrono::steady_clock;
using Options = std::unique_ptr<rd_kafka_AdminOptions_t, Destroyer<rd_kafka_AdminOptions_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroyer<rd_kafka_event_destroy>>;
using Collection = std::unique_ptr<rd_kafka_TopicCollection_t, Destroyer<rd_kafka_TopicCollection_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<rd_kafka_NewTopic_destroy>>;
using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, Destroyer<rd_kafka_ConfigResource_destroy>>;

/// How long brokers have to say that a topic is gone: one that is behind has not heard of every topic.
constexpr std::chrono::seconds kGoneAfter{2};

enum class Rule : std::uint8_t { equal, at_least, at_most };
struct Wanted {
  const char* name;
  std::string value;
  Rule rule;
  const char* why;
};

std::vector<Wanted> wanted(std::int32_t replication) {
  return {{"cleanup.policy", "delete", Rule::equal, "compaction would remove records"},
          {"retention.ms", "-1", Rule::equal, "old records would vanish"},
          {"retention.bytes", "-1", Rule::equal, "old records would vanish"},
          {"message.timestamp.type", "CreateTime", Rule::equal, "the broker would not look at clocks"},
          {"message.timestamp.after.max.ms", "5000", Rule::at_most,
           "a clock that runs ahead would not be refused"},
          {"max.message.bytes", "8912896", Rule::at_least, "directory documents may have 8 MiB"},
          {"min.insync.replicas", replication > 1 ? "2" : "1", Rule::at_least,
           "an acknowledged record could be on one broker alone"},
          {"unclean.leader.election.enable", "false", Rule::equal, "acknowledged records could be lost"}};
}

std::int64_t number(std::string_view text) {
  std::int64_t out = -1;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

bool holds(const Wanted& wanted, std::string_view value) {
  switch (wanted.rule) {
    case Rule::equal:
      return value == wanted.value;
    case Rule::at_least:
      return number(value) >= number(wanted.value);
    case Rule::at_most:
      return number(value) >= 0 && number(value) <= number(wanted.value);
  }
  return false;
}

struct Seen {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::int32_t partitions = 0;
  std::int32_t replication = 0;
  bool all_led = true;
  std::string id;
};

class Admin {
 public:
  Admin(const KafkaLogOptions& options, const Listener& listener, rd_kafka_t* client)
      : options_(options), listener_(listener), client_(client), queue_(rd_kafka_queue_new(client)) {}

  Result<std::map<Topic, Seen>> look() {
    std::vector<std::string> names;
    std::vector<const char*> pointers;
    for (const Topic topic : kTopics) names.push_back(topic_name(options_, topic));
    pointers.reserve(names.size());
    for (const std::string& name : names) pointers.push_back(name.c_str());
    const Collection collection(rd_kafka_TopicCollection_of_topic_names(pointers.data(), pointers.size()));
    rd_kafka_DescribeTopics(client_, collection.get(), of(RD_KAFKA_ADMIN_OP_DESCRIBETOPICS).get(),
                            queue_.get());
    auto event = answer(names.front());
    if (!event) return event.error();
    std::size_t count = 0;
    const auto** topics =
        rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event->get()), &count);
    std::map<Topic, Seen> out;
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = std::find(names.begin(), names.end(), rd_kafka_TopicDescription_name(topics[i]));
      if (at == names.end()) continue;
      Seen& seen = out[kTopics[at - names.begin()]];
      if (const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(topics[i]))
        seen.error = rd_kafka_error_code(error);
      if (seen.error != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      seen.id = rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(topics[i]));
      std::size_t partitions = 0;
      const auto** infos = rd_kafka_TopicDescription_partitions(topics[i], &partitions);
      seen.partitions = static_cast<std::int32_t>(partitions);
      for (std::size_t p = 0; p < partitions; ++p) {
        std::size_t replicas = 0;
        rd_kafka_TopicPartitionInfo_replicas(infos[p], &replicas);
        seen.replication = static_cast<std::int32_t>(
            p == 0 ? replicas : std::min(replicas, static_cast<std::size_t>(seen.replication)));
        seen.all_led = seen.all_led && rd_kafka_TopicPartitionInfo_leader(infos[p]) != nullptr;
      }
    }
    return out;
  }

  Status make(const std::vector<Topic>& missing, std::int32_t replication) {
    std::vector<NewTopic> topics;
    std::vector<rd_kafka_NewTopic_t*> pointers;
    std::array<char, 512> wrong{};
    for (const Topic topic : missing) {
      const bool many = topic == Topic::commands || topic == Topic::decisions;
      NewTopic made(rd_kafka_NewTopic_new(topic_name(options_, topic).c_str(), many ? options_.partitions : 1,
                                          replication, wrong.data(), wrong.size()));
      if (!made)
        return Error{ErrorKind::refused, "topic-setting",
                     topic_name(options_, topic) + " cannot be made: " + wrong.data(), ""};
      for (const Wanted& setting : wanted(replication))
        rd_kafka_NewTopic_set_config(made.get(), setting.name, setting.value.c_str());
      if (options_.flush_each) rd_kafka_NewTopic_set_config(made.get(), "flush.messages", "1");
      pointers.push_back(made.get());
      topics.push_back(std::move(made));
    }
    rd_kafka_CreateTopics(client_, pointers.data(), pointers.size(), of(RD_KAFKA_ADMIN_OP_CREATETOPICS).get(),
                          queue_.get());
    auto event = answer(topic_name(options_, missing.front()));
    if (!event) return event.error();
    std::size_t count = 0;
    const auto** results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
      // Another process may make them at this moment.
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
      const char* said = rd_kafka_topic_result_error_string(results[i]);
      return error_of(code, where(rd_kafka_topic_result_name(results[i])), said == nullptr ? "" : said);
    }
    return done();
  }

  Status check_settings(const std::map<Topic, Seen>& seen) {
    for (const Topic topic : kTopics) {  // a request for each: brokers answer for themselves
      const std::string name = topic_name(options_, topic);
      const Resource asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
      rd_kafka_ConfigResource_t* pointer = asked.get();
      rd_kafka_DescribeConfigs(client_, &pointer, 1, of(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS).get(),
                               queue_.get());
      auto event = answer(name);
      if (!event) return event.error();
      std::size_t count = 0;
      const auto** resources = rd_kafka_DescribeConfigs_result_resources(
          rd_kafka_event_DescribeConfigs_result(event->get()), &count);
      if (count != 1 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_of(count == 1 ? rd_kafka_ConfigResource_error(resources[0]) : RD_KAFKA_RESP_ERR__FAIL,
                        name);
      std::size_t entries = 0;
      const auto** configs = rd_kafka_ConfigResource_configs(resources[0], &entries);
      for (const Wanted& setting : wanted(seen.at(topic).replication)) {
        const auto* const* found = std::find_if(configs, configs + entries, [&](const auto* entry) {
          return std::string_view(rd_kafka_ConfigEntry_name(entry)) == setting.name;
        });
        const char* value = found == configs + entries ? nullptr : rd_kafka_ConfigEntry_value(*found);
        if (value != nullptr && holds(setting, value)) continue;
        static constexpr std::array kRules = {"", "at least ", "at most "};
        return Error{ErrorKind::refused, "topic-setting",
                     "the topic " + name + " has " + setting.name + "=" +
                         (value == nullptr ? "(unknown)" : value) + ", but " + setting.why + ": it must be " +
                         kRules.at(static_cast<std::size_t>(setting.rule)) + setting.value +
                         ". Set it with kafka-configs --alter --topic " + name + " --add-config " +
                         setting.name + "=" + setting.value,
                     ""};
      }
    }
    return done();
  }

  Result<std::int32_t> brokers() {
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(client_, 0, nullptr, &metadata, patience());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "brokers " + options_.brokers);
    const int count = metadata->broker_cnt;
    rd_kafka_metadata_destroy(metadata);
    return count;
  }

  Result<std::string> cluster_id() {
    // A user that is refused stays so, but not by a broker that has just begun.
    constexpr std::chrono::seconds refused_after{2};
    constexpr int look_each = 200;
    const Clock::time_point start = Clock::now();
    while (true) {
      if (char* id = rd_kafka_clusterid(client_, look_each)) {
        std::string out(id);
        rd_kafka_mem_free(client_, id);
        return out;
      }
      Error why = unreachable(listener_, "brokers " + options_.brokers);
      const auto waited = Clock::now() - start;
      if (waited > options_.patience || (why.kind == ErrorKind::refused && waited > refused_after))
        return why;
    }
  }

 private:
  [[nodiscard]] int patience() const { return static_cast<int>(options_.patience.count()); }
  [[nodiscard]] Options of(rd_kafka_admin_op_t operation) const {
    Options out(rd_kafka_AdminOptions_new(client_, operation));
    std::array<char, 128> ignored{};
    rd_kafka_AdminOptions_set_request_timeout(out.get(), patience(), ignored.data(), ignored.size());
    return out;
  }
  Result<Event> answer(const std::string& about) {
    Event event(rd_kafka_queue_poll(queue_.get(), patience() + 5000));
    if (!event) return error_of(RD_KAFKA_RESP_ERR__TIMED_OUT, about);
    if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return error_of(code, about, rd_kafka_event_error_string(event.get()));
    return event;
  }
  const KafkaLogOptions& options_;
  const Listener& listener_;
  rd_kafka_t* client_;
  Queue queue_;
};

/// As Kafka's own Topic.validate has it, with room for what follows.
bool is_prefix(std::string_view text) {
  constexpr std::size_t most = 200;
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Status check_shape(const KafkaLogOptions& options, const std::map<Topic, Seen>& seen) {
  const std::int32_t partitions = seen.at(Topic::commands).partitions;
  const auto refuse = [&](Topic topic, std::int32_t has, const std::string& must) {
    return Error{
        ErrorKind::refused, "other-partitions",
        "the topic " + topic_name(options, topic) + " has " + std::to_string(has) +
            " partitions, but it must have " + must +
            ": lanes would lie elsewhere. 'lastkm log copy' moves a log to another number of partitions",
        ""};
  };
  if (options.partitions > 0 && partitions != options.partitions)
    return refuse(Topic::commands, partitions, std::to_string(options.partitions) + " as asked");
  if (seen.at(Topic::decisions).partitions != partitions)
    return refuse(Topic::decisions, seen.at(Topic::decisions).partitions,
                  "as many as " + topic_name(options, Topic::commands) + ", " + std::to_string(partitions));
  for (const Topic topic : {Topic::directory, Topic::meta}) {
    if (seen.at(topic).partitions != 1) return refuse(topic, seen.at(topic).partitions, "1");
  }
  return done();
}

}  // namespace

Result<Topics> open_topics(const KafkaLogOptions& options) {
  if (!is_prefix(options.prefix)) {
    return Error{ErrorKind::bad_input, "bad-prefix",
                 "'" + options.prefix +
                     "' begins no name of a topic: letters, digits, '.', '_' and '-', at most 200 of them",
                 ""};
  }
  Listener listener(options);
  auto client = make_client(listener, Role::producer);
  if (!client) return client.error();
  Admin admin(options, listener, client->get());
  auto cluster = admin.cluster_id();
  if (!cluster) return cluster.error();
  if (!options.cluster_id.empty() && options.cluster_id != *cluster) {
    return Error{ErrorKind::integrity, "wrong-cluster",
                 "the brokers " + options.brokers + " belong to the cluster " + *cluster +
                     ", but this deployment's log lies in the cluster " + options.cluster_id +
                     "; give the right brokers",
                 ""};
  }
  const Clock::time_point start = Clock::now();
  bool made = false;
  while (true) {
    auto seen = admin.look();
    if (!seen) return seen.error();
    std::vector<Topic> missing;
    bool ready = true;
    for (const auto& [topic, one] : *seen) {
      if (one.error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        missing.push_back(topic);
      } else if (one.error != RD_KAFKA_RESP_ERR_NO_ERROR && meaning_of(one.error) != Meaning::retried) {
        return error_of(one.error, topic_name(options, topic));
      }
      ready = ready && one.error == RD_KAFKA_RESP_ERR_NO_ERROR && one.all_led;
    }
    if (ready && seen->size() == std::size(kTopics)) {
      if (auto shaped = check_shape(options, *seen); !shaped) return shaped.error();
      if (auto settings = admin.check_settings(*seen); !settings) return settings.error();
      Topics out{seen->at(Topic::commands).partitions, std::move(*cluster), {}};
      for (const auto& [topic, one] : *seen) out.ids[topic] = one.id;
      return out;
    }
    const bool all_missing = missing.size() == std::size(kTopics);
    const bool make = options.partitions > 0 && all_missing;
    if (!missing.empty() && !made && (make || Clock::now() - start > kGoneAfter)) {
      if (!make && all_missing) {
        return Error{ErrorKind::not_found, "no-log",
                     "the brokers " + options.brokers + " have no topics " + options.prefix +
                         ".*: make a deployment with 'lastkm init DIR --log kafka --brokers …', or give "
                         "another --prefix",
                     ""};
      }
      // Some are there and others are gone: making them anew would hide a loss.
      if (!make)
        return error_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, topic_name(options, missing.front()));
      auto brokers = admin.brokers();
      if (!brokers) return brokers.error();
      const std::int32_t replication =
          options.replication > 0 ? options.replication : std::min<std::int32_t>(3, *brokers);
      if (auto done_making = admin.make(missing, replication); !done_making) return done_making.error();
      made = true;
    }
    if (Clock::now() - start > options.patience)
      return error_of(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, options.prefix + ".*",
                      "the topics have no leaders yet");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

std::string identity_of(const Topics& topics) {
  std::string out;
  for (const auto& [topic, id] : topics.ids)
    out += (out.empty() ? "" : ",") + std::string(name_of(topic)) + "=" + id;
  return out;
}

Status are_there(const KafkaLogOptions& options, const Topics& topics) {
  KafkaLogOptions soon = options;
  soon.patience = std::chrono::seconds(1);
  Listener listener(soon);
  auto client = make_client(listener, Role::asker);
  if (!client) return done();
  Admin admin(soon, listener, client->get());
  const Clock::time_point start = Clock::now();
  while (true) {
    const auto seen = admin.look();
    if (!seen) return done();
    std::optional<Topic> missing;
    for (const auto& [topic, one] : *seen) {
      if (one.error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) missing = topic;
      if (one.error != RD_KAFKA_RESP_ERR_NO_ERROR || one.id == topics.ids.at(topic)) continue;
      return Error{ErrorKind::integrity, "log-recreated",
                   "the topic " + topic_name(options, topic) + " was deleted and made anew: it has the id " +
                       one.id + ", and had " + topics.ids.at(topic) +
                       ". Nothing more is written; restore it from a copy with 'lastkm log copy'",
                   ""};
    }
    if (!missing) return done();
    if (Clock::now() - start > kGoneAfter)
      return error_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, topic_name(options, *missing));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace lastkm::log::kafka
