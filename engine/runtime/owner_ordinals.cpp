// Which ordinal a command has, decided or not: a lane answers each of its commands by one decision, in
// their order.
#include <algorithm>
#include <cstdlib>

#include "engine/runtime/owner_parts.h"
#include "engine/runtime/partition_owner.h"

namespace lastkm::runtime {

std::optional<Ordinal> PartitionOwner::ordinal_of(LaneId lane, std::int64_t offset) {
  // Not under the owner's lock: much may stand between, and commands wait meanwhile. One counts for all
  // lanes, and those that wait for it go on from there.
  const std::lock_guard counting(counting_);
  std::optional<Counted> counted = nearest_counted(offset);
  if (!counted || !count_to(offset, *counted)) return std::nullopt;
  const Ordinal ordinal = counted->lanes.at(lane.value).ordinal;
  counted_ = std::move(counted);  // what was counted stays true
  return ordinal;
}

std::optional<PartitionOwner::Counted> PartitionOwner::nearest_counted(std::int64_t offset) {
  const auto away = [offset](const Counted& one) { return std::abs(one.offset - offset); };
  auto decided = counted_by_decisions();
  return counted_ && (!decided || away(*counted_) < away(*decided)) ? counted_ : std::move(decided);
}

std::optional<PartitionOwner::Counted> PartitionOwner::counted_by_decisions() {
  const std::lock_guard lock(mutex_);
  Counted out;
  out.offset = commands_next_ - 1;
  for (const auto& [lane, books] : lanes_) {
    if (books->failure()) return std::nullopt;
    out.lanes[lane] = Numbered{books->last_command_offset, books->state.ordinal};
    // The partition's position does not wait for these lanes.
    if (lost_ || newer_.contains(lane)) out.offset = std::min(out.offset, books->last_command_offset);
  }
  return out;
}

bool PartitionOwner::count_to(std::int64_t offset, Counted& counted) const {
  constexpr std::int64_t kMost = 4096;
  std::int64_t up_to = std::max(offset, counted.offset);
  for (const auto& [lane, known] : counted.lanes) up_to = std::max(up_to, known.offset);
  std::map<std::int32_t, std::int64_t> more;
  for (std::int64_t after = std::min(offset, counted.offset); after < up_to;) {
    std::vector<log::StoredRecord> records;
    const auto most = static_cast<std::size_t>(std::min(kMost, up_to - after));
    const Status read =
        parts_.log.read(log::Topic::commands, partition_, after + 1, most, kReadBytes, records);
    if (!read || records.empty()) return false;
    for (const log::StoredRecord& stored : records) {
      after = stored.offset;
      if (after > up_to) break;
      const std::int32_t lane = lane_of_record(stored.record).value;
      const bool known = after <= counted.lanes.at(lane).offset;
      if (!known && after <= offset) ++more[lane];
      if (known && after > offset) --more[lane];
    }
  }
  for (auto& [lane, known] : counted.lanes)
    known = Numbered{offset, Ordinal(known.ordinal.value + more[lane])};
  counted.offset = offset;
  return true;
}

}  // namespace lastkm::runtime
