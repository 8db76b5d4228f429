// TLS, SASL SCRAM and client certificates against a broker that demands them. Run through
// tests/kafka/with_kafka --secure.
#include <fstream>
#include <mutex>

#include "tests/kafka/broker.h"

using namespace lastkm;
using namespace lastkm::log;
using namespace lastkm::log::test;

namespace {

std::string secrets() {
  return environment("LASTKM_KAFKA_DIR") + "/secrets/";
}

/// Options for a listener, with settings as a file gives them.
KafkaLogOptions with(const std::string& name, const char* brokers, const std::string& lines) {
  KafkaLogOptions options = options_of(name);
  options.brokers = environment(brokers);
  options.patience = std::chrono::seconds(5);
  const std::string file = secrets() + name + ".properties";
  std::ofstream(file) << lines;
  auto settings = read_kafka_settings(file);
  INFO((settings ? "" : settings.error().message));
  REQUIRE(settings);
  options.settings = std::move(*settings);
  return options;
}

std::string scram(const std::string& password_file) {
  return "security.protocol=SASL_SSL\nssl.ca.location=" + secrets() +
         "ca.pem\nsasl.mechanism=SCRAM-SHA-512\nsasl.username=lastkm\nsasl.password.file=" + password_file +
         "\n";
}

void goes_through(const KafkaLogOptions& options) {
  const auto log = opened(options);
  const Append one{Topic::commands, 1, Record{"k", "sealed", {}}};
  REQUIRE(log->append(std::span(&one, 1), Durability::synced));
  std::vector<StoredRecord> out;
  REQUIRE(log->read(Topic::commands, 1, 0, 10, 1000, out));
  REQUIRE(out.size() == 1);
  CHECK(out[0].record == one.record);
}

}  // namespace

TEST_CASE("kafka: TLS with SCRAM goes through with the password of a file", "[.secure]") {
  goes_through(with("scram", "LASTKM_KAFKA_SASL", scram(secrets() + "password")));
}

TEST_CASE("kafka: TLS with a client certificate goes through", "[.secure]") {
  const std::string lines = "security.protocol=SSL\nssl.ca.location=" + secrets() +
                            "ca.pem\nssl.certificate.location=" + secrets() +
                            "client.crt\nssl.key.location=" + secrets() + "client.key\n";
  goes_through(with("mtls", "LASTKM_KAFKA_TLS", lines));
}

TEST_CASE("kafka: a wrong password, a missing certificate and plain text are refused, and no secret is told",
          "[.secure]") {
  std::ofstream(secrets() + "wrong") << "open-sesame\n";
  std::string heard;
  std::mutex hearing;
  const auto hear = [&](int, std::string_view text) {
    const std::lock_guard lock(hearing);
    heard += text;
  };
  KafkaLogOptions wrong = with("wrong", "LASTKM_KAFKA_SASL", scram(secrets() + "wrong"));
  wrong.hear = hear;
  wrong.patience = std::chrono::seconds(15);
  const auto start = std::chrono::steady_clock::now();
  Error error = refused(wrong);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(6));
  CHECK(error.code == "no-access");
  CHECK(error.message.find(wrong.brokers) != std::string::npos);
  CHECK(error.message.find("open-sesame") == std::string::npos);
  {
    const std::lock_guard lock(hearing);
    CHECK(heard.find("uthentication") != std::string::npos);
    CHECK(heard.find("open-sesame") == std::string::npos);
  }
  (void)refused(with("no-certificate", "LASTKM_KAFKA_TLS",
                     "security.protocol=SSL\nssl.ca.location=" + secrets() + "ca.pem\n"));
  error = refused(with("plain", "LASTKM_KAFKA_SASL", ""));
  CHECK(error.message.find("security.protocol") != std::string::npos);
}
