#include "engine/runtime/each_record.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/record/accepted.h"
#include "engine/runtime/owner_parts.h"

namespace lastkm::runtime {

namespace {

constexpr std::size_t kRecords = 1024;
constexpr std::size_t kBytes = 8U << 20U;

/// The accepted sequences of a partition's lanes, as far as they were read.
class Acceptance {
 public:
  Acceptance(std::int32_t partition, std::int32_t partitions)
      : partition_(partition), partitions_(partitions) {}

  /// The decision that the record is, where it is accepted.
  Result<std::optional<record::Decision>> take(const log::StoredRecord& stored) {
    using Decision = std::optional<record::Decision>;
    const std::string& bytes = stored.record.value;
    const auto written = epoch_.read(bytes, stored.record.headers);
    if (!written) return at_decision(partition_, stored.offset, written.error());
    if (written->kind == record::DecisionRecordKind::unknown)
      return foreign_record(partition_, stored.offset, bytes);
    if (written->kind == record::DecisionRecordKind::owner_started || written->stale) return Decision();
    auto decision = record::decode_decision(bytes);
    if (!decision) return at_decision(partition_, stored.offset, decision.error());
    if (log::partition_of(decision->lane, partitions_) != partition_) {
      return at_decision(
          partition_, stored.offset,
          Error{ErrorKind::integrity, "wrong-partition",
                "lane " + std::to_string(decision->lane.value) + " does not belong into this partition", ""});
    }
    Ordinal& last = last_[decision->lane];
    switch (record::verdict_on(decision->ordinal, last)) {
      case record::Verdict::repeat:
        return Decision();
      case record::Verdict::gap:
        return decision_gap(partition_, stored.offset, *decision, last);
      case record::Verdict::accepted:
        break;
    }
    last = decision->ordinal;
    return Decision(std::move(*decision));
  }

 private:
  const std::int32_t partition_;
  const std::int32_t partitions_;
  record::LiveEpoch epoch_;
  std::map<LaneId, Ordinal> last_;
};

}  // namespace

Status each_record(log::EventLog& log, log::Topic topic, std::int32_t partition,
                   const std::function<Result<bool>(log::StoredRecord&)>& visit) {
  std::vector<log::StoredRecord> records;
  for (std::int64_t from = 0;;) {
    records.clear();
    if (auto read = log.read(topic, partition, from, kRecords, kBytes, records); !read) return read;
    if (records.empty()) return done();
    for (log::StoredRecord& stored : records) {
      from = stored.offset + 1;
      const auto goes_on = visit(stored);
      if (!goes_on) return goes_on.error();
      if (!*goes_on) return done();
    }
  }
}

Status each_accepted(log::EventLog& log, std::int32_t partition,
                     const std::function<Result<bool>(const record::Decision&, log::Record&)>& visit) {
  Acceptance acceptance(partition, log.partitions());
  return each_record(log, log::Topic::decisions, partition, [&](log::StoredRecord& stored) -> Result<bool> {
    auto decision = acceptance.take(stored);
    if (!decision) return decision.error();
    return *decision ? visit(**decision, stored.record) : Result<bool>(true);
  });
}

}  // namespace lastkm::runtime
