// What can go wrong on a real broker, and what is said of it. Run through tests/kafka/with_kafka.
#include "tests/kafka/broker.h"

#include <thread>

#include "engine/log/kafka_log_writer.h"

using namespace lastkm;
using namespace lastkm::log;
using namespace lastkm::log::test;

namespace {

Append record(const std::string& value, std::int32_t partition = 0, Topic topic = Topic::commands) {
  return {topic, partition, Record{"key", value, {}}};
}

Result<std::vector<std::int64_t>> append(EventLog& log, const Append& one) {
  return log.append(std::span(&one, 1), Durability::synced);
}

bool says(const Error& error, const std::string& text) {
  INFO(error.message);
  return error.message.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("kafka: a topic with a wrong setting is refused by the name of the setting", "[.broker]") {
  const KafkaLogOptions options = options_of("settings");
  (void)opened(options);
  Plain plain;
  for (const auto& [name, bad, good] :
       std::vector<std::array<std::string, 3>>{{"retention.ms", "1000000000", "-1"},
                                               {"cleanup.policy", "compact", "delete"},
                                               {"message.timestamp.after.max.ms", "3600000", "5000"},
                                               {"message.timestamp.type", "LogAppendTime", "CreateTime"},
                                               {"max.message.bytes", "1000", "8912896"}}) {
    plain.set(options.prefix + ".decisions", name, bad);
    const Error error = refused(options, name + "=" + bad);
    CHECK(error.code == "topic-setting");
    CHECK(says(error, options.prefix + ".decisions has " + name + "=" + bad));
    plain.set(options.prefix + ".decisions", name, good);
  }
  CHECK(opened(options)->partitions() == 2);
}

TEST_CASE(
    "kafka: topics are not made without being asked, nor where some are gone, and their partitions must fit",
    "[.broker]") {
  KafkaLogOptions options = options_of("shape");
  options.partitions = 0;
  CHECK(refused(options).code == "no-log");
  options.partitions = 2;
  const std::string identity = opened(options)->identity();
  CHECK_FALSE(identity.empty());
  options.partitions = 3;
  CHECK(refused(options).code == "other-partitions");
  options.partitions = 0;
  CHECK(opened(options)->partitions() == 2);
  options.cluster_id = "another";
  const Error wrong = refused(options);
  CHECK(wrong.code == "wrong-cluster");
  CHECK(wrong.kind == ErrorKind::integrity);
  options.cluster_id.clear();

  Plain plain;
  options.partitions = 2;
  plain.remove(options.prefix + ".decisions");
  const Error gone = refused(options);
  CHECK(gone.code == "topic-missing");
  CHECK(says(gone, options.prefix + ".decisions"));
  for (const char* topic : {".commands", ".directory", ".meta"}) plain.remove(options.prefix + topic);
  CHECK(opened(options)->identity() != identity);  // a topic that was made anew is another topic
}

TEST_CASE("kafka: a topic that a broker has not heard of at once is not taken for gone", "[.broker]") {
  KafkaLogOptions options = options_of("late");
  (void)opened(options);
  options.partitions = 0;
  const std::string meta = options.prefix + ".meta";
  Plain plain;
  plain.remove(meta);
  CHECK(refused(options, meta).code == "topic-missing");
  const std::jthread makes([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    plain.make(meta, 1,
               {{"retention.ms", "-1"},
                {"retention.bytes", "-1"},
                {"message.timestamp.after.max.ms", "5000"},
                {"max.message.bytes", "8912896"}});
  });
  const auto log = open_kafka_log(options);
  INFO((log ? "" : log.error().message));
  CHECK(log.has_value());
}

TEST_CASE(
    "kafka: a record that is too large is refused and was not written; others of its call make it unknown",
    "[.broker]") {
  const KafkaLogOptions options = options_of("large");
  const auto log = opened(options);
  const std::string large(9U << 20U, 'x');
  const auto alone = append(*log, record(large));
  REQUIRE_FALSE(alone);
  CHECK(alone.error().code == "too-large");
  CHECK(alone.error().kind == ErrorKind::refused);
  CHECK(says(alone.error(), options.prefix + ".commands, partition 0"));
  CHECK(*log->end(Topic::commands, 0) == 0);
  const std::vector<Append> both{record("small", 1), record(large)};
  const auto mixed = log->append(both, Durability::synced);
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().kind == ErrorKind::unknown_outcome);
  // The topic's own limit, which the client does not know.
  Plain().set(options.prefix + ".commands", "max.message.bytes", "2000");
  const auto topic_limit = append(*log, record(std::string(5000, 'y')));
  REQUIRE_FALSE(topic_limit);
  CHECK(topic_limit.error().code == "too-large");
  CHECK(append(*log, record("small again")));
}

TEST_CASE("kafka: a head that retention has eaten is an error with its place, never a later beginning",
          "[.broker]") {
  const KafkaLogOptions options = options_of("head");
  const auto log = opened(options);
  for (int i = 0; i < 10; ++i) REQUIRE(append(*log, record(std::to_string(i))));
  Plain().eat(options.prefix + ".commands", 4);
  const auto again = opened(options);
  std::vector<StoredRecord> out;
  const Status read = again->read(Topic::commands, 0, 0, 100, 1U << 20U, out);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == "offset-out-of-range");
  CHECK(read.error().kind == ErrorKind::integrity);
  CHECK(says(read.error(), options.prefix + ".commands, partition 0, offset 0"));
  CHECK(out.empty());
  REQUIRE(again->read(Topic::commands, 0, 4, 100, 1U << 20U, out));
  CHECK(out.size() == 6);
}

TEST_CASE(
    "kafka: a topic that is deleted or made anew while it is used is named, and nothing more is appended",
    "[.broker]") {
  for (const bool made_anew : {false, true}) {
    INFO(made_anew);
    KafkaLogOptions options = options_of(made_anew ? "anew" : "deleted");
    options.patience = std::chrono::seconds(3);
    const auto log = opened(options);
    for (int i = 0; i < 10; ++i) REQUIRE(append(*log, record(std::to_string(i))));
    Plain plain;
    plain.remove(options.prefix + ".commands");
    std::this_thread::sleep_for(std::chrono::seconds(1));
    if (made_anew) plain.make(options.prefix + ".commands", 2, {});
    auto refused = append(*log, record("lost"));
    for (int look = 1; look < kLooks && refused.error().kind == ErrorKind::unknown_outcome; ++look)
      refused = append(*log, record("lost"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::integrity);
    CHECK(refused.error().code == (made_anew ? "log-recreated" : "topic-missing"));
    CHECK(says(refused.error(), options.prefix + ".commands"));
    // At once, and of the other topics too.
    const auto start = std::chrono::steady_clock::now();
    const auto again = append(*log, record("later", 0, Topic::decisions));
    REQUIRE_FALSE(again);
    CHECK(again.error().code == refused.error().code);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500));
  }
}

TEST_CASE("kafka: a header that contradicts its record stops the reading there, with its place",
          "[.broker]") {
  const KafkaLogOptions options = options_of("header");
  const auto log = opened(options);
  const std::string event = R"({"data":{},"id":"1","source":"/s","specversion":"1.0","type":"t"})";
  REQUIRE(append(*log, record(event)));
  Plain plain;
  CHECK(plain.produce(options.prefix + ".commands", event, 0,
                      {{"content-type", "application/cloudevents+json"}}) == RD_KAFKA_RESP_ERR_NO_ERROR);
  CHECK(plain.produce(options.prefix + ".commands", event, 0, {{"ce_id", "2"}}) ==
        RD_KAFKA_RESP_ERR_NO_ERROR);
  std::vector<StoredRecord> out;
  Status read = log->read(Topic::commands, 0, 0, 2, 1U << 20U, out);
  CHECK(read);
  REQUIRE(out.size() == 2);
  CHECK(out[0].record.value == event);
  CHECK(out[1].record.headers.empty());
  read = log->read(Topic::commands, 0, 2, 1, 1U << 20U, out);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == "header-differs");
  CHECK(says(read.error(), options.prefix + ".commands, partition 0, offset 2"));
}

TEST_CASE("kafka: a clock an hour ahead is refused by the broker, and the message says what to do",
          "[.broker]") {
  const KafkaLogOptions options = options_of("clock");
  (void)opened(options);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  Plain plain;
  const rd_kafka_resp_err_t code = plain.produce(options.prefix + ".commands", "x", now + 3600000);
  CHECK(code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP);
  CHECK(plain.produce(options.prefix + ".commands", "x", now + 1000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  const Error error = kafka::error_of(code, kafka::where(options.prefix + ".commands", 0));
  CHECK(error.code == "clock-ahead");
  CHECK(error.kind == ErrorKind::refused);
}

TEST_CASE("kafka: a producer with a fatal error is replaced, and the next append goes through", "[.broker]") {
  const KafkaLogOptions options = options_of("fatal");
  (void)opened(options);
  kafka::Writer writer(options, [](Topic, std::int32_t, std::int64_t) {});
  REQUIRE(writer.start());
  const Append one = record("before");
  REQUIRE(writer.append(std::span(&one, 1)));
  writer.break_producer();
  const auto start = std::chrono::steady_clock::now();
  bool written = false;
  for (int tries = 0; tries < 3 && !written; ++tries) written = writer.append(std::span(&one, 1)).has_value();
  CHECK(written);
  CHECK(writer.producers() == 2);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("kafka: more copies than brokers are refused with the way out, and no topic is made", "[.broker]") {
  KafkaLogOptions options = options_of("copies");
  options.replication = 9;
  const Error error = refused(options);
  CHECK(error.kind == ErrorKind::refused);
  CHECK(error.code == "topic-setting");
  CHECK(says(error, "--replication"));
  options.partitions = 0;
  CHECK(refused(options).code == "no-log");
}

TEST_CASE(
    "kafka: settings that the promises rest on cannot be changed, and unknown ones are named without their "
    "value",
    "[.broker]") {
  KafkaLogOptions options = options_of("fixed");
  options.settings = {{"acks", "1"}};
  CHECK(says(refused(options), "acks"));
  options.settings = {{"no.such.setting", "secret-value"}};
  const Error error = refused(options);
  CHECK(error.code == "bad-setting");
  CHECK(says(error, "no.such.setting"));
  CHECK_FALSE(says(error, "secret-value"));
}

TEST_CASE("kafka: without its broker an append is unknown and a read says so; with it again both go on",
          "[.broker]") {
  KafkaLogOptions options = options_of("down");
  options.patience = std::chrono::seconds(2);
  auto log = opened(options);
  REQUIRE(append(*log, record("before")));
  cluster("kill 1");
  const auto unknown = append(*log, record("meanwhile"));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::unknown_outcome);
  CHECK(says(unknown.error(), options.prefix + ".commands, partition 0"));
  CHECK(refused(options).kind == ErrorKind::unknown_outcome);
  cluster("restart 1");
  bool written = false;
  for (int tries = 0; tries < 10 && !written; ++tries) written = append(*log, record("after")).has_value();
  CHECK(written);
  std::vector<StoredRecord> out;
  REQUIRE(log->read(Topic::commands, 0, 0, 100, 1U << 20U, out));
  CHECK(out.front().record.value == "before");
  CHECK(out.back().record.value == "after");
}
