// A log copied to another number of partitions and back.
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

}  // namespace

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
