// The contract of EventLog, for every implementation. Another log joins by a line in kinds().
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "engine/log/kafka_log.h"
#include "engine/log/simulated_log.h"
#include "tests/log/support.h"

using namespace lastkm;
using namespace lastkm::log;
using namespace lastkm::log::test;

namespace {

/// Somewhere to keep a log: opened again it is the same log.
struct Place {
  virtual ~Place() = default;
  virtual std::unique_ptr<EventLog> open() = 0;
};

struct InFolder final : Place {
  Folder folder;
  std::unique_ptr<EventLog> open() override { return test::open(folder); }
};

struct InMemory final : Place {
  std::shared_ptr<SimulatedStorage> storage = std::make_shared<SimulatedStorage>(kPartitions);
  std::unique_ptr<EventLog> open() override { return open_simulated_log(storage); }
};

/// Topics of its own on the brokers that the environment names; tests/kafka/with_kafka starts some.
struct OnKafka final : Place {
  KafkaLogOptions options;
  explicit OnKafka(const char* brokers) {
    static int made = 0;
    options.brokers = brokers;
    options.prefix = "contract-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
    options.partitions = kPartitions;
  }
  std::unique_ptr<EventLog> open() override {
    auto opened = open_kafka_log(options);
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened);
    return std::move(*opened);
  }
};

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Place>()> make;
};

std::vector<Kind> kinds() {
  if (const char* brokers = std::getenv("LASTKM_KAFKA_BROKERS"))  // NOLINT(concurrency-mt-unsafe)
    return {{"kafka", [brokers] { return std::make_unique<OnKafka>(brokers); }}};
  return {{"embedded", [] { return std::make_unique<InFolder>(); }},
          {"simulated", [] { return std::make_unique<InMemory>(); }}};
}

void for_each_kind(const std::function<void(Place&)>& check) {
  for (const Kind& kind : kinds()) {
    INFO("log: " << kind.name);
    check(*kind.make());
  }
}

std::vector<std::int64_t> append(EventLog& log, const std::vector<Append>& records,
                                 Durability durability = Durability::synced) {
  auto offsets = log.append(records, durability);
  INFO((offsets ? "" : offsets.error().message));
  REQUIRE(offsets);
  REQUIRE(offsets->size() == records.size());
  return *offsets;
}

}  // namespace

TEST_CASE("log: what is read is what was appended, in order, each topic and partition by itself") {
  for_each_kind([](Place& place) {
    const auto log = place.open();
    REQUIRE(log->partitions() == kPartitions);
    const Record bytes{"k", std::string("\0\xff{}", 4), {{"a", ""}, {"", std::string("\0", 1)}}};
    const std::vector<Append> records{{Topic::commands, 0, bytes},
                                      {Topic::decisions, 0, Record{"d", "first", {}}},
                                      {Topic::commands, 3, Record{"k", "", {}}},
                                      {Topic::commands, 0, Record{"k", "second", {}}},
                                      {Topic::directory, 0, Record{"doc", "x", {}}},
                                      {Topic::meta, 0, Record{"m", std::string(300000, 'm'), {}}}};
    const auto offsets = append(*log, records);
    CHECK(offsets[0] < offsets[3]);
    for (std::size_t i = 0; i < records.size(); ++i) {
      std::vector<StoredRecord> out;
      REQUIRE(log->read(records[i].topic, records[i].partition, offsets[i], 1, 1, out));
      REQUIRE(out.size() == 1);
      CHECK(out[0].offset == offsets[i]);
      CHECK(out[0].record == records[i].record);
    }
    CHECK(all(*log, Topic::commands, 0).size() == 2);
    CHECK(all(*log, Topic::commands, 1).empty());
    CHECK(*log->end(Topic::commands, 1) == 0);
    CHECK(*log->end(Topic::commands, 0) == offsets[3] + 1);
  });
}

TEST_CASE("log: a read keeps its limits, gives at least one record, and goes on where it stopped") {
  for_each_kind([](Place& place) {
    const auto log = place.open();
    for (int i = 0; i < 50; ++i) append(*log, {command(1, std::string(1000, 'a'))}, Durability::buffered);
    const auto count = [&log](std::int64_t from, std::size_t records, std::size_t bytes) {
      std::vector<StoredRecord> out(1);  // what is in `out` stays there
      REQUIRE(log->read(Topic::commands, 1, from, records, bytes, out));
      for (std::size_t i = 1; i < out.size(); ++i) CHECK(out[i].offset >= from);
      return out.size() - 1;
    };
    CHECK(count(0, 0, SIZE_MAX) == 0);
    CHECK(count(0, 7, SIZE_MAX) == 7);
    CHECK(count(0, 7, 0) == 1);
    CHECK(count(0, SIZE_MAX, 1) == 1);
    const std::size_t some = count(0, SIZE_MAX, 10000);
    CHECK((some >= 9 && some <= 11));
    CHECK(count(45, SIZE_MAX, SIZE_MAX) == 5);
    CHECK(count(50, SIZE_MAX, SIZE_MAX) == 0);
    CHECK(count(1000, SIZE_MAX, SIZE_MAX) == 0);
    std::size_t seen = 0;
    for (std::int64_t from = 0; from < *log->end(Topic::commands, 1);) {
      std::vector<StoredRecord> out;
      REQUIRE(log->read(Topic::commands, 1, from, 3, SIZE_MAX, out));
      REQUIRE_FALSE(out.empty());
      seen += out.size();
      from = out.back().offset + 1;
    }
    CHECK(seen == 50);
  });
}

TEST_CASE("log: a partition that is not there is refused, and nobody else's append with it") {
  for_each_kind([](Place& place) {
    const auto log = place.open();
    std::vector<StoredRecord> out;
    for (const auto& [topic, partition] :
         std::vector<std::pair<Topic, std::int32_t>>{{Topic::commands, kPartitions},
                                                     {Topic::decisions, -1},
                                                     {Topic::directory, 1},
                                                     {Topic::meta, 1}}) {
      const std::vector<Append> bad{command(0, "good"), {topic, partition, Record{"k", "v", {}}}};
      const auto appended = log->append(bad, Durability::synced);
      REQUIRE_FALSE(appended);
      CHECK(appended.error().code == "no-such-partition");
      CHECK_FALSE(log->end(topic, partition));
      CHECK_FALSE(log->read(topic, partition, 0, 1, 1, out));
    }
    CHECK(*log->end(Topic::commands, 0) == 0);

    std::atomic<int> lost{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 100; ++i) {
          const std::vector<Append> one{command(t % 2 == 0 ? 0 : kPartitions, "x")};
          if (log->append(one, Durability::buffered).has_value() != (t % 2 == 0)) ++lost;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(lost == 0);
    CHECK(all(*log, Topic::commands, 0).size() == 200);
  });
}

TEST_CASE("log: sixteen threads get distinct offsets, and each finds its own records in its order") {
  for_each_kind([](Place& place) {
    const auto log = place.open();
    constexpr int kThreads = 16;
    constexpr int kCalls = 60;
    std::vector<std::map<std::int32_t, std::vector<std::int64_t>>> got(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kCalls; ++i) {
          const std::string name = std::to_string(t) + "/" + std::to_string(i);
          const std::vector<Append> pair{command(0, name), command(1 + t % 3, name)};
          const auto offsets = log->append(pair, i % 10 == 0 ? Durability::synced : Durability::buffered);
          if (!offsets || offsets->size() != 2) continue;
          got[static_cast<std::size_t>(t)][0].push_back((*offsets)[0]);
          got[static_cast<std::size_t>(t)][1 + t % 3].push_back((*offsets)[1]);
        }
      });
    }
    for (auto& thread : threads) thread.join();

    std::size_t records = 0;
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
      std::map<std::int64_t, std::string> stored;
      for (const StoredRecord& record : all(*log, Topic::commands, partition)) {
        CHECK(stored.emplace(record.offset, record.record.value).second);
      }
      records += stored.size();
      std::set<std::int64_t> claimed;
      for (int t = 0; t < kThreads; ++t) {
        int i = 0;
        for (const std::int64_t offset : got[static_cast<std::size_t>(t)][partition]) {
          CHECK(claimed.insert(offset).second);
          CHECK(stored[offset] == std::to_string(t) + "/" + std::to_string(i++));
        }
        CHECK(std::is_sorted(got[static_cast<std::size_t>(t)][partition].begin(),
                             got[static_cast<std::size_t>(t)][partition].end()));
      }
    }
    CHECK(records == 2 * kThreads * kCalls);
  });
}

TEST_CASE("log: the version counts appends, and wait returns at once, in time, or when something came") {
  for_each_kind([](Place& place) {
    using namespace std::chrono;
    const auto log = place.open();
    const std::uint64_t before = log->version();
    append(*log, {command(0, "x")});
    const std::uint64_t after = log->version();
    CHECK(after > before);
    const auto took = [&log](std::uint64_t seen, milliseconds at_most) {
      const auto start = steady_clock::now();
      log->wait(seen, at_most);
      return steady_clock::now() - start;
    };
    CHECK(took(before, seconds(20)) < seconds(10));
    CHECK(took(after, milliseconds(30)) >= milliseconds(30));
    std::thread writer([&log] {
      std::this_thread::sleep_for(milliseconds(30));
      const std::vector<Append> one{command(2, "y")};
      (void)log->append(one, Durability::buffered);
    });
    CHECK(took(after, seconds(20)) < seconds(10));
    CHECK(*log->end(Topic::commands, 2) == 1);  // what woke the waiter can be read
    writer.join();
  });
}

TEST_CASE("log: buffered records can be read at once and are there after closing and opening again") {
  for_each_kind([](Place& place) {
    std::vector<std::int64_t> offsets;
    {
      const auto log = place.open();
      offsets = append(*log, {command(0, "a"), command(3, "b")}, Durability::buffered);
      CHECK(all(*log, Topic::commands, 3).size() == 1);
      REQUIRE(log->sync());
      REQUIRE(log->sync());
      append(*log, {command(0, "c")}, Durability::buffered);
      CHECK(log->append({}, Durability::synced));
    }
    const auto log = place.open();
    const auto stored = all(*log, Topic::commands, 0);
    REQUIRE(stored.size() == 2);
    CHECK(stored[0].offset == offsets[0]);
    CHECK(stored[1].record == command(0, "c").record);
    CHECK(append(*log, {command(0, "d")})[0] > stored[1].offset);
  });
}
