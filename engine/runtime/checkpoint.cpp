#include "engine/runtime/checkpoint.h"

#include <vector>

#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "engine/record/parse.h"
#include "engine/runtime/lane_books.h"

namespace lastkm::runtime {

Result<std::optional<Checkpoint>> read_checkpoint(store::Store& state, std::int32_t partition) {
  auto stored = state.get(kPartitionFamily, std::to_string(partition));
  if (!stored) return stored.error();
  if (!*stored) return std::optional<Checkpoint>();
  auto value = record::parse(**stored);
  if (!value) return value.error();
  Checkpoint out;
  out.commands_next = value->number("commands_next");
  out.decisions_next = value->number("decisions_next");
  out.epoch = value->number("epoch");
  out.last_offset = value->number("last_offset", -1);
  out.last_hash = value->text("last_hash");
  return std::optional(std::move(out));
}

void put_checkpoint(store::Batch& batch, std::int32_t partition, const Checkpoint& checkpoint) {
  batch.put(kPartitionFamily, std::to_string(partition),
            record::canonical(Value(Object{{"commands_next", checkpoint.commands_next},
                                           {"decisions_next", checkpoint.decisions_next},
                                           {"epoch", checkpoint.epoch},
                                           {"last_hash", checkpoint.last_hash},
                                           {"last_offset", checkpoint.last_offset}})));
}

namespace {

Result<bool> agrees(const Checkpoint& checkpoint, log::EventLog& log, std::int32_t partition) {
  auto end = log.end(log::Topic::commands, partition);
  if (!end) return end.error();
  if (checkpoint.commands_next > *end) return false;
  if (checkpoint.last_offset < 0) return true;
  std::vector<log::StoredRecord> records;
  auto read =
      log.read(log::Topic::decisions, partition, checkpoint.last_offset, 1, record::kMaxRecordBytes, records);
  if (!read) return read.error();
  return !records.empty() && records.front().offset == checkpoint.last_offset &&
         record::hex(record::sha256(records.front().record.value)) == checkpoint.last_hash;
}

}  // namespace

Result<bool> state_agrees(store::Store& state, log::EventLog& log) {
  for (std::int32_t partition = 0; partition < log.partitions(); ++partition) {
    auto checkpoint = read_checkpoint(state, partition);
    if (!checkpoint) return checkpoint.error();
    if (!*checkpoint) continue;
    auto agreed = agrees(**checkpoint, log, partition);
    if (!agreed || !*agreed) return agreed;
  }
  return true;
}

Status discard_state(store::Store& state) {
  for (const std::string& family : state_families()) {
    if (family == kMetaFamily || family == kPartitionFamily) continue;
    if (auto cleared = state.clear({family}); !cleared) return cleared;
  }
  return state.clear({std::string(kPartitionFamily)});
}

}  // namespace lastkm::runtime
