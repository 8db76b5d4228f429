// A log for a process that only reads it: appends are refused.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/log/event_log.h"

namespace lastkm::log {

class ReadingLog final : public EventLog {
 public:
  explicit ReadingLog(std::unique_ptr<EventLog> log) : log_(std::move(log)) {}

  Result<std::vector<std::int64_t>> append(std::span<const Append> /*records*/,
                                           Durability /*durability*/) override {
    return Error{ErrorKind::refused, "read-only",
                 "this process reads the log and takes no commands: ask one that has the role engine", ""};
  }
  Status sync() override { return done(); }
  Status read(Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
              std::size_t max_bytes, std::vector<StoredRecord>& out) override {
    return log_->read(topic, partition, from, max_records, max_bytes, out);
  }
  Result<std::int64_t> end(Topic topic, std::int32_t partition) override {
    return log_->end(topic, partition);
  }
  Result<std::int64_t> end_now(Topic topic, std::int32_t partition) override {
    return log_->end_now(topic, partition);
  }
  std::uint64_t version() override { return log_->version(); }
  void wait(std::uint64_t seen, std::chrono::milliseconds at_most) override { log_->wait(seen, at_most); }
  std::int32_t partitions() const override { return log_->partitions(); }
  std::string identity() const override { return log_->identity(); }
  std::string cluster_id() const override { return log_->cluster_id(); }

 private:
  const std::unique_ptr<EventLog> log_;
};

}  // namespace lastkm::log
