#include "engine/log/kafka_log_writer.h"
#include "engine/base/thread_name.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <optional>
#include <thread>

#include "engine/log/cloud_event_headers.h"

namespace lastkm::log::kafka {

namespace {

/// One call of append: what it waits for.
struct Batch {
  std::mutex mutex;
  std::condition_variable reported;
  std::size_t left = 0;
};

/// One record of it.
struct Slot {
  Batch* batch = nullptr;
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

class Writer::Producer : public Listener {
 public:
  explicit Producer(const KafkaLogOptions& of) : Listener(of) {}

  ~Producer() {
    if (!client_) return;
    // What is still under way gets its report, so that no caller waits for ever.
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(client_.get(), 1000);
    poller_.request_stop();
    if (poller_.joinable()) poller_.join();
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
    poller_ = std::jthread([this](const std::stop_token& stop) {
      name_thread("kafka-writer");
      while (!stop.stop_requested()) rd_kafka_poll(client_.get(), 50);
    });
    return done();
  }

  void append(std::span<const Append> records, std::span<Slot> slots, Batch& batch) {
    batch.left = records.size();
    for (std::size_t i = 0; i < records.size(); ++i) {
      slots[i].batch = &batch;
      const rd_kafka_resp_err_t failed = produce(records[i], slots[i]);
      if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      const std::lock_guard lock(batch.mutex);
      slots[i].error = failed;
      --batch.left;
      // What follows in its partition would take its place.
      for (std::size_t j = i + 1; j < records.size(); ++j) {
        slots[j].error = failed;
        --batch.left;
      }
      break;
    }
    std::unique_lock lock(batch.mutex);
    batch.reported.wait(lock, [&batch] { return batch.left == 0; });
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
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  static void report(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* /*opaque*/) {
    auto* slot = static_cast<Slot*>(message->_private);
    Batch& batch = *slot->batch;
    const std::lock_guard lock(batch.mutex);
    slot->error = message->err;
    slot->offset = message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? message->offset : -1;
    slot->may_be_written = rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    if (--batch.left == 0) batch.reported.notify_all();
  }

  Handle client_;
  std::array<TopicHandle, 4> topics_;
  std::atomic<bool> spent_ = false;
  std::jthread poller_;
};

Writer::Writer(const KafkaLogOptions& options, std::function<void(Topic, std::int32_t, std::int64_t)> written)
    : options_(options), written_(std::move(written)) {}
Writer::~Writer() = default;

Status Writer::start() {
  auto made = current();
  if (!made) return made.error();
  return done();
}

int Writer::producers() const {
  const std::lock_guard lock(mutex_);
  return producers_;
}

void Writer::break_producer() {
  const std::lock_guard lock(mutex_);
  if (producer_) producer_->break_it();
}

Result<std::shared_ptr<Writer::Producer>> Writer::current() {
  std::shared_ptr<Producer> spent;  // ends outside the lock
  const std::lock_guard lock(mutex_);
  if (producer_ && !producer_->is_spent()) return producer_;
  spent = std::move(producer_);
  auto fresh = std::make_shared<Producer>(options_);
  if (auto started = fresh->start(); !started) return started.error();
  producer_ = fresh;
  ++producers_;
  return fresh;
}

Result<std::vector<std::int64_t>> Writer::append(std::span<const Append> records) {
  auto producer = current();
  if (!producer) return producer.error();
  Batch batch;
  std::vector<Slot> slots(records.size());
  (*producer)->append(records, slots, batch);
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
    if (meaning_of(code) != Meaning::refused) (*producer)->spend();
    if (!failed) failed = error_of(code, at);
  }
  if (!failed) return offsets;
  // Some of the call's records are there: as a whole it is neither written nor not written.
  if (any_written && failed->kind == ErrorKind::refused) {
    return Error{ErrorKind::unknown_outcome, failed->code,
                 failed->message + " (of this one; others of the same call were written)", ""};
  }
  return *failed;
}

}  // namespace lastkm::log::kafka
