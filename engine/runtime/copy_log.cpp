#include "engine/runtime/copy_log.h"

#include <algorithm>
#include <vector>

#include "engine/lane/step.h"
#include "engine/log/crash_point.h"
#include "engine/record/digest.h"
#include "engine/runtime/each_record.h"

namespace lastkm::runtime {

namespace {

/// Of what is appended in one call.
constexpr std::size_t kRecords = 1024;
constexpr std::size_t kBytes = 8U << 20U;

using Take = std::function<Status(LaneId, log::Record)>;

Result<bool> goes_on(const Status& taken) {
  if (!taken) return taken.error();
  return true;
}

/// Partitions beyond the lanes carry none: what stands there is nobody's to decide.
std::int32_t partitions_with_lanes(const log::EventLog& log, std::int32_t lanes) {
  return std::min(log.partitions(), lanes);
}

Status each_command(log::EventLog& log, std::int32_t lanes, std::int32_t partition, const Take& take) {
  return each_record(log, log::Topic::commands, partition, [&](log::StoredRecord& stored) {
    const LaneId named = record::lane_of(AggregateId(stored.record.key), lanes);
    const LaneId lane = log::lane_in(partition, named, log.partitions());
    return goes_on(take(lane, std::move(stored.record)));
  });
}

Status each_decision(log::EventLog& log, std::int32_t partition, const Take& take) {
  return each_accepted(log, partition, [&](const record::Decision& decision, log::Record& record) {
    // Epochs belong to the partitions of the log that is left.
    record.headers.clear();
    return goes_on(take(decision.lane, std::move(record)));
  });
}

/// A key under which the lane has the command in a log of so many partitions too. A foreign one would give
/// it to another lane there, so that the lane's own name takes its place; but none under which the lane would
/// carry out what it has refused. Keys are no part of what is decided: the decision stays the same.
std::string key_in_copy(log::Record& command, LaneId lane, std::int32_t lanes, std::int32_t partitions) {
  const LaneId named = record::lane_of(AggregateId(command.key), lanes);
  if (log::lane_in(log::partition_of(lane, partitions), named, partitions) == lane)
    return std::move(command.key);
  const std::string name = record::lane_aggregate(lane).value;
  std::string key = name;
  const std::size_t digits = name.find_first_of("0123456789");
  while (lane::take(key, command.value, lanes, lane).command) key.insert(digits, "0");
  return key;
}

/// Counts and hashes of records: what a lane holds of one topic.
struct Chain {
  std::int64_t count = 0;
  std::string hash;
  void add(std::string_view value) {
    ++count;
    hash = record::hex(record::sha256(hash + record::hex(record::sha256(value))));
  }
};

/// Appends to the new log in large calls, after passing over what it has already.
class Target {
 public:
  Target(log::EventLog& log, const std::function<void(std::int64_t)>& progress)
      : log_(log), progress_(progress) {}

  Status put(log::Topic topic, std::int32_t partition, log::Record record) {
    bytes_ += record.value.size();
    waiting_.push_back({topic, partition, std::move(record)});
    return waiting_.size() >= kRecords || bytes_ >= kBytes ? flush() : done();
  }
  Status flush() {
    if (waiting_.empty()) return done();
    auto written = log_.append(waiting_, log::Durability::synced);
    waiting_.clear();
    bytes_ = 0;
    if (!written) return written.error();
    log::crash_point("copy.appended");
    return done();
  }
  void looked() { progress_(++looked_); }

 private:
  log::EventLog& log_;
  const std::function<void(std::int64_t)>& progress_;
  std::vector<log::Append> waiting_;
  std::size_t bytes_ = 0;
  std::int64_t looked_ = 0;
};

Result<std::vector<std::string>> documents_of(log::EventLog& log) {
  std::vector<std::string> out;
  auto read = each_record(log, log::Topic::directory, 0, [&](log::StoredRecord& stored) {
    out.push_back(std::move(stored.record.value));
    return true;
  });
  if (!read) return read.error();
  return out;
}

Error differs(const std::string& what) {
  return Error{
      ErrorKind::difference, "copy-differs",
      what + " of the copy are not those of the log that was copied; remove the copy and make it again", ""};
}

}  // namespace

Result<std::map<LaneId, LaneContent>> content_of(log::EventLog& log, std::int32_t lanes) {
  std::map<LaneId, Chain> commands;
  std::map<LaneId, Chain> decisions;
  for (std::int32_t partition = 0; partition < partitions_with_lanes(log, lanes); ++partition) {
    const auto add_to = [](std::map<LaneId, Chain>& chains) {
      return [&chains](LaneId lane, const log::Record& record) {
        chains[lane].add(record.value);
        return done();
      };
    };
    if (auto read = each_command(log, lanes, partition, add_to(commands)); !read) return read.error();
    if (auto read = each_decision(log, partition, add_to(decisions)); !read) return read.error();
  }
  std::map<LaneId, LaneContent> out;
  for (const auto& [lane, chain] : commands) {
    out[lane].commands = chain.count;
    out[lane].commands_sha256 = chain.hash;
  }
  for (const auto& [lane, chain] : decisions) {
    out[lane].decisions = chain.count;
    out[lane].decisions_sha256 = chain.hash;
  }
  return out;
}

Result<Copied> copy_log(log::EventLog& from, log::EventLog& to, const Deployment& deployment,
                        const std::function<void(std::int64_t)>& progress) {
  auto meta = to.end(log::Topic::meta, 0);
  if (!meta) return meta.error();
  if (*meta > 0)
    return Error{ErrorKind::refused, "log-not-empty", "the log that is copied to holds a deployment already",
                 ""};
  auto there = content_of(to, deployment.lanes);
  if (!there) return there.error();
  auto documents = documents_of(from);
  if (!documents) return documents.error();
  auto documents_there = documents_of(to);
  if (!documents_there) return documents_there.error();
  if (documents_there->size() > documents->size()) return differs("the documents");

  Copied copied;
  Target target(to, progress);
  std::size_t document = 0;
  auto read = each_record(from, log::Topic::directory, 0, [&](log::StoredRecord& stored) {
    target.looked();
    ++copied.documents;
    return goes_on(document++ < documents_there->size()
                       ? done()
                       : target.put(log::Topic::directory, 0, std::move(stored.record)));
  });
  if (!read) return read.error();
  // Of each lane a copy that was cut short has a beginning: all appends of a lane go to one partition in
  // their order.
  std::map<LaneId, std::int64_t> commands;
  std::map<LaneId, std::int64_t> decisions;
  for (std::int32_t partition = 0; partition < partitions_with_lanes(from, deployment.lanes); ++partition) {
    read = each_command(from, deployment.lanes, partition, [&](LaneId lane, log::Record record) {
      target.looked();
      ++copied.commands;
      if (commands[lane]++ < (*there)[lane].commands) return done();
      record.key = key_in_copy(record, lane, deployment.lanes, to.partitions());
      return target.put(log::Topic::commands, log::partition_of(lane, to.partitions()), std::move(record));
    });
    if (!read) return read.error();
    if (auto flushed = target.flush(); !flushed) return flushed.error();
    read = each_decision(from, partition, [&](LaneId lane, log::Record record) {
      target.looked();
      ++copied.decisions;
      if (decisions[lane]++ < (*there)[lane].decisions) return done();
      return target.put(log::Topic::decisions, log::partition_of(lane, to.partitions()), std::move(record));
    });
    if (!read) return read.error();
    if (auto flushed = target.flush(); !flushed) return flushed.error();
  }
  copied.had_before = static_cast<std::int64_t>(documents_there->size());
  for (const auto& [lane, content] : *there) copied.had_before += content.commands + content.decisions;

  auto mine = content_of(from, deployment.lanes);
  if (!mine) return mine.error();
  auto copy = content_of(to, deployment.lanes);
  if (!copy) return copy.error();
  for (auto& [lane, content] : *mine) {
    if ((*copy)[lane] != content)
      return differs("commands or decisions of lane " + std::to_string(lane.value));
  }
  if (copy->size() != mine->size()) return differs("the lanes");
  documents_there = documents_of(to);
  if (!documents_there) return documents_there.error();
  if (*documents_there != *documents) return differs("the documents");
  if (auto written = write_deployment(to, deployment); !written) return written.error();
  return copied;
}

}  // namespace lastkm::runtime
