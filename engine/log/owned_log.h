// A log together with what says that this process may write it: both end together, the log first.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/log/event_log.h"

namespace lastkm::log {

template <class Right>
class OwnedLog final : public EventLog {
 public:
  OwnedLog(std::unique_ptr<EventLog> log, std::unique_ptr<Right> right)
      : right_(std::move(right)), log_(std::move(log)) {}

  Result<std::vector<std::int64_t>> append(std::span<const Append> records, Durability durability) override {
    return log_->append(records, durability);
  }
  Status sync() override { return log_->sync(); }
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
  const std::unique_ptr<Right> right_;
  const std::unique_ptr<EventLog> log_;
};

}  // namespace lastkm::log
