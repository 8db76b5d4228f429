// The documents that come with the program: catalogue, calendars, workflows, and the district that
// scripts/setup makes.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/runtime/engine.h"

namespace lastkm::tool {

/// Files in the order in which they can be published: places, bodies, catalogue, calendars, registers,
/// workflows. Looked for beside the program (../share/lastkm, ../) and in the source folder. not_found
/// "nothing-shipped".
[[nodiscard]] Result<std::vector<std::string>> shipped_files();

struct Published {
  std::vector<record::Document> documents;  ///< in the order in which they were published; without content
  DirectoryOrdinal last;                    ///< of the whole directory
};
/// Publishes these files; what is there already keeps its ordinal. Errors name file, line and column.
[[nodiscard]] Result<Published> publish_files(runtime::Engine& engine, const std::vector<std::string>& files);
/// Publishes everything shipped.
[[nodiscard]] Result<Published> publish_shipped(runtime::Engine& engine);
/// Documents of a folder (*.json without schemas), sorted; a file stands for itself.
[[nodiscard]] std::vector<std::string> documents_in(const std::string& path);

/// Orders documents so that what one names is published before it. Stable.
[[nodiscard]] int publishing_rank(const Value& document);

}  // namespace lastkm::tool
