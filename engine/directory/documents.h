// Readers of the directory's own documents; each adds all that is wrong to `faults`. Formats:
// schemas/directory.
#pragma once

#include <vector>

#include "engine/base/fields.h"
#include "engine/directory/context.h"

namespace lastkm::directory {

[[nodiscard]] std::vector<Body> read_bodies(const Value& document, Faults& faults);
[[nodiscard]] std::vector<Place> read_places(const Value& document, Faults& faults);
[[nodiscard]] std::vector<Category> read_catalogue(const Value& document, Faults& faults);

}  // namespace lastkm::directory
