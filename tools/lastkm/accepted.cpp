#include "tools/lastkm/accepted.h"

#include <algorithm>
#include <charconv>

namespace lastkm::tool {

namespace {

std::int64_t epoch_of(const log::Record& record) {
  std::int64_t epoch = 0;
  for (const auto& [name, value] : record.headers) {
    if (name == "epoch") std::from_chars(value.data(), value.data() + value.size(), epoch);
  }
  return epoch;
}

}  // namespace

Status each_record(log::EventLog& log, log::Topic topic, std::int32_t partition,
                   const std::function<bool(const log::StoredRecord&)>& visit) {
  std::int64_t next = 0;
  std::vector<log::StoredRecord> records;
  while (true) {
    records.clear();
    if (auto read = log.read(topic, partition, next, 1024, 4U << 20U, records); !read) return read;
    if (records.empty()) return done();
    for (const log::StoredRecord& stored : records) {
      if (!visit(stored)) return done();
    }
    next = records.back().offset + 1;
  }
}

Status each_accepted(log::EventLog& log, std::int32_t partition,
                     const std::function<bool(const record::Decision&, const std::string& bytes)>& visit) {
  std::map<std::int32_t, std::int64_t> last;  // by lane
  std::int64_t live = 0;
  Status outcome = done();
  auto read = each_record(log, log::Topic::decisions, partition, [&](const log::StoredRecord& stored) {
    const std::string& bytes = stored.record.value;
    const std::int64_t epoch = epoch_of(stored.record);
    const auto kind = record::kind_of(bytes);
    if (kind == record::DecisionRecordKind::owner_started) live = std::max(live, epoch);
    if (kind == record::DecisionRecordKind::owner_started || epoch < live) return true;
    const auto decision = record::decode_decision(bytes);
    if (!decision) {
      Error error = decision.error();
      error.path = "decisions/" + std::to_string(partition) + "/" + std::to_string(stored.offset);
      outcome = error;
      return false;
    }
    std::int64_t& ordinal = last[decision->lane.value];
    if (decision->ordinal.value != ordinal + 1) return true;
    ordinal += 1;
    return visit(*decision, bytes);
  });
  return read ? outcome : read;
}

}  // namespace lastkm::tool
