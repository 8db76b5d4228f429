// What the client library says, as it is passed on. Without a broker.
#include <catch2/catch.hpp>

#include "engine/log/kafka_log_client.h"

using namespace lastkm::log;

TEST_CASE("kafka client: what it tries again by itself is no warning") {
  KafkaLogOptions options;
  int heard = 0;
  options.hear = [&heard](int level, std::string_view) { heard = level; };
  const kafka::Listener listener(options);
  listener.hear(4,
                "[thrd:main]: Failed to acquire idempotence PID from broker 127.0.0.1:9092/1: Broker: "
                "Coordinator load in progress: retrying");
  CHECK(heard == 7);
  listener.hear(4, "[thrd:main]: Failed to acquire idempotence PID from broker 127.0.0.1:9092/1: Broker: no");
  CHECK(heard == 4);
}
