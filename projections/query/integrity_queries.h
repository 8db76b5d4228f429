// Lines of the view "integrity", a lane each.
#pragma once

#include "engine/base/value.h"
#include "projections/projector.h"

namespace lastkm::projections {

/// {"lane","last","decisions_root","commands_root","events","rejected","repeats","late","broken","first_broken"}
[[nodiscard]] Result<Array> integrity_lanes(const Projector::Reading& rows);

}  // namespace lastkm::projections
