// De-duplication: the one rule that tells a command that was answered before from a new one.
#pragma once

#include "engine/lane/step.h"

namespace lastkm::lane {

/// True where the command's id was answered before; the decision then says so: duplicate_of the first answer,
/// or, where the content differs, the rejection "key-reused".
[[nodiscard]] bool is_repeat(const record::Command& command, Memory& memory, record::Decision& decision);

}  // namespace lastkm::lane
