// What reads a database: its families at one moment. Included by sources of the store alone.
#pragma once

#include <rocksdb/db.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store/store.h"

namespace lastkm::store {

[[nodiscard]] inline rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

/// A family as long as somebody reads it, also after it was cleared and a new one took its name.
using Family = std::shared_ptr<rocksdb::ColumnFamilyHandle>;
using Families = std::map<std::string, Family, std::less<>>;

/// What reading needs: the database, and its families at one moment. Errors as of Store.
struct Source {
  std::string folder;
  rocksdb::DB* db = nullptr;
  std::shared_ptr<const Families> families;
  std::set<std::string, std::less<>> absent;  ///< asked for, and not there to be read

  /// bad_input "unknown-family".
  [[nodiscard]] Result<rocksdb::ColumnFamilyHandle*> handle_of(std::string_view family) const;
  [[nodiscard]] Result<std::optional<std::string>> get(const rocksdb::ReadOptions& how,
                                                       std::string_view family, std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::optional<std::string>>> get_many(
      const rocksdb::ReadOptions& how, std::string_view family, std::span<const std::string> keys) const;
  [[nodiscard]] Status scan(const rocksdb::ReadOptions& how, std::string_view family, std::string_view from,
                            const std::function<bool(std::string_view, std::string_view)>& visit) const;
};

/// A snapshot of it, taken now.
[[nodiscard]] std::unique_ptr<Snapshot> snapshot_of(Source source);

}  // namespace lastkm::store
