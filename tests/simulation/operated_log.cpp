#include "tests/simulation/operated_log.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/record/decision.h"

namespace lastkm::simulation {

namespace {

/// Above the epoch of any owner that has started elsewhere meanwhile: nobody shares an operator's.
constexpr std::int64_t kAbove = 1000;

/// An operator's answer to another case asks something back, which is not made here.
bool is_asked_by_people(const log::Append& intended) {
  constexpr auto kFromCases =
      std::to_array<std::string_view>({"Adopt", "Confirm", "Unheard", "Release", "End"});
  const auto decision = record::decode_decision(intended.record.value);
  return decision &&
         std::find(kFromCases.begin(), kFromCases.end(), decision->command_name) == kFromCases.end();
}

}  // namespace

Result<std::vector<std::int64_t>> OperatedLog::append(std::span<const log::Append> records,
                                                      log::Durability durability) {
  const bool decisions = !records.empty() && records.front().topic == log::Topic::decisions;
  if (!decisions) return inner().append(records, durability);
  const std::int32_t partition = records.front().partition;
  const auto intended = std::find_if(records.begin(), records.end(), [](const log::Append& append) {
    return record::kind_of(append.record.value) == record::DecisionRecordKind::decision;
  });
  // An owner that is not announced yet has seen no epoch that the operator's would be above.
  const bool struck = intended == records.begin() && is_asked_by_people(*intended) && strikes_();
  if (echo_ && (struck || believed_.contains(partition))) {
    auto& believed = believed_[partition];
    std::int64_t next =
        believed.empty() ? *inner().end(log::Topic::decisions, partition) : believed.back().offset + 1;
    for (const log::Append& append : records) believed.push_back({next++, append.record});
  }
  if (struck) decide_otherwise(*intended);
  return inner().append(records, durability);
}

void OperatedLog::decide_otherwise(const log::Append& intended) {
  auto given = record::decode_decision(intended.record.value);
  if (!given) return;
  given->events.clear();
  given->follow_ups.clear();
  given->duplicate_of.reset();
  given->rejection =
      record::Rejection{"skipped", "by hand", "", "engine/operator", Value(Object{{"by", "P-9"}})};
  std::int64_t epoch = 0;
  for (const auto& [name, value] : intended.record.headers) {
    if (name == "epoch") epoch = std::stoll(value) + kAbove;
  }
  const std::vector<std::pair<std::string, std::string>> headers{{"epoch", std::to_string(epoch)}};
  const std::vector<log::Append> both{
      {log::Topic::decisions, intended.partition,
       log::Record{"owner",
                   record::encode(record::OwnerStarted{epoch, "operator", given->lane_time}, source_),
                   headers}},
      {log::Topic::decisions, intended.partition,
       log::Record{intended.record.key, record::encode(*given, source_), headers}}};
  (void)inner().append(both, log::Durability::synced);
}

Status OperatedLog::read(log::Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
                         std::size_t max_bytes, std::vector<log::StoredRecord>& out) {
  const auto believed = believed_.find(partition);
  if (topic != log::Topic::decisions || believed == believed_.end() ||
      from < believed->second.front().offset) {
    return inner().read(topic, partition, from, max_records, max_bytes, out);
  }
  for (const log::StoredRecord& stored : believed->second) {
    if (stored.offset >= from) out.push_back(stored);
  }
  return done();
}

}  // namespace lastkm::simulation
