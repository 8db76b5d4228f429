// A log that does what another one does; who derives from it overrides what is to be otherwise.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/log/event_log.h"

namespace lastkm::log {

class ForwardingLog : public EventLog {
 public:
  explicit ForwardingLog(std::unique_ptr<EventLog> inner) : inner_(std::move(inner)) {}
  Result<std::vector<std::int64_t>> append(std::span<const Append> records, Durability durability) override {
    return inner_->append(records, durability);
  }
  Status sync() override { return inner_->sync(); }
  Status read(Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
              std::size_t max_bytes, std::vector<StoredRecord>& out) override {
    return inner_->read(topic, partition, from, max_records, max_bytes, out);
  }
  Result<std::int64_t> end(Topic topic, std::int32_t partition) override {
    return inner_->end(topic, partition);
  }
  Result<std::int64_t> end_now(Topic topic, std::int32_t partition) override {
    return inner_->end_now(topic, partition);
  }
  std::uint64_t version() override { return inner_->version(); }
  void wait(std::uint64_t seen, std::chrono::milliseconds at_most) override { inner_->wait(seen, at_most); }
  std::int32_t partitions() const override { return inner_->partitions(); }
  std::string identity() const override { return inner_->identity(); }
  std::string cluster_id() const override { return inner_->cluster_id(); }

 protected:
  [[nodiscard]] EventLog& inner() const { return *inner_; }

 private:
  const std::unique_ptr<EventLog> inner_;
};

}  // namespace lastkm::log
