#include "engine/log/kafka_log_writer.h"

#include <array>
#include <optional>

#include "engine/log/cloud_event_headers.h"

namespace lastkm::log::kafka {

namespace {

constexpr std::size_t kProducersMost = 4;
constexpr int kFlushMs = 1000;  ///< how long one flush waits; the next goes on

/// One record of an append.
struct Slot {
  std::size_t* left = nullptr;  ///< records of it that have no report yet
  std::int64_t offset = -1;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  bool may_be_written = false;
};

rd_kafka_headers_t* headers_of(const Record& record) {
  const Headers copies = cloud_event_headers(record.value);
  rd_kafka_headers_t* out = rd_kafka_headers_new(copies.size() + record.headers.size());
  for (const Headers* list : {&copies, &record.headers}) {
    for (const auto& [name, value] : *list)
      rd_kafka_header_add(out, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
  }
  return out;
}

}  // namespace

/// A client that one append has for itself. Nothing is sent, and no report is heard, but in a flush: so what
/// is appended together goes out together, in one request a partition. (A client that is shared sends the
/// first record at once, holds the others back while five of them are on their way, and turns round and round
/// until it may send them.)
class Writer::Producer : public Listener {
 public:
  explicit Producer(const KafkaLogOptions& of) : Listener(of) {}

  ~Producer() {
    if (!client_) return;
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(client_.get(), kFlushMs);
    for (TopicHandle& topic : topics_) topic.reset();
  }

  Status start() {
    auto client = make_client(*this, Role::producer, {}, [](rd_kafka_conf_t* conf) {
      rd_kafka_conf_set_dr_msg_cb(conf, &Producer::report);
    });
    if (!client) return client.error();
    client_ = std::move(*client);
    for (const Topic topic : kTopics) {
      auto& handle = topics_[static_cast<std::size_t>(topic) - 1];
      handle.reset(rd_kafka_topic_new(client_.get(), topic_name(*options, topic).c_str(), nullptr));
      if (!handle) return error_of(rd_kafka_last_error(), topic_name(*options, topic));
    }
    return done();
  }

  /// Returns once every record has its report, which comes within the patience of the options.
  void append(std::span<const Append> records, std::span<Slot> slots) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
      slots[i].left = &left;
      ++left;
      const rd_kafka_resp_err_t failed = produce(records[i], slots[i]);
      if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      --left;
      // What follows in its partition would take its place.
      for (Slot& slot : slots.subspan(i)) slot.error = failed;
      break;
    }
    while (left > 0) rd_kafka_flush(client_.get(), kFlushMs);
  }

  [[nodiscard]] bool is_spent() const {
    return spent_ || rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  void spend() { spent_ = true; }
  void break_it() {
    rd_kafka_test_fatal_error(client_.get(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                              "a test wants it");
  }

 private:
  rd_kafka_resp_err_t produce(const Append& append, Slot& slot) {
    rd_kafka_topic_t* topic = topics_[static_cast<std::size_t>(append.topic) - 1].get();
    while (true) {
      rd_kafka_headers_t* headers = headers_of(append.record);
      // The time of the message is now, and the record's own time is inside its value.
      const rd_kafka_resp_err_t code = rd_kafka_producev(
          client_.get(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(append.partition),
          RD_KAFKA_V_KEY(append.record.key.data(), append.record.key.size()),
          RD_KAFKA_V_VALUE(const_cast<char*>(append.record.value.data()), append.record.value.size()),
          RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&slot),
          RD_KAFKA_V_END);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return code;
      rd_kafka_headers_destroy(headers);
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) return code;
      rd_kafka_flush(client_.get(), kFlushMs);
    }
  }

  static void report(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* /*opaque*/) {
    auto* slot = static_cast<Slot*>(message->_private);
    slot->error = message->err;
    slot->offset = message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? message->offset : -1;
    slot->may_be_written = rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    --*slot->left;
  }

  Handle client_;
  std::array<TopicHandle, 4> topics_;
  bool spent_ = false;
};

Writer::Writer(const KafkaLogOptions& options, std::function<void(Topic, std::int32_t, std::int64_t)> written)
    : options_(options), written_(std::move(written)) {}
Writer::~Writer() = default;

Status Writer::start() {
  auto made = take();
  if (!made) return made.error();
  give_back(std::move(*made));
  return done();
}

int Writer::producers() const {
  const std::lock_guard lock(mutex_);
  return producers_;
}

void Writer::break_producer() {
  const std::lock_guard lock(mutex_);
  for (const auto& producer : idle_) producer->break_it();
}

Result<std::unique_ptr<Writer::Producer>> Writer::take() {
  std::unique_lock lock(mutex_);
  given_back_.wait(lock, [this] { return !idle_.empty() || taken_ < kProducersMost; });
  ++taken_;
  std::unique_ptr<Producer> producer;
  if (!idle_.empty()) {
    producer = std::move(idle_.back());
    idle_.pop_back();
    if (!producer->is_spent()) return producer;
  }
  ++producers_;
  lock.unlock();
  producer = std::make_unique<Producer>(options_);
  if (auto started = producer->start(); !started) {
    give_back(nullptr);
    return started.error();
  }
  return producer;
}

void Writer::give_back(std::unique_ptr<Producer> producer) {
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    if (producer && !producer->is_spent()) idle_.push_back(std::move(producer));
  }
  given_back_.notify_one();
}

Result<std::vector<std::int64_t>> Writer::append(std::span<const Append> records) {
  auto taken = take();
  if (!taken) return taken.error();
  std::unique_ptr<Producer> producer = std::move(*taken);
  std::vector<Slot> slots(records.size());
  producer->append(records, slots);
  std::vector<std::int64_t> offsets;
  offsets.reserve(records.size());
  std::optional<Error> failed;
  bool any_written = false;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Slot& slot = slots[i];
    offsets.push_back(slot.offset);
    const std::string at = where(topic_name(options_, records[i].topic), records[i].partition);
    if (slot.error == RD_KAFKA_RESP_ERR_NO_ERROR && slot.offset >= 0) {
      any_written = true;
      written_(records[i].topic, records[i].partition, slot.offset);
      continue;
    }
    any_written = any_written || slot.may_be_written;
    // A report without an offset proves nothing.
    const rd_kafka_resp_err_t code =
        slot.error == RD_KAFKA_RESP_ERR_NO_ERROR ? RD_KAFKA_RESP_ERR__FAIL : slot.error;
    if (meaning_of(code) != Meaning::refused) producer->spend();
    if (!failed) failed = error_of(code, at);
  }
  give_back(std::move(producer));
  if (!failed) return offsets;
  // Some of the call's records are there: as a whole it is neither written nor not written.
  if (any_written && failed->kind == ErrorKind::refused) {
    return Error{ErrorKind::unknown_outcome, failed->code,
                 failed->message + " (of this one; others of the same call were written)", ""};
  }
  return *failed;
}

}  // namespace lastkm::log::kafka
