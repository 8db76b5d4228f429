// RocksDB 7.8 leaves the write-ahead log of a life in which nothing was written where it lies, until
// something is flushed: whoever only reads would leave one more each time.
#pragma once

#include <string>

namespace lastkm::log {

/// Removes those of a database that this process has just opened for writing, all but the newest, which is in
/// use. What cannot be removed stays.
void remove_empty_wals(const std::string& folder);

}  // namespace lastkm::log
