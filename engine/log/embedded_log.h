// The log in a folder: RocksDB, group commit, WAL synced before an acknowledgement, a high-water mark outside
// the database. One process writes a folder; others may read beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/log/event_log.h"

namespace rocksdb {
class Env;
}

namespace lastkm::log {

struct EmbeddedLogOptions {
  std::string folder;                       ///< the data folder; the database is in its "log"
  std::int32_t partitions = 0;              ///< of `commands` and `decisions`; 0: as the log was made
  bool read_only = false;                   ///< sees what was written when it opened
  std::optional<Error> why_read_only = {};  ///< what an append is told; empty: "read-only"
  std::uint64_t keep_free_bytes = 64U
                                  << 20U;  ///< below this appends are refused ("disk-full") and reads go on
  std::size_t write_buffer_bytes = 16U << 20U;  ///< what is written gathers in memory up to twice this
  /// Free bytes where the folder lies; empty: asks the system. For tests.
  std::function<std::uint64_t()> free_bytes = {};
  /// From any thread, when a write or sync has failed. What is on disk only opening again can tell.
  std::function<void(const Error&)> on_failure = {};
  /// For tests: the files that the database sees, and whether syncs are left out.
  rocksdb::Env* env = nullptr;
  bool leave_out_syncs = false;
};

/// folder_in_use; not_found "no-log" (read_only and none there); refused "cannot-open", "other-partitions",
/// "permission-denied";
/// integrity log-rollback | mark-missing | mark-damaged | log-corrupt (the message names the file where the
/// database knows it) | foreign-file. refused "disk-full": opening for writing needs keep_free_bytes too.
/// append() answers refused "disk-full" with nothing written.
[[nodiscard]] Result<std::unique_ptr<EventLog>> open_embedded_log(const EmbeddedLogOptions& options);

}  // namespace lastkm::log
