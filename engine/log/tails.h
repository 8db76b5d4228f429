// The last records of each partition, kept in memory as they were framed: those who follow the log read them
// without asking the database. Bounded. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/log/event_log.h"

namespace lastkm::log {

class Tails {
 public:
  /// `partitions` of each topic that is kept: commands and decisions.
  explicit Tails(std::int32_t partitions);

  /// The record at `offset`, which is next in its partition. Others than commands and decisions are not kept.
  void add(Topic topic, std::int32_t partition, std::int64_t offset, std::string frame);
  /// Appends records from `from` on, as EventLog::read does; false, with nothing appended, where `from` lies
  /// before what is kept, or nothing is kept.
  [[nodiscard]] bool read(Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
                          std::size_t max_bytes, std::vector<StoredRecord>& out) const;

 private:
  struct Tail {
    mutable std::mutex mutex;
    std::int64_t first = 0;  ///< offset of the first frame
    std::deque<std::string> frames;
    std::size_t bytes = 0;
  };
  [[nodiscard]] Tail* tail(Topic topic, std::int32_t partition) const;
  std::vector<std::unique_ptr<Tail>> tails_;
};

}  // namespace lastkm::log
