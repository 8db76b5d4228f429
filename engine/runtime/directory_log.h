// The directory log as contexts: what is in force at each ordinal. Grows as documents are published, here or
// by other processes; of two with one ordinal the first in the log has it. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/directory/context.h"
#include "engine/log/event_log.h"
#include "engine/record/decision.h"

namespace lastkm::runtime {

class DirectoryLog {
 public:
  DirectoryLog(log::EventLog& log, std::string source);

  /// Reads what is new in the log. integrity where a document cannot be read or ordinals have a gap.
  [[nodiscard]] Status refresh() const;
  /// Looks into the log for what it does not know. nullptr where the log does not reach that far, or could
  /// not be read: then `unread`, where it is given, is why. Ordinal 0 is the empty directory.
  [[nodiscard]] std::shared_ptr<const directory::Context> at(DirectoryOrdinal ordinal,
                                                             std::optional<Error>* unread = nullptr) const;
  [[nodiscard]] std::shared_ptr<const directory::Context> newest() const;
  [[nodiscard]] std::vector<record::Document> documents() const;
  /// Checks all of them, then appends them in this order; a document that the log holds with the same content
  /// keeps its ordinal. Synced on return. An error of one (its path: where in the document): none is
  /// appended.
  [[nodiscard]] Result<std::vector<record::Document>> publish(std::span<const Value> contents, Instant now);

 private:
  /// What this process has appended, and what it makes of the directory where nothing else comes before it.
  struct Appended {
    std::string value;
    record::Document document;
    std::shared_ptr<const directory::Context> context;
  };
  [[nodiscard]] Status refresh_locked(std::vector<Appended> appended) const;
  log::EventLog& log_;
  const std::string source_;
  mutable std::mutex mutex_;
  // As far as the log was read.
  mutable std::int64_t next_offset_ = 0;
  mutable std::vector<record::Document> documents_;
  mutable std::vector<std::shared_ptr<const directory::Context>> contexts_;  ///< by ordinal
};

}  // namespace lastkm::runtime
