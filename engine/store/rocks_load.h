// Rows written beside a database as sorted files, and taken in at once. Included by sources of the store
// alone.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "engine/store/rocks_options.h"
#include "engine/store/rocks_source.h"

namespace lastkm::store {

/// The folder in a store's for the files that a load writes; what is left there counts for nothing.
inline constexpr std::string_view kLoading = "loading";

/// As Store::begin_load. `how` outlives the load. `fail` makes the error where the database itself could not
/// be written; files beside it fail without harm to it.
[[nodiscard]] Result<std::unique_ptr<Load>> begin_load_into(
    Source source, const FamilyOptions& how, std::function<Error(const rocksdb::Status&)> fail);

}  // namespace lastkm::store
