// What brokers and their tools see of a record, and the settings file.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "engine/log/cloud_event_headers.h"
#include "engine/log/kafka_log.h"

using namespace lastkm;
using namespace lastkm::log;

namespace {

const std::string kEvent =
    R"({"data":{"id":"not this","list":[1,{"type":"nor this"}],"text":"a \" quote, a } brace"},"id":"1234","source":"/x","specversion":"1.0","subject":"s","time":"2018-04-05T03:56:24Z","type":"com.example.someevent"})";

std::string text_of(const Headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += name + "=" + value + "|";
  return out;
}

struct File {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("lastkm-settings-" + std::to_string(::getpid()));
  explicit File(const std::string& text) { std::ofstream(path) << text; }
  ~File() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE(
    "headers: a record in structured mode says so, with copies of its attributes as the Kafka binding names "
    "them") {
  CHECK(text_of(cloud_event_headers(kEvent)) ==
        "content-type=application/cloudevents+json; "
        "charset=UTF-8|ce_id=1234|ce_source=/x|ce_specversion=1.0|ce_subject=s|"
        "ce_time=2018-04-05T03:56:24Z|ce_type=com.example.someevent|");
}

TEST_CASE("headers: what is no event gets none, however it is broken") {
  for (const std::string text :
       {"", "x", "{}", "{\"a\":1}", "{\"specversion\":\"1.0\"", "{\"specversion\":\"1.0", "[\"specversion\"]",
        "{\"specversion\":\"1.0\"}x", "{\"specversion\" 1}", "{\"specversion\":\"1.0\",}", "{\"a\":\"\\"}) {
    INFO(text);
    CHECK(cloud_event_headers(text).empty());
  }
  for (std::size_t cut = 0; cut < kEvent.size(); ++cut)
    CHECK(cloud_event_headers(kEvent.substr(0, cut)).empty());
}

TEST_CASE("headers: a copy that contradicts the value is named, one that is missing is not missed") {
  Headers headers = cloud_event_headers(kEvent);
  CHECK(contradicting_header(kEvent, headers).empty());
  CHECK(contradicting_header(kEvent, {}).empty());
  headers.erase(headers.begin() + 1);
  CHECK(contradicting_header(kEvent, headers).empty());
  for (auto& header : headers) {
    if (!header.first.starts_with("ce_")) continue;
    const std::string was = std::exchange(header.second, "other");
    CHECK(contradicting_header(kEvent, headers) == header.first);
    header.second = was;
  }
  CHECK(contradicting_header(kEvent, {{"ce_extra", "x"}}) == "ce_extra");
  CHECK(contradicting_header("no event", {{"ce_id", "1"}}) == "ce_id");
}

TEST_CASE("settings: values come from lines and from files, and a mistake is told with its line") {
  const File secret("pass=word\n");
  const auto read = [](const std::string& text) {
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("lastkm-lines-" + std::to_string(::getpid()));
    std::ofstream(path) << text;
    auto settings = read_kafka_settings(path.string());
    std::filesystem::remove(path);
    return settings;
  };
  auto good =
      read("# TLS\n\nsecurity.protocol = SASL_SSL\r\nsasl.password.file=" + secret.path.string() + "\n");
  REQUIRE(good);
  CHECK((*good)["security.protocol"] == "SASL_SSL");
  CHECK((*good)["sasl.password"] == "pass=word");
  for (const std::string bad :
       {"linger.ms=5\nnonsense", "linger.ms=5\n=c", "linger.ms=5\nlinger.ms=6",
        "linger.ms=5\nsasl.password.file=/nowhere/at/all", "linger.ms=5\nsasl.password.file=/tmp",
        "linger.ms=5\nsasl.password.file=/dev/null", "linger.ms=5\nbootstrap.servers=x:1",
        "linger.ms=5\nsasl.mechanisn=open-sesame", "linger.ms=5\nsocket.timeout.ms=open-sesame",
        "linger.ms=5\nacks=1"}) {
    const auto refused = read(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::bad_input);
    CHECK(refused.error().code == "bad-setting");
    CHECK(refused.error().message.find("open-sesame") == std::string::npos);
    CHECK(refused.error().message.find(":2:") != std::string::npos);
  }
  CHECK(read_kafka_settings("/nowhere/at/all").error().code == "no-such-file");
  CHECK(read_kafka_settings("/tmp").error().code == "no-such-file");
}
