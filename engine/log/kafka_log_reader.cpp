#include "engine/log/kafka_log_reader.h"

#include <algorithm>
#include <thread>

namespace lastkm::log::kafka {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeptBytes = 2U << 20U;
constexpr std::size_t kScannersMost = 4;
constexpr std::size_t kPollMost = 512;
constexpr std::int64_t kSkipMost = 1000;  ///< records that are passed over sooner than a cursor is moved
constexpr std::chrono::milliseconds kPatience{100};

std::size_t index(Topic topic) {
  return static_cast<std::size_t>(topic) - 1;
}

/// Takes from `from` on what lies in the list, within the limits; the number taken.
std::size_t take(const std::deque<StoredRecord>& list, std::int64_t from, std::size_t max_records,
                 std::size_t max_bytes, std::vector<StoredRecord>& out) {
  auto at = std::lower_bound(
      list.begin(), list.end(), from,
      [](const StoredRecord& stored, std::int64_t offset) { return stored.offset < offset; });
  std::size_t bytes = 0;
  std::size_t taken = 0;
  for (; at != list.end() && taken < max_records && (taken == 0 || bytes < max_bytes); ++at, ++taken) {
    bytes += at->record.value.size();
    out.push_back(*at);
  }
  return taken;
}

Error too_late(const std::string& at) {
  return Error{ErrorKind::unknown_outcome, "log-unreachable",
               at + ": a record that is there did not come in time; look at the brokers, and ask again", ""};
}

}  // namespace

Reader::Reader(const KafkaLogOptions& options, std::int32_t partitions)
    : options_(options), listener_(options) {
  for (const Topic topic : kTopics) {
    const bool many = topic == Topic::commands || topic == Topic::decisions;
    for (std::int32_t i = 0; i < (many ? partitions : 1); ++i)
      followed_[index(topic)].push_back(std::make_unique<Followed>());
  }
}

Reader::~Reader() {
  for (auto& topic : followed_) topic.clear();
  for (auto& scanner : scanners_) {
    scanner->cursor.reset();
    scanner->handle.reset();
  }
  for (TopicHandle& topic : topics_) topic.reset();
}

Status Reader::start() {
  auto client = make_client(listener_, Role::follower);
  if (!client) return client.error();
  client_ = std::move(*client);
  auto asker = make_client(listener_, Role::asker);
  if (!asker) return asker.error();
  asker_ = std::move(*asker);
  for (const Topic topic : kTopics) {
    const std::string name = topic_name(options_, topic);
    topics_[index(topic)].reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    asked_[index(topic)].reset(rd_kafka_topic_new(asker_.get(), name.c_str(), nullptr));
    if (!topics_[index(topic)] || !asked_[index(topic)]) return error_of(rd_kafka_last_error(), name);
  }
  return done();
}

Reader::Followed& Reader::followed(Topic topic, std::int32_t partition) {
  return *followed_[index(topic)].at(static_cast<std::size_t>(partition));
}

Result<std::int64_t> Reader::ask_end(Topic topic, std::int32_t partition) {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const std::string name = topic_name(options_, topic);
  const Clock::time_point until = Clock::now() + options_.patience;
  while (true) {
    const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        asker_.get(), name.c_str(), partition, &low, &high, static_cast<int>(options_.patience.count()));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return high;
    // A topic that is new, or that changes its leader, is not known to every broker at once.
    const bool passes = meaning_of(code) != Meaning::refused && code != RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!passes || Clock::now() > until) return error_of(code, where(name, partition));
    std::this_thread::sleep_for(kPatience);
  }
}

void Reader::written(Topic topic, std::int32_t partition, std::int64_t offset) {
  auto& known = followed(topic, partition).known_end;
  std::int64_t before = known;
  while (before < offset + 1 && !known.compare_exchange_weak(before, offset + 1)) {
  }
}

Result<std::int64_t> Reader::end(Topic topic, std::int32_t partition) {
  return end_of(followed(topic, partition), topic, partition);
}

Result<std::int64_t> Reader::end_now(Topic topic, std::int32_t partition) {
  auto asked = ask_end(topic, partition);
  if (!asked) return asked;
  written(topic, partition, *asked - 1);
  return followed(topic, partition).known_end.load();
}

Result<std::int64_t> Reader::end_of(Followed& at, Topic topic, std::int32_t partition) {
  if (at.is_followed) {
    // What the last fetch has said; a fetch is always under way, so it is late by no more than its way back.
    std::int64_t low = 0;
    std::int64_t high = 0;
    const std::string name = topic_name(options_, topic);
    if (rd_kafka_get_watermark_offsets(client_.get(), name.c_str(), partition, &low, &high) ==
            RD_KAFKA_RESP_ERR_NO_ERROR &&
        high > 0)
      written(topic, partition, high - 1);
    return at.known_end.load();
  }
  return end_now(topic, partition);
}

Status Reader::follow(Followed& at, Topic topic, std::int32_t partition, std::int64_t from,
                      std::int64_t end) {
  if (!at.cursor) {
    at.cursor = std::make_unique<Cursor>(client_.get(), topics_[index(topic)].get(),
                                         topic_name(options_, topic), partition);
    at.cursor->on_arrival([](rd_kafka_t*, void* self) { static_cast<Reader*>(self)->wake(); }, this);
  }
  if (!at.cursor->running() || from > at.cursor->next() + kSkipMost) {
    at.kept.clear();
    at.kept_bytes = 0;
    if (auto started = at.cursor->start(from); !started) return started;
    at.is_followed = true;
  }
  const Clock::time_point until = Clock::now() + options_.patience;
  while (true) {
    const bool needed = at.cursor->next() <= from && from < end;
    std::deque<StoredRecord> fresh;
    if (auto polled = at.cursor->poll(needed ? kPatience : std::chrono::milliseconds(0), kPollMost, fresh);
        !polled) {
      at.is_followed = false;
      return polled;
    }
    for (StoredRecord& stored : fresh) {
      written(topic, partition, stored.offset);
      at.kept_bytes += stored.record.value.size();
      at.kept.push_back(std::move(stored));
    }
    if (at.cursor->next() > from || from >= end) return done();
    if (Clock::now() > until) return too_late(where(topic_name(options_, topic), partition, from));
  }
}

Status Reader::read(Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
                    std::size_t max_bytes, std::vector<StoredRecord>& out) {
  from = std::max<std::int64_t>(from, 0);
  if (max_records == 0) return done();
  Followed& at = followed(topic, partition);
  auto end = end_of(at, topic, partition);
  if (!end) return end.error();
  std::int64_t scan_until = 0;
  {
    const std::lock_guard lock(at.mutex);
    const bool behind = at.cursor && at.cursor->running() &&
                        from < (at.kept.empty() ? at.cursor->next() : at.kept.front().offset);
    if (!behind) {
      if (from > *end) return done();
      // Reading goes on until the limits are met or nothing more is there at once.
      std::size_t taken = 0;
      std::size_t bytes = 0;
      while (taken < max_records && (taken == 0 || bytes < max_bytes)) {
        const std::int64_t next = taken == 0 ? from : out.back().offset + 1;
        std::size_t got =
            take(at.kept, next, max_records - taken, max_bytes > bytes ? max_bytes - bytes : 0, out);
        if (got == 0) {
          if (auto followed = follow(at, topic, partition, next, *end); !followed)
            return taken > 0 ? done() : followed;
          got = take(at.kept, next, max_records - taken, max_bytes > bytes ? max_bytes - bytes : 0, out);
        }
        if (got == 0) break;
        for (std::size_t i = out.size() - got; i < out.size(); ++i) bytes += out[i].record.value.size();
        taken += got;
        while (at.kept_bytes > kKeptBytes && at.kept.size() > 1 &&
               at.kept.front().offset <= out.back().offset) {
          at.kept_bytes -= at.kept.front().record.value.size();
          at.kept.pop_front();
        }
      }
      return done();
    }
    scan_until = at.kept.empty() ? at.cursor->next() : at.kept.front().offset;
  }
  return scan(topic, partition, from, std::min(scan_until, *end), max_records, max_bytes, out);
}

Result<Reader::Scanner*> Reader::scanner_at(Topic topic, std::int32_t partition, std::int64_t from,
                                            std::unique_lock<std::mutex>& held) {
  Scanner* chosen = nullptr;
  {
    const std::lock_guard lock(scanners_mutex_);
    for (const auto& scanner : scanners_) {
      std::unique_lock mine(scanner->mutex, std::try_to_lock);
      if (!mine.owns_lock()) continue;
      const bool fits =
          scanner->topic == topic && scanner->partition == partition && scanner->cursor->running() &&
          (scanner->ahead.empty() ? scanner->cursor->next() : scanner->ahead.front().offset) == from;
      if (fits) {
        scanner->used = ++uses_;
        held = std::move(mine);
        return scanner.get();
      }
      if (chosen == nullptr || scanner->used < chosen->used) chosen = scanner.get();
    }
    if (scanners_.size() < kScannersMost || chosen == nullptr) {
      auto fresh = std::make_unique<Scanner>(options_);
      auto client = make_client(*fresh, Role::scanner);
      if (!client) return client.error();
      fresh->client = std::move(*client);
      chosen = fresh.get();
      scanners_.push_back(std::move(fresh));
    }
    chosen->used = ++uses_;
    held = std::unique_lock(chosen->mutex);
  }
  if (chosen->cursor && chosen->topic == topic && chosen->partition == partition) {
    // The same partition from elsewhere.
  } else {
    chosen->cursor.reset();
    chosen->handle.reset(
        rd_kafka_topic_new(chosen->client.get(), topic_name(options_, topic).c_str(), nullptr));
    chosen->cursor = std::make_unique<Cursor>(chosen->client.get(), chosen->handle.get(),
                                              topic_name(options_, topic), partition);
    chosen->topic = topic;
    chosen->partition = partition;
  }
  chosen->ahead.clear();
  if (auto started = chosen->cursor->start(from); !started) return started.error();
  return chosen;
}

Status Reader::scan(Topic topic, std::int32_t partition, std::int64_t from, std::int64_t until,
                    std::size_t max_records, std::size_t max_bytes, std::vector<StoredRecord>& out) {
  std::unique_lock<std::mutex> held;
  auto found = scanner_at(topic, partition, from, held);
  if (!found) return found.error();
  Scanner& scanner = **found;
  const Clock::time_point patience = Clock::now() + options_.patience;
  std::size_t bytes = 0;
  for (std::size_t taken = 0; taken < max_records && (taken == 0 || bytes < max_bytes);) {
    if (scanner.ahead.empty()) {
      // A cursor that met an error stands still; the next call begins there and tells it.
      if (scanner.cursor->next() >= until || !scanner.cursor->running()) break;
      if (auto polled = scanner.cursor->poll(kPatience, kPollMost, scanner.ahead); !polled) return polled;
      if (scanner.ahead.empty() && Clock::now() > patience)
        return too_late(where(topic_name(options_, topic), partition, scanner.cursor->next()));
      continue;
    }
    bytes += scanner.ahead.front().record.value.size();
    out.push_back(std::move(scanner.ahead.front()));
    scanner.ahead.pop_front();
    ++taken;
  }
  // At the end it would ask the broker again and again for nothing.
  if (scanner.cursor->next() >= until && scanner.ahead.empty()) scanner.cursor->stop();
  return done();
}

std::uint64_t Reader::version() {
  const std::lock_guard lock(version_mutex_);
  return version_;
}

void Reader::wake() {
  const std::lock_guard lock(version_mutex_);
  ++version_;
  grown_.notify_all();
}

void Reader::wait(std::uint64_t seen, std::chrono::milliseconds at_most) {
  std::unique_lock lock(version_mutex_);
  grown_.wait_for(lock, at_most, [&] { return version_ != seen; });
}

}  // namespace lastkm::log::kafka
