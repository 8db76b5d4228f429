// A log copied to another number of partitions and back.
#include "engine/log/forwarding_log.h"
#include "engine/runtime/copy_log.h"
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

}  // namespace

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
