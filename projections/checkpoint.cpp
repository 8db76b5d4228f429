#include "projections/checkpoint.h"

#include <charconv>
#include <utility>
#include <vector>

#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "engine/record/parse.h"

namespace lastkm::projections {

namespace {
constexpr std::string_view kLane = "lane/";
constexpr std::string_view kPartition = "partition/";

std::string numbered(std::string_view prefix, std::int32_t n) {
  std::string digits = std::to_string(n);
  digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
  return std::string(prefix) + digits;
}

std::int32_t number_in(std::string_view key, std::string_view prefix) {
  std::int32_t n = 0;
  key.remove_prefix(prefix.size());
  std::from_chars(key.data(), key.data() + key.size(), n);
  return n;
}
}  // namespace

Error unreadable_row(std::string_view family, std::string_view key, std::string_view why) {
  return Error{ErrorKind::integrity, "views-corrupt",
               "the row '" + std::string(key) + "' of " + std::string(family) +
                   " cannot be read: " + std::string(why) + "; rebuild the views",
               ""};
}

Result<Value> row_value(std::string_view family, std::string_view key, std::string_view bytes) {
  auto value = record::parse(bytes);
  if (value) return value;
  return unreadable_row(family, key, value.error().message);
}

Result<Checkpoint> Checkpoint::load(store::Store& store, std::string_view family) {
  Checkpoint checkpoint;
  std::optional<Error> error;
  const Status scanned = store.scan(family, kLane, [&](std::string_view key, std::string_view bytes) {
    const bool is_lane = key.starts_with(kLane);
    if (!is_lane && !key.starts_with(kPartition)) return true;
    auto row = row_value(family, key, bytes);
    if (!row) {
      error = row.error();
      return false;
    }
    if (is_lane) {
      checkpoint.lanes_[LaneId(number_in(key, kLane))] =
          Lane{Ordinal(row->number("ordinal")), row->number("offset"), std::string(row->text("sha256"))};
    } else {
      checkpoint.partitions_[number_in(key, kPartition)] =
          Partition{row->number("next"), record::LiveEpoch(row->number("epoch"))};
    }
    return true;
  });
  if (!scanned) return scanned.error();
  if (error) return *error;
  return checkpoint;
}

Result<bool> Checkpoint::agrees_with(log::EventLog& log) const {
  for (const auto& [number, partition] : partitions_) {
    if (number >= log.partitions()) return false;
    auto end = log.end(log::Topic::decisions, number);
    if (!end) return end.error();
    if (*end < partition.next) return false;
  }
  std::vector<log::StoredRecord> found;
  for (const auto& [id, lane] : lanes_) {
    found.clear();
    const Status read =
        log.read(log::Topic::decisions, log::partition_of(id, log.partitions()), lane.offset, 1, 1, found);
    if (!read) return read.error();
    if (found.empty() || found.front().offset != lane.offset) return false;
    if (record::hex(record::sha256(found.front().record.value)) != lane.sha256) return false;
  }
  return true;
}

record::Verdict Checkpoint::verdict_on(LaneId id, Ordinal ordinal) const {
  const auto lane = lanes_.find(id);
  return record::verdict_on(ordinal, lane == lanes_.end() ? Ordinal() : lane->second.ordinal);
}

void Checkpoint::accept(LaneId id, Ordinal ordinal, std::int64_t offset) {
  lanes_[id] = Lane{ordinal, offset, ""};
  changed_lanes_.insert(id);
}

std::vector<std::pair<LaneId, std::int64_t>> Checkpoint::moved(std::int32_t partition,
                                                               std::int32_t partitions) const {
  std::vector<std::pair<LaneId, std::int64_t>> moved;
  for (const LaneId id : changed_lanes_) {
    if (log::partition_of(id, partitions) == partition) moved.emplace_back(id, lanes_.at(id).offset);
  }
  return moved;
}

void Checkpoint::set_digest(LaneId lane, std::string sha256) {
  lanes_[lane].sha256 = std::move(sha256);
}

namespace {
std::string row_of(const Checkpoint::Lane& lane) {
  return record::canonical(
      Object{{"ordinal", lane.ordinal.value}, {"offset", lane.offset}, {"sha256", lane.sha256}});
}
std::string row_of(const Checkpoint::Partition& partition) {
  return record::canonical(Object{{"next", partition.next}, {"epoch", partition.epoch.highest()}});
}
}  // namespace

void Checkpoint::save(store::Batch& batch) {
  for (const LaneId id : changed_lanes_)
    batch.put(kCheckpointFamily, numbered(kLane, id.value), row_of(lanes_[id]));
  for (const std::int32_t number : changed_partitions_)
    batch.put(kCheckpointFamily, numbered(kPartition, number), row_of(partitions_[number]));
  changed_lanes_.clear();
  changed_partitions_.clear();
}

std::vector<std::pair<std::string, std::string>> Checkpoint::rows() const {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [id, lane] : lanes_) rows.emplace_back(numbered(kLane, id.value), row_of(lane));
  for (const auto& [number, partition] : partitions_)
    rows.emplace_back(numbered(kPartition, number), row_of(partition));
  return rows;
}

void Checkpoint::adopt(const Checkpoint& other, std::int32_t partition, std::int32_t partitions) {
  const auto found = other.partitions_.find(partition);
  if (found == other.partitions_.end()) return;
  this->partition(partition) = found->second;
  for (const auto& [id, lane] : other.lanes_) {
    if (log::partition_of(id, partitions) != partition) continue;
    lanes_[id] = lane;
    changed_lanes_.insert(id);
  }
}

std::int64_t Checkpoint::next(std::int32_t number) const {
  const auto found = partitions_.find(number);
  return found == partitions_.end() ? 0 : found->second.next;
}

Positions Checkpoint::positions() const {
  Positions positions;
  for (const auto& [id, lane] : lanes_) {
    if (lane.ordinal.value > 0) positions[id] = lane.ordinal;
  }
  return positions;
}

}  // namespace lastkm::projections
