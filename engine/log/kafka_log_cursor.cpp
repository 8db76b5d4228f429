#include <array>

#include "engine/log/cloud_event_headers.h"
#include "engine/log/kafka_log_reader.h"

namespace lastkm::log::kafka {

Cursor::Cursor(rd_kafka_t* client, rd_kafka_topic_t* topic, std::string topic_name, std::int32_t partition)
    : topic_(topic),
      topic_name_(std::move(topic_name)),
      partition_(partition),
      queue_(rd_kafka_queue_new(client)) {}

Cursor::~Cursor() {
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  stop();
}

void Cursor::on_arrival(void (*wake)(rd_kafka_t*, void*), void* opaque) {
  rd_kafka_queue_cb_event_enable(queue_.get(), wake, opaque);
}

void Cursor::stop() {
  if (running_) rd_kafka_consume_stop(topic_, partition_);
  running_ = false;
}

Status Cursor::start(std::int64_t from) {
  stop();
  if (rd_kafka_consume_start_queue(topic_, partition_, from, queue_.get()) != 0)
    return error_of(rd_kafka_last_error(), where(topic_name_, partition_, from));
  running_ = true;
  next_ = from;
  return done();
}

Status Cursor::poll(std::chrono::milliseconds wait, std::size_t most, std::deque<StoredRecord>& out) {
  std::array<rd_kafka_message_t*, 512> messages{};
  most = std::min(most, messages.size());
  // A call that waits does so until it has as many as were asked for: so wait for the first, and take what is
  // there behind it.
  ssize_t count =
      rd_kafka_consume_batch_queue(queue_.get(), static_cast<int>(wait.count()), messages.data(), 1);
  if (count == 1 && most > 1) {
    const ssize_t more = rd_kafka_consume_batch_queue(queue_.get(), 0, messages.data() + 1, most - 1);
    if (more > 0) count += more;
  }
  if (count < 0) return error_of(rd_kafka_last_error(), where(topic_name_, partition_, next_));
  const std::size_t had = out.size();
  Status taken = done();
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    if (taken) taken = take(*messages[i], out);
    rd_kafka_message_destroy(messages[i]);
  }
  if (taken) return done();
  // What came before is given first; the next poll starts here and meets the error alone.
  stop();
  return out.size() > had ? done() : taken;
}

Status Cursor::take(const rd_kafka_message_t& message, std::deque<StoredRecord>& out) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (meaning_of(message.err) == Meaning::retried) return done();
    return error_of(message.err, where(topic_name_, partition_, next_), rd_kafka_message_errstr(&message));
  }
  if (message.offset < next_) return done();
  StoredRecord stored;
  stored.offset = message.offset;
  stored.record.key.assign(static_cast<const char*>(message.key), message.key_len);
  stored.record.value.assign(static_cast<const char*>(message.payload), message.len);
  Headers headers;
  rd_kafka_headers_t* list = nullptr;
  if (rd_kafka_message_headers(&message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
      headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  if (const std::string_view wrong = contradicting_header(stored.record.value, headers); !wrong.empty()) {
    return Error{ErrorKind::integrity, "header-differs",
                 where(topic_name_, partition_, message.offset) + ": the header " + std::string(wrong) +
                     " is not what the record itself says; one of the two was changed",
                 ""};
  }
  for (auto& header : headers) {
    if (!is_cloud_event_header(header.first)) stored.record.headers.push_back(std::move(header));
  }
  next_ = message.offset + 1;
  out.push_back(std::move(stored));
  return done();
}

}  // namespace lastkm::log::kafka
