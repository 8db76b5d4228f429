// How the databases of stores are opened, and what is said where one fails. Included by sources of the store
// alone.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <set>
#include <string>
#include <string_view>

#include "engine/store/store.h"

namespace lastkm::store {

/// folder_in_use where another process has it, refused "cannot-open", integrity "store-corrupt".
[[nodiscard]] Error open_error(const rocksdb::Status& status, const std::string& folder);
/// integrity "store-corrupt".
[[nodiscard]] Error read_error(const rocksdb::Status& status, const std::string& folder);
/// unknown_outcome "store-write-failed"; integrity "store-corrupt" where that is why.
[[nodiscard]] Error write_error(const rocksdb::Status& status, const std::string& folder);

[[nodiscard]] rocksdb::DBOptions db_options(const RocksStoreOptions& given);

/// Options of each family: of all, and of those whose rows are written once.
class FamilyOptions {
 public:
  explicit FamilyOptions(const RocksStoreOptions& given);
  [[nodiscard]] const rocksdb::ColumnFamilyOptions& of(std::string_view family) const {
    return written_once_.contains(family) ? once_ : each_;
  }

 private:
  rocksdb::ColumnFamilyOptions each_, once_;
  std::set<std::string, std::less<>> written_once_;
};

}  // namespace lastkm::store
