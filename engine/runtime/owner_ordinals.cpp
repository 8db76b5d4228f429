// Which ordinal a command has, decided or not: a lane answers each of its commands by one decision, in
// their order.
#include <algorithm>
#include <cstdlib>

#include "engine/runtime/owner_parts.h"
#include "engine/runtime/partition_owner.h"

namespace lastkm::runtime {

std::optional<Ordinal> PartitionOwner::ordinal_of(LaneId lane, std::int64_t offset) {
  std::optional<Numbered> known;
  {
    const std::lock_guard lock(mutex_);
    known = nearest_numbered(lane, offset);
  }
  if (!known) return std::nullopt;
  // Not under the lock: much may stand between, and commands wait meanwhile. What was counted stays true.
  const auto between =
      commands_between(lane, std::min(known->offset, offset), std::max(known->offset, offset));
  if (!between) return std::nullopt;
  const Ordinal ordinal(known->ordinal.value + (offset < known->offset ? -*between : *between));
  const std::lock_guard lock(mutex_);
  numbered_[lane.value] = Numbered{offset, ordinal};
  return ordinal;
}

std::optional<PartitionOwner::Numbered> PartitionOwner::nearest_numbered(LaneId lane, std::int64_t offset) {
  const LaneBooks& books = this->books(lane);
  const auto asked = numbered_.find(lane.value);
  std::optional<Numbered> out;
  if (asked != numbered_.end()) out = asked->second;
  if (books.failure()) return out;
  Numbered decided{books.last_command_offset, books.state.ordinal};
  // Nothing of a quiet lane stands between its last command and those that the others wait for.
  if (!lost_ && !newer_.contains(lane.value)) decided.offset = std::max(decided.offset, commands_next_ - 1);
  const auto away = [offset](const Numbered& one) { return std::abs(one.offset - offset); };
  return out && away(*out) < away(decided) ? out : decided;
}

std::optional<std::int64_t> PartitionOwner::commands_between(LaneId lane, std::int64_t after,
                                                             std::int64_t up_to) const {
  constexpr std::int64_t kMost = 4096;
  std::int64_t out = 0;
  while (after < up_to) {
    std::vector<log::StoredRecord> records;
    const auto most = static_cast<std::size_t>(std::min(kMost, up_to - after));
    const Status read =
        parts_.log.read(log::Topic::commands, partition_, after + 1, most, kReadBytes, records);
    if (!read || records.empty()) return std::nullopt;
    for (const log::StoredRecord& stored : records) {
      after = stored.offset;
      if (after <= up_to && lane_of_record(stored.record) == lane) ++out;
    }
  }
  return out;
}

}  // namespace lastkm::runtime
