// From a draft to a submission: dates, places, codes and texts are checked, and what is missing or impossible
// is dropped, counted or refused, the same way for every format.
#pragma once

#include "engine/intake/draft.h"
#include "engine/intake/import.h"

namespace lastkm::intake {

/// bad_input with code "missing-reference", "bad-reference", "missing-text", "too-long", "bad-date",
/// "bad-data", "not-utf8", "marked-for-deletion".
[[nodiscard]] Result<Submission> finish(Cells& cells, const Format& format, const ImportOptions& options,
                                        DateOrder order);

}  // namespace lastkm::intake
