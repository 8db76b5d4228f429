// Two owners of one partition, and what reading back is for.
#include "engine/lane/step.h"
#include "engine/log/forwarding_log.h"
#include "engine/runtime/partition_owner.h"
#include "tests/runtime/bed.h"

namespace lastkm::runtime {

namespace {

/// A log before whose first append of a decision somebody else is given a turn. With `echo`, what was written
/// is read back from memory: reading back switched off.
class RacedLog final : public log::ForwardingLog {
 public:
  RacedLog(std::unique_ptr<log::EventLog> inner, std::function<void()> turn, bool echo)
      : ForwardingLog(std::move(inner)), turn_(std::move(turn)), echo_(echo) {}
  Result<std::vector<std::int64_t>> append(std::span<const log::Append> records,
                                           log::Durability durability) override {
    if (turn_ && !records.empty() && records.front().topic == log::Topic::decisions) {
      from_ = *inner().end(log::Topic::decisions, 0);
      std::exchange(turn_, nullptr)();
      if (echo_) {
        for (const log::Append& append : records)
          echoed_.push_back({from_ + static_cast<std::int64_t>(echoed_.size()), append.record});
      }
    }
    return inner().append(records, durability);
  }
  Status read(log::Topic topic, std::int32_t partition, std::int64_t from, std::size_t records,
              std::size_t bytes, std::vector<log::StoredRecord>& out) override {
    if (topic == log::Topic::decisions && !echoed_.empty() && from >= from_) {
      for (const auto& stored : echoed_) {
        if (stored.offset >= from) out.push_back(stored);
      }
      return done();
    }
    return inner().read(topic, partition, from, records, bytes, out);
  }

 private:
  std::function<void()> turn_;
  bool echo_;
  std::int64_t from_ = 0;
  std::vector<log::StoredRecord> echoed_;
};

/// An operator elsewhere decides the next command of lane 0 otherwise.
void give_other_decision(Bed& bed) {
  auto log = log::open_simulated_log(bed.storage);
  DirectoryLog directory(*log, bed.deployment.source());
  REQUIRE(directory.refresh().has_value());
  LaneBooks books(LaneId(0), bed.deployment, *bed.state, directory);
  const auto decisions = bed.sequences().decisions[0];
  const auto last = record::decode_decision(decisions.back());
  books.state.ordinal = last->ordinal;
  books.state.time = last->lane_time;
  books.state.context = DirectoryOrdinal(5);
  const auto commands = all_records(*log, log::Topic::commands, 0);
  const lane::Taken taken =
      lane::take(commands.back().record.key, commands.back().record.value, 1, LaneId(0));
  const auto given = lane::given(books.state, taken, bed.deployment.lanes, books, "P-9", "by hand");
  const log::Append append{
      log::Topic::decisions, 0,
      log::Record{given.aggregate.value, record::encode(given, bed.deployment.source()), {{"epoch", "2"}}}};
  REQUIRE(log->append(std::span(&append, 1), log::Durability::synced).has_value());
}

Result<Outcome> raced(Bed& bed, bool echo) {
  { bed.open_with_rules(); }
  auto engine = bed.try_open(std::make_unique<RacedLog>(
      log::open_simulated_log(bed.storage), [&] { give_other_decision(bed); }, echo));
  REQUIRE(engine.has_value());
  auto outcome = send(**engine, opening("a"));
  if (!echo) {
    CHECK((*engine)->stopped().front().why.code == "partition-lost");
    CHECK_FALSE((*engine)->stopped().front().alone);
  }
  return outcome;
}

}  // namespace

TEST_CASE("owners: an answer is given only for what was read back") {
  Bed bed(1, 1);
  const auto outcome = raced(bed, false);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().kind == ErrorKind::unknown_outcome);
  // The same key later gives the one true answer: what the operator decided.
  auto engine = bed.open();
  const auto answer = must(*engine, opening("a"));
  REQUIRE(answer.rejection.has_value());
  CHECK(answer.rejection->code == "skipped");
}

TEST_CASE("control: without reading back, an answer is given that the log does not bear out") {
  Bed bed(1, 1);
  const auto outcome = raced(bed, true);
  REQUIRE(outcome.has_value());
  CHECK(outcome->status == OutcomeStatus::accepted);
  const auto decided = record::decode_decision(bed.sequences().decisions[0].back());
  CHECK(lane::is_given(*decided));
}

TEST_CASE("owners: of two at once one loses the partition, and nothing is lost or doubled") {
  Bed bed(2, 1);
  auto first = bed.open_with_rules();
  bed.forget_state();
  auto second = bed.open();
  const auto id = must(*second, opening("a")).aggregate;
  auto late = send(*first, opening("b"));
  REQUIRE_FALSE(late.has_value());
  CHECK(first->stopped().front().why.code == "partition-lost");
  // Asked again with its key it is decided once, by whoever owns the partition.
  const auto answer = must(*second, opening("b"));
  CHECK(answer.status == OutcomeStatus::accepted);
  const auto again = must(*second, opening("b"));
  CHECK(again.status == OutcomeStatus::duplicate);
  CHECK(again.ref == answer.ref);
  CHECK(must(*second, act("Send", id.value, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "c"))
            .status == OutcomeStatus::accepted);
  CHECK(bed.redecided().different == 0);
  CHECK(bed.redecided().undecided == 0);
}

namespace {

/// A log that counts the commands that are read from it.
struct CountedReads final : log::ForwardingLog {
  using ForwardingLog::ForwardingLog;
  Status read(log::Topic topic, std::int32_t partition, std::int64_t from, std::size_t records,
              std::size_t bytes, std::vector<log::StoredRecord>& out) override {
    const std::size_t before = out.size();
    auto done = inner().read(topic, partition, from, records, bytes, out);
    if (topic == log::Topic::commands) read_so_far += out.size() - before;
    return done;
  }
  std::size_t read_so_far = 0;
};

/// The owner of a partition, alone, with what it works on.
struct Alone {
  Alone(Bed& bed, std::int32_t partition) : log(log::open_simulated_log(bed.storage)) {
    REQUIRE(directory.refresh().has_value());
    attempts = std::move(*Attempts::open("", bed.deployment.lanes));
    owner = std::make_unique<PartitionOwner>(
        partition,
        OwnerParts{log, *bed.state, directory, *attempts, "", "owner", bed.deployment,
                   [&bed] { return Instant{bed.time->load()}; }, [this] { return vault->random_command(); },
                   [](const CommandId& /*id*/) { return false; },
                   [](const CommandId& /*asked*/, std::string_view /*fingerprint*/, Outcome /*outcome*/) {}});
    REQUIRE(owner->load([] {}).has_value());
  }
  CountedReads log;
  DirectoryLog directory{log, ""};
  std::unique_ptr<Attempts> attempts;
  std::unique_ptr<privacy::Vault> vault = privacy::make_seeded_vault(7);
  std::unique_ptr<PartitionOwner> owner;
};

/// Where a command stands, and the ordinal under which its lane decides it.
struct Numbered {
  LaneId lane;
  std::int64_t offset = 0;
  std::int64_t ordinal = 0;
};

std::vector<Numbered> numbered(Bed& bed, std::int32_t partition) {
  std::vector<Numbered> out;
  std::map<std::int32_t, std::int64_t> counted;
  const auto log = log::open_simulated_log(bed.storage);
  for (const auto& stored : all_records(*log, log::Topic::commands, partition)) {
    const LaneId lane = record::lane_of(AggregateId(stored.record.key), bed.deployment.lanes);
    out.push_back({lane, stored.offset, ++counted[lane.value]});
  }
  return out;
}

}  // namespace

TEST_CASE("owners: which ordinal a command has is known of those too that are decided by now") {
  Bed bed(4, 2);
  live(*bed.open_with_rules());
  const Alone alone(bed, 1);
  const std::vector<Numbered> places = numbered(bed, 1);
  // From the end on, and then again from the beginning, where others were asked before.
  std::vector<Numbered> asked(places.rbegin(), places.rend());
  asked.insert(asked.end(), places.begin(), places.end());
  for (const Numbered& place : asked)
    CHECK(alone.owner->ordinal_of(place.lane, place.offset) == Ordinal(place.ordinal));
  CHECK_FALSE(alone.owner->ordinal_of(LaneId(1), places.back().offset + 1).has_value());
}

TEST_CASE("owners: a backlog is counted once for all lanes of its partition") {
  Bed bed(16, 2, false);
  { bed.open_with_rules(); }
  {
    const auto follows = bed.open_sharing(std::make_shared<std::set<std::int32_t>>());
    for (int i = 0; i < 400; ++i)
      CHECK(must(*follows, opening("n" + std::to_string(i))).status == OutcomeStatus::recorded);
  }
  const Alone alone(bed, 1);
  const std::vector<Numbered> places = numbered(bed, 1);
  std::map<std::int32_t, Numbered> last;
  for (const Numbered& place : places) last[place.lane.value] = place;
  REQUIRE(last.size() == 8);
  REQUIRE(alone.owner->ordinal_of(places.back().lane, places.back().offset));
  const std::size_t once = alone.log.read_so_far;
  for (const auto& [lane, place] : last)
    CHECK(alone.owner->ordinal_of(place.lane, place.offset) == Ordinal(place.ordinal));
  CHECK(alone.log.read_so_far < once + places.size());
}

TEST_CASE("owners: decisions that could not be appended leave no trace in the state") {
  Bed bed(1, 1);
  { bed.open_with_rules(); }
  {
    // Only decisions fail here: the first append after opening is the command's own, the second is refused.
    struct Failing final : log::ForwardingLog {
      using ForwardingLog::ForwardingLog;
      Result<std::vector<std::int64_t>> append(std::span<const log::Append> records,
                                               log::Durability durability) override {
        if (records.front().topic == log::Topic::decisions)
          return Error{ErrorKind::unknown_outcome, "unknown", "not written", ""};
        return inner().append(records, durability);
      }
    };
    auto engine = bed.try_open(std::make_unique<Failing>(log::open_simulated_log(bed.storage)));
    REQUIRE(engine.has_value());
    CHECK_FALSE(send(**engine, opening("a")).has_value());
  }
  auto engine = bed.open();
  CHECK(must(*engine, opening("a")).status == OutcomeStatus::duplicate);
  CHECK(bed.redecided().undecided == 0);
  CHECK(bed.redecided().different == 0);
}

TEST_CASE("engine: an external reference is answered as a repeat, also without the first key") {
  Bed bed(2, 2);
  auto engine = bed.open_with_rules();
  auto first = opening("");
  first.channel = "CH-12345";
  first.reference = "R1";
  const auto opened = must(*engine, first);
  CHECK(opened.status == OutcomeStatus::accepted);
  const auto repeated = must(*engine, first);
  CHECK(repeated.status == OutcomeStatus::duplicate);
  CHECK(repeated.command == opened.command);
  CHECK(repeated.ref == opened.ref);
  first.data.if_object()->set("urgency", Value("URGENT"));
  const auto supplement = must(*engine, first);
  CHECK(supplement.status == OutcomeStatus::accepted);
  REQUIRE(supplement.events.size() == 1);
  CHECK(supplement.events.front().type == "SupplementReceived");
}

}  // namespace lastkm::runtime
