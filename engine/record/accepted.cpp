#include "engine/record/accepted.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace lastkm::record {

Result<std::int64_t> epoch_in(Headers headers) {
  for (const auto& [name, text] : headers) {
    if (name != kEpochHeader) continue;
    std::int64_t epoch = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failed] = std::from_chars(text.data(), end, epoch);
    // The next owner counts on from it.
    if (failed != std::errc{} || stopped != end || epoch < 0 ||
        epoch == std::numeric_limits<std::int64_t>::max()) {
      return Error{ErrorKind::integrity, "bad-epoch",
                   "the header " + std::string(kEpochHeader) + " names no epoch: '" + text + "'", ""};
    }
    return epoch;
  }
  return std::int64_t{0};
}

Result<Written> LiveEpoch::read(std::string_view bytes, Headers headers) {
  auto epoch = epoch_in(headers);
  if (!epoch) return epoch.error();
  const DecisionRecordKind kind = kind_of(bytes);
  if (kind == DecisionRecordKind::owner_started) highest_ = std::max(highest_, *epoch);
  return Written{kind, *epoch, *epoch < highest_};
}

Verdict verdict_on(Ordinal ordinal, Ordinal last) {
  const Ordinal wanted = next(last);
  if (ordinal < wanted) return Verdict::repeat;
  return ordinal == wanted ? Verdict::accepted : Verdict::gap;
}

}  // namespace lastkm::record
