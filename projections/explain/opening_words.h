// Why no workflow took a request that would have opened a case.
#pragma once

#include <optional>
#include <string>

#include "engine/base/value.h"
#include "engine/directory/context.h"
#include "projections/explain/explain.h"
#include "projections/explain/names.h"

namespace lastkm::explain {

struct NotTaken {
  std::string needed;  ///< what `applies` of each workflow demands, as a sentence
  Object facts;        ///< what they read, with its values then
};

/// nullopt where the decision was refused for another reason. The log holds no facts of it: they are read
/// again from the command and the documents that were in force.
[[nodiscard]] std::optional<NotTaken> not_taken(const Names& names, const Turn& turn,
                                                const directory::Context& context);

}  // namespace lastkm::explain
