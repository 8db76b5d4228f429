// A log copied to another number of partitions and back.
#include "engine/lane/step.h"
#include "engine/log/forwarding_log.h"
#include "engine/runtime/copy_log.h"
#include "engine/runtime/lane_reader.h"
#include "tests/runtime/bed.h"

namespace lastkm::runtime {

namespace {

Copied copied(Bed& from, Bed& to) {
  to.storage = std::make_shared<log::SimulatedStorage>(
      to.storage == nullptr ? 1 : log::open_simulated_log(to.storage)->partitions());
  const auto source = log::open_simulated_log(from.storage);
  const auto target = log::open_simulated_log(to.storage);
  auto done = copy_log(*source, *target, from.deployment, [](std::int64_t) {});
  if (!done) FAIL(done.error().code + ": " + done.error().message);
  return *done;
}

/// Takes so many calls to append; of the next it keeps half, and fails.
class CutLog final : public log::ForwardingLog {
 public:
  CutLog(std::unique_ptr<log::EventLog> log, int appends) : ForwardingLog(std::move(log)), left_(appends) {}
  Result<std::vector<std::int64_t>> append(std::span<const log::Append> records,
                                           log::Durability durability) override {
    if (left_-- > 0) return ForwardingLog::append(records, durability);
    (void)ForwardingLog::append(records.first(records.size() / 2), durability);
    return Error{ErrorKind::unknown_outcome, "cut", "the copy was cut short here", ""};
  }

 private:
  int left_;
};

void put(Bed& bed, log::Topic topic, std::int32_t partition, log::Record record) {
  const log::Append append{topic, partition, std::move(record)};
  const auto log = log::open_simulated_log(bed.storage);
  REQUIRE(log->append(std::span(&append, 1), log::Durability::synced));
}

/// The bed's log once more, with every record of `decisions` as `change` leaves it; false: without it.
void rewrite_decisions(Bed& bed, const std::function<bool(log::StoredRecord&)>& change) {
  const auto log = log::open_simulated_log(bed.storage);
  bed.storage = std::make_shared<log::SimulatedStorage>(log->partitions());
  const auto again = log::open_simulated_log(bed.storage);
  std::vector<log::Append> appends;
  for (const log::Topic topic : {log::Topic::meta, log::Topic::directory}) {
    for (auto& stored : all_records(*log, topic, 0)) appends.push_back({topic, 0, std::move(stored.record)});
  }
  for (std::int32_t partition = 0; partition < log->partitions(); ++partition) {
    for (auto& stored : all_records(*log, log::Topic::commands, partition))
      appends.push_back({log::Topic::commands, partition, std::move(stored.record)});
    for (auto& stored : all_records(*log, log::Topic::decisions, partition)) {
      if (change(stored)) appends.push_back({log::Topic::decisions, partition, std::move(stored.record)});
    }
  }
  REQUIRE(again->append(appends, log::Durability::synced));
}

Error refused_copy(Bed& from) {
  const auto source = log::open_simulated_log(from.storage);
  const auto target = log::open_simulated_log(std::make_shared<log::SimulatedStorage>(3));
  const auto done = copy_log(*source, *target, from.deployment, [](std::int64_t) {});
  REQUIRE_FALSE(done);
  // What is no whole copy is no deployment.
  CHECK(*target->end(log::Topic::meta, 0) == 0);
  return done.error();
}

}  // namespace

TEST_CASE("copy: commands with foreign keys stay with the lane that refused them") {
  Bed five(8, 5);
  std::vector<AggregateId> cases;
  { cases = live(*five.open_with_rules(), 24); }
  const auto lane_of = [](const AggregateId& id) { return record::lane_of(id, 8); };
  log::Record moved;  // a true command of another partition
  for (std::int32_t partition = 0; partition < 5 && moved.key.empty(); ++partition) {
    for (const auto& stored :
         all_records(*log::open_simulated_log(five.storage), log::Topic::commands, partition)) {
      if (lane_of(AggregateId(stored.record.key)) == LaneId(6)) moved = stored.record;
    }
  }
  REQUIRE_FALSE(moved.key.empty());
  put(five, log::Topic::commands, 4, {"lane-x", "{}", {}});
  put(five, log::Topic::commands, 3, {"lane-8", "no command", {}});
  put(five, log::Topic::commands, 4, moved);
  put(five, log::Topic::commands, 0, moved);
  // Under the lane's own names it would be carried out: another case of the lane's own is to be no way in.
  for (const char* name : {"lane-4", "lane-04"}) {
    const auto advance = lane::engine_command(lane::kAdvanceClock, AggregateId(name), LaneId(4),
                                              CommandId(std::string(31, 'e') + name[5]), Object{},
                                              cases::at("2026-05-28T12:00"));
    put(five, log::Topic::commands, 4, {"lane-x", record::encode(advance, five.deployment.source()), {}});
  }
  { const auto engine = five.open(); }
  const Sequences before = five.sequences();
  CHECK(before.decisions.at(4).size() == before.commands.at(4).size());
  CHECK(record::decode_decision(before.decisions.at(4).back())->rejection->code == "undecodable");
  CHECK(five.redecided().different == 0);
  for (const std::int32_t partitions : {1, 2, 3, 5, 8}) {
    CAPTURE(partitions);
    Bed there(8, partitions);
    copied(five, there);
    CHECK(there.sequences() == before);
    CHECK(there.redecided().equal == five.redecided().equal);
    CHECK(there.redecided().different == 0);
    CHECK(there.redecided().undecided == 0);
    Bed back(8, 5);
    copied(there, back);
    CHECK(back.sequences() == before);
    CHECK(back.redecided().different == 0);
  }
}

TEST_CASE("copy: a log with a gap is refused, and so are its readers") {
  Bed two(8, 2);
  { live(*two.open_with_rules()); }
  LaneId lane(-1);
  std::int64_t gone = -1, after = -1;
  rewrite_decisions(two, [&](log::StoredRecord& stored) {
    const auto decision = record::decode_decision(stored.record.value);
    if (!decision || decision->ordinal.value < 3) return true;
    if (gone < 0) {
      lane = decision->lane;
      gone = stored.offset;
      return false;
    }
    if (decision->lane == lane && after < 0) after = stored.offset - 1;  // one less stands before it
    return true;
  });
  REQUIRE(after > 0);
  const Error error = refused_copy(two);
  CHECK(error.kind == ErrorKind::integrity);
  CHECK(error.code == "decision-gap");
  CHECK(error.message == "decisions, partition " + std::to_string(lane.value % 2) + ", offset " +
                             std::to_string(after) + " decides ordinal 4 of lane " +
                             std::to_string(lane.value) + " where 3 is next");
  const auto log = log::open_simulated_log(two.storage);
  const auto content = content_of(*log, 8);
  REQUIRE_FALSE(content);
  CHECK(content.error().code == "decision-gap");
  LaneReader decisions(*log, log::Topic::decisions, lane, 8);
  CHECK((*next_accepted(decisions, Ordinal(0)))->decision->ordinal == Ordinal(1));
  CHECK((*next_accepted(decisions, Ordinal(1)))->decision->ordinal == Ordinal(2));
  const auto third = next_accepted(decisions, Ordinal(2));
  REQUIRE_FALSE(third);
  CHECK(third.error().message == error.message);
  CHECK(two.redecided().different > 0);
  two.forget_state();
  const auto opened = two.try_open(log::open_simulated_log(two.storage));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message == error.message);
}

TEST_CASE("copy: an epoch that is no number stops everybody at one place") {
  Bed two(8, 2);
  { live(*two.open_with_rules()); }
  const std::string text = GENERATE("12x", "12345678901234567890");
  std::int64_t offset = -1;
  rewrite_decisions(two, [&](log::StoredRecord& stored) {
    if (offset < 0 && record::kind_of(stored.record.value) == record::DecisionRecordKind::decision) {
      offset = stored.offset;
      stored.record.headers = {{"epoch", text}};
    }
    return true;
  });
  const std::string where = "decisions, partition 0, offset " + std::to_string(offset) + ": ";
  const auto check = [&](const Error& error) {
    CHECK(error.kind == ErrorKind::integrity);
    CHECK(error.code == "bad-epoch");
    CHECK_THAT(error.message, Catch::StartsWith(where));
  };
  check(refused_copy(two));
  const auto log = log::open_simulated_log(two.storage);
  const auto redecided = redecide(*log, two.deployment, nullptr);
  REQUIRE_FALSE(redecided);
  check(redecided.error());
  two.forget_state();
  const auto opened = two.try_open(log::open_simulated_log(two.storage));
  REQUIRE_FALSE(opened);
  check(opened.error());
}

TEST_CASE("copy: a decision in the partition of other lanes is refused") {
  Bed two(8, 2);
  { live(*two.open_with_rules()); }
  for (const auto& stored : all_records(*log::open_simulated_log(two.storage), log::Topic::decisions, 0)) {
    if (record::kind_of(stored.record.value) != record::DecisionRecordKind::decision) continue;
    put(two, log::Topic::decisions, 1, stored.record);
    break;
  }
  CHECK(refused_copy(two).code == "wrong-partition");
}

TEST_CASE("copy: one that was cut short goes on, wherever that was, and ends as an undisturbed one") {
  Bed two(8, 2);
  { live(*two.open_with_rules()); }
  const auto source = log::open_simulated_log(two.storage);
  const auto storage = std::make_shared<log::SimulatedStorage>(5);
  int cuts = 0;
  std::int64_t had = 0;
  // Each round finds what all before it have left.
  for (;; ++cuts) {
    CutLog target(log::open_simulated_log(storage), cuts % 2);
    const auto done = copy_log(*source, target, two.deployment, [](std::int64_t) {});
    if (done) {
      had = done->had_before;
      break;
    }
    REQUIRE(done.error().code == "cut");
    REQUIRE(cuts < 20);
  }
  CHECK(cuts > 3);
  CHECK(had > 30);
  Bed five(8, 5);
  five.storage = storage;
  CHECK(five.sequences() == two.sequences());
  CHECK(five.redecided().equal == two.redecided().equal);
  CHECK(five.redecided().different == 0);
}

TEST_CASE("copy: a log goes to other partitions and back with every byte in its lane, and decides on") {
  Bed two(8, 2);
  { live(*two.open_with_rules()); }
  const Sequences before = two.sequences();
  Bed five(8, 5);
  const Copied there = copied(two, five);
  CHECK(there.commands > 30);
  CHECK(five.sequences() == before);
  CHECK(five.redecided().equal == two.redecided().equal);
  CHECK(five.redecided().different == 0);
  CHECK(five.redecided().undecided == 0);
  for (std::int32_t partition = 0; partition < 5; ++partition) {
    const auto log = log::open_simulated_log(five.storage);
    for (const auto& stored : all_records(*log, log::Topic::commands, partition))
      CHECK(record::lane_of(AggregateId(stored.record.key), 8).value % 5 == partition);
  }
  Bed back(8, 2);
  copied(five, back);
  CHECK(back.sequences() == before);
  back.given_ids->store(1000);
  auto engine = back.open();
  CHECK(must(*engine, opening("open-1")).status == OutcomeStatus::duplicate);
  CHECK(must(*engine, opening("new")).status == OutcomeStatus::accepted);
}

}  // namespace lastkm::runtime
