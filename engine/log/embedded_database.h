// The database under the embedded log: whether it is there, how it is opened, what is said where it cannot
// be. Included by sources of the log alone.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "engine/log/embedded_log.h"

namespace lastkm::log {

/// integrity "log-corrupt"; `folder` is that of the database.
[[nodiscard]] Error corrupt(const std::string& folder, const rocksdb::Status& status);
/// refused "disk-full".
[[nodiscard]] Error disk_full(const EmbeddedLogOptions& options, std::uint64_t free);
/// Whether the folder holds a database. integrity "log-corrupt" or "log-rollback" where it held one and what
/// is left cannot be opened; not_found "no-log" where there is none and none may be made.
[[nodiscard]] Result<bool> database_exists(const EmbeddedLogOptions& options);
/// folder_in_use where another process has it, refused "cannot-open", integrity "log-corrupt".
[[nodiscard]] Result<std::unique_ptr<rocksdb::DB>> open_database(const EmbeddedLogOptions& options);

}  // namespace lastkm::log
