#include "engine/log/kafka_log_client.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lastkm::log::kafka {

namespace {

using Setting = std::pair<std::string_view, std::string_view>;

/// What this log promises rests on these; a configuration cannot change them.
constexpr std::array<Setting, 10> kFixed{{{"acks", "all"},
                                          {"enable.idempotence", "true"},
                                          {"check.crcs", "true"},
                                          {"auto.offset.reset", "error"},
                                          {"allow.auto.create.topics", "false"},
                                          {"enable.auto.commit", "false"},
                                          {"enable.auto.offset.store", "false"},
                                          {"isolation.level", "read_committed"},
                                          {"enable.partition.eof", "false"},
                                          {"message.max.bytes", "8912896"}}};

/// Starting points, which a configuration may change.
constexpr std::array<Setting, 9> kUsual{{{"socket.nagle.disable", "true"},
                                         {"reconnect.backoff.ms", "50"},
                                         {"reconnect.backoff.max.ms", "1000"},
                                         {"retry.backoff.ms", "50"},
                                         // Also the longest between two looks for a new leader.
                                         {"retry.backoff.max.ms", "200"},
                                         {"topic.metadata.refresh.fast.interval.ms", "50"},
                                         // A client that once heard of a leader that has died does not ask
                                         // again soon, or for a second at a time.
                                         {"topic.metadata.refresh.interval.ms", "200"},
                                         {"log.connection.close", "false"},
                                         // Longer than any append takes: each is flushed.
                                         {"linger.ms", "1000"}}};

KafkaSettings settings_of(const KafkaLogOptions& options, Role role) {
  KafkaSettings out(kUsual.begin(), kUsual.end());
  out["message.timeout.ms"] = std::to_string(options.patience.count());
  out["queued.max.messages.kbytes"] = role == Role::scanner ? "16384" : "2048";
  out["queued.min.messages"] = role == Role::scanner ? "20000" : "2000";
  // A partition that is added waits until the fetch under way has come back.
  out["fetch.wait.max.ms"] = role == Role::scanner ? "10" : "100";
  out["fetch.queue.backoff.ms"] = "2";
  out["fetch.error.backoff.ms"] = "50";
  for (const auto& [name, value] : options.settings) out[name] = value;
  for (const auto& [name, value] : kFixed) out[std::string(name)] = value;
  out["bootstrap.servers"] = options.brokers;
  out["client.id"] = "lastkm";
  if (role == Role::producer) {
    // Consumers alone know these.
    for (const char* name :
         {"check.crcs", "auto.offset.reset", "enable.auto.commit", "enable.auto.offset.store",
          "isolation.level", "enable.partition.eof", "queued.max.messages.kbytes", "queued.min.messages",
          "fetch.wait.max.ms", "fetch.queue.backoff.ms", "fetch.error.backoff.ms"})
      out.erase(name);
  } else {
    for (const char* name : {"acks", "enable.idempotence", "message.timeout.ms", "linger.ms"})
      out.erase(name);
  }
  return out;
}

void hear(const rd_kafka_t* client, int level, const char* /*facility*/, const char* text) {
  const auto* listener = static_cast<const Listener*>(rd_kafka_opaque(client));
  if (listener != nullptr) listener->hear(level, text);
}

using Configuration = std::unique_ptr<rd_kafka_conf_t, Destroyer<rd_kafka_conf_destroy>>;

std::optional<std::string> fault_of_setting(rd_kafka_conf_t* conf, const std::string& name,
                                            const std::string& value) {
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0) == RD_KAFKA_CONF_OK)
    return std::nullopt;
  // What the library says of a value repeats it, and it may be a secret.
  return "the client of Kafka does not take the setting " + name + ": unknown name or bad value";
}

}  // namespace

void Listener::hear(int level, std::string_view text) const {
  constexpr int kWarning = 4;
  constexpr int kDebug = 7;
  // Without the thread's name before it and the time that it took behind.
  if (const auto end = text.find("]: "); text.starts_with("[thrd:") && end != std::string_view::npos)
    text.remove_prefix(end + 3);
  text = text.substr(0, text.find(" (after "));
  if (level <= kWarning && text.find("brokers are down") == std::string_view::npos) {
    const std::lock_guard lock(mutex_);
    last_failure_ = text;
  }
  if (options->hear) options->hear(text.ends_with(": retrying") ? std::max(level, kDebug) : level, text);
}

std::string Listener::last_failure() const {
  const std::lock_guard lock(mutex_);
  return last_failure_;
}

Error unreachable(const Listener& listener, const std::string& where) {
  std::string why = listener.last_failure();
  if (why.empty())
    why = "no answer, or the connection is closed; is security.protocol that of the brokers' port?";
  const bool refused = why.find("SASL authentication error") != std::string::npos;
  return error_of(refused ? RD_KAFKA_RESP_ERR__AUTHENTICATION : RD_KAFKA_RESP_ERR__TRANSPORT, where, why);
}

std::optional<std::string> fault_of_setting(const std::string& name, const std::string& value) {
  const bool fixed = std::any_of(kFixed.begin(), kFixed.end(),
                                 [&](const Setting& setting) { return setting.first == name; });
  if (fixed)
    return "the setting " + name + " cannot be changed: what the log promises rests on it; take it out";
  const Configuration scratch(rd_kafka_conf_new());
  return fault_of_setting(scratch.get(), name, value);
}

Result<Handle> make_client(Listener& listener, Role role, const KafkaSettings& more,
                           void (*configure)(rd_kafka_conf_t*)) {
  const KafkaLogOptions& options = *listener.options;
  for (const auto& [name, value] : options.settings) {
    if (auto fault = fault_of_setting(name, value))
      return Error{ErrorKind::refused, "bad-setting", std::move(*fault), ""};
  }
  KafkaSettings settings = settings_of(options, role);
  for (const auto& [name, value] : more) settings[name] = value;
  Configuration conf(rd_kafka_conf_new());
  std::array<char, 512> wrong{};
  for (const auto& [name, value] : settings) {
    if (auto fault = fault_of_setting(conf.get(), name, value))
      return Error{ErrorKind::refused, "bad-setting", std::move(*fault), ""};
  }
  rd_kafka_conf_set_log_cb(conf.get(), hear);
  rd_kafka_conf_set_opaque(conf.get(), &listener);
  if (configure != nullptr) configure(conf.get());
  rd_kafka_t* made = rd_kafka_new(role == Role::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf.get(),
                                  wrong.data(), wrong.size());
  if (made == nullptr)
    return Error{ErrorKind::refused, "bad-setting",
                 "the client of Kafka does not start: " + std::string(wrong.data()), ""};
  (void)conf.release();
  return Handle(made);
}

std::string topic_name(const KafkaLogOptions& options, Topic topic) {
  return options.prefix + "." + std::string(name_of(topic));
}

std::string where(std::string_view topic, std::int32_t partition, std::int64_t offset) {
  std::string out(topic);
  if (partition >= 0) out += ", partition " + std::to_string(partition);
  if (offset >= 0) out += ", offset " + std::to_string(offset);
  return out;
}

Meaning meaning_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
    case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
      return Meaning::fatal;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return Meaning::refused;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__LOG_TRUNCATION:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_TOPIC_ID:
    case RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS:
      return Meaning::stop;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
      return Meaning::retried;
    default:
      return Meaning::unknown;
  }
}

Error error_of(rd_kafka_resp_err_t code, const std::string& where, std::string_view detail) {
  const std::string said = detail.empty() ? rd_kafka_err2str(code) : std::string(detail);
  const std::string name = rd_kafka_err2name(code);
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return Error{
          ErrorKind::refused, "too-large",
          where + ": the record is larger than the topic's max.message.bytes allows; nothing was written",
          ""};
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
      return Error{ErrorKind::refused, "clock-ahead",
                   where +
                       ": the broker refuses the time of the record, which is more than "
                       "message.timestamp.after.max.ms (5 s) ahead of its "
                       "clock or far behind it. Set the clocks of this machine and of the brokers right; "
                       "nothing was written",
                   ""};
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      return Error{
          ErrorKind::refused, "topic-setting",
          where + ": " + said +
              " Give --replication with no more copies than there are brokers, or start more brokers; "
              "nothing was made",
          ""};
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return Error{
          ErrorKind::refused, "no-access",
          where + ": the brokers refuse this user (" + said + "); look at the user's password and rights",
          ""};
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return Error{ErrorKind::integrity, "offset-out-of-range",
                   where + ": the topic does not hold this offset any more or not yet (" + said +
                       "). Retention has eaten its head or its tail was lost; nothing is skipped. Restore "
                       "the log from a copy",
                   ""};
    case RD_KAFKA_RESP_ERR__LOG_TRUNCATION:
      return Error{ErrorKind::integrity, "log-rollback",
                   where + ": the brokers have lost records that were there (" + said +
                       "); restore the log from a copy",
                   ""};
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
      return Error{
          ErrorKind::integrity, "log-corrupt",
          where + ": a record is damaged (" + said +
              "). Nothing is read beyond it; restore the partition from another replica or from a copy",
          ""};
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_TOPIC_ID:
      return Error{ErrorKind::integrity, "topic-missing",
                   where + ": the brokers have no such topic or partition any more (" + name +
                       "); restore it from a copy, never make it anew",
                   ""};
    default:
      break;
  }
  if (meaning_of(code) == Meaning::refused)
    return Error{ErrorKind::refused, "not-written", where + ": " + said + " (" + name + ")", ""};
  return Error{ErrorKind::unknown_outcome, "log-unreachable",
               where + ": " + said + " (" + name + "); look at the brokers, and ask again", ""};
}

}  // namespace lastkm::log::kafka
