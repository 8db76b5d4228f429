#include "projections/projector.h"

#include <catch2/catch.hpp>
#include <thread>

#include "engine/record/digest.h"
#include "projections/query/queries.h"
#include "projections/views/views.h"
#include "tests/projections/fakes.h"

using namespace lastkm;
using namespace lastkm::projections;
using namespace lastkm::projections::test;

namespace {
void add_all(FakeLog& log, const std::vector<record::Decision>& decisions) {
  for (const record::Decision& decision : decisions) log.add(decision);
}

void catch_up(Projector& projector) {
  const Status caught_up = projector.catch_up();
  INFO((caught_up ? "" : caught_up.error().message));
  REQUIRE(caught_up);
}

/// Counts events; one type it cannot apply, where told so.
class PickyView final : public View {
 public:
  explicit PickyView(std::int32_t layout, std::string refuses)
      : layout_(layout), refuses_(std::move(refuses)) {}
  [[nodiscard]] std::string_view name() const override { return "picky"; }
  [[nodiscard]] std::int32_t layout() const override { return layout_; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override {
    return std::make_unique<PickyView>(layout_, refuses_);
  }
  Status apply(const record::Decision& decision, const record::Event& event, Rows& rows) override {
    if (event.type == refuses_) return Error{ErrorKind::integrity, "picky", "not this one", ""};
    rows.put(decision.aggregate.value + "/" + std::to_string(event.seq), event.type);
    return done();
  }

 private:
  std::int32_t layout_;
  std::string refuses_;
};

Views with_picky(std::int32_t layout, const std::string& refuses) {
  Views views = make_views();
  views.push_back(std::make_unique<PickyView>(layout, refuses));
  return views;
}

}  // namespace

TEST_CASE("projector: who reads while a batch is written waits for nothing, and knows what the rows are of") {
  FakeLog log(2);
  FakeStore store;
  const auto decisions = invent_lives(61, 60);
  for (std::size_t i = 0; i < 30; ++i) log.add(decisions[i]);
  auto projector = open(log, store, 1);
  catch_up(*projector);
  for (std::size_t i = 30; i < 60; ++i) log.add(decisions[i]);
  std::int64_t looked = 0;
  store.on_write = [&] {
    ++looked;
    const auto reading = projector->reading();
    std::int64_t rows = 0;
    REQUIRE(reading.scan("history", "", "", [&rows](auto, auto) { return ++rows > 0; }));
    std::int64_t expected = 0;
    const Positions at = reading.positions();
    for (const record::Decision& decision : decisions) {
      const auto mine = at.find(decision.lane);
      const bool in_history = !record::is_lane_aggregate(decision.aggregate);
      if (in_history && mine != at.end() && decision.ordinal <= mine->second)
        expected += static_cast<std::int64_t>(decision.events.size());
    }
    CHECK(rows == expected);
  };
  catch_up(*projector);
  CHECK(looked > 30);
}

TEST_CASE("projector: incremental, rebuilt, and killed at any chunk and resumed give the same bytes (P4)") {
  const unsigned seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U);
  const auto decisions = invent_lives(seed, 600);
  std::mt19937 random(seed);
  const std::int32_t partitions = seed % 2 == 0 ? 1 : 3;
  FakeLog log(partitions);
  FakeStore store;
  std::size_t appended = 0;
  while (appended < decisions.size()) {
    const std::size_t more = std::min<std::size_t>(decisions.size() - appended, 1 + random() % 90);
    for (std::size_t i = 0; i < more; ++i) log.add(decisions[appended++]);
    // Each owner of the store lives for a few chunks; some die in the middle of a write.
    const auto projector = open(log, store, 1 + random() % 40);
    if (random() % 3 == 0) store.writes_until_failure = static_cast<int>(random() % 3);
    for (auto steps = random() % 6; steps > 0; --steps) {
      if (!projector->step()) break;
    }
    store.writes_until_failure = -1;
  }
  const auto projector = open(log, store, 7);
  catch_up(*projector);
  const std::string incremental = digest_of(*projector);
  CHECK(incremental == fresh_digest(log));

  REQUIRE(projector->rebuild());
  CHECK(incremental == digest_of(*projector));
  REQUIRE(projector->rebuild("worklist"));
  CHECK(incremental == digest_of(*projector));

  FakeLog elsewhere(kLanes);
  add_all(elsewhere, decisions);
  CHECK(incremental == fresh_digest(elsewhere));
  for (const auto& view : make_views()) CHECK(status_of(*projector, view->name()).rows > 0);
}

TEST_CASE("projector: after a failed write nothing is answered from memory that the store does not have") {
  FakeLog log(1);
  FakeStore store;
  const auto projector = open(log, store);
  add_all(log, invent_lives(1, 20));
  catch_up(*projector);
  const std::string before = digest_of(*projector);
  const auto more = invent_lives(1, 40);
  for (std::size_t i = 20; i < more.size(); ++i) log.add(more[i]);
  store.writes_until_failure = 0;
  CHECK_FALSE(projector->catch_up());
  store.writes_until_failure = -1;
  CHECK_FALSE(projector->catch_up());
  CHECK(digest_of(*projector) == before);
  const auto again = open(log, store);
  catch_up(*again);
  CHECK(digest_of(*again) == fresh_digest(log));
}

TEST_CASE("projector: repeats, stale decisions, gaps and lower epochs are passed over") {
  const auto decisions = invent_lives(7, 300);
  FakeLog clean(2);
  FakeLog dirty(2);
  add_all(clean, decisions);
  std::mt19937 random(7);
  for (std::int32_t p = 0; p < 2; ++p) dirty.add_owner(p, 5);
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    dirty.add(decisions[i], 5);
    if (random() % 3 == 0) dirty.add(decisions[random() % (i + 1)], 5);
    if (random() % 5 == 0) {
      record::Decision gap = decisions[i];
      gap.ordinal.value += 2;
      dirty.add(gap, 5);
    }
    if (random() % 5 == 0 && i + 1 < decisions.size()) {
      // A zombie of an older epoch, with other content under the ordinal that comes next.
      record::Decision zombie = decisions[i + 1];
      zombie.events.clear();
      dirty.add(zombie, 4);
    }
  }
  FakeStore store;
  const auto projector = open(dirty, store, 11);
  catch_up(*projector);
  CHECK(digest_of(*projector) == fresh_digest(clean));
  const Projector::PassedOver passed = projector->passed_over();
  CHECK(passed.repeats > 0);
  CHECK(passed.gaps > 0);
  CHECK(passed.lower_epochs > 0);
}

TEST_CASE("projector: the epoch outlives the process") {
  const auto decisions = invent_lives(8, 40);
  FakeLog log(1);
  FakeStore store;
  log.add_owner(0, 9);
  {
    const auto projector = open(log, store);
    catch_up(*projector);
  }
  for (const record::Decision& decision : decisions) log.add(decision, 8);
  const auto projector = open(log, store);
  catch_up(*projector);
  CHECK(projector->positions().empty());
  CHECK(projector->passed_over().lower_epochs == 40);
}

TEST_CASE("projector: a checkpoint that the log does not bear out is discarded with its rows") {
  const auto decisions = invent_lives(9, 200);
  FakeLog log(2);
  FakeStore store;
  add_all(log, decisions);
  {
    const auto projector = open(log, store, 16);
    catch_up(*projector);
  }
  SECTION("the log lost its tail") {
    log.decisions[1].resize(log.decisions[1].size() / 2);
  }
  SECTION("the log holds another decision at the same place") {
    record::Decision other = decisions.back();
    other.lane_time = other.lane_time + 1;
    auto& partition = log.decisions[static_cast<std::size_t>(log::partition_of(other.lane, 2))];
    partition.back().record.value = record::encode(other, "/lastkm/test");
  }
  SECTION("the log has another number of partitions") {
    FakeLog copy(4);
    add_all(copy, decisions);
    const auto projector = open(copy, store);
    catch_up(*projector);
    CHECK(digest_of(*projector) == fresh_digest(copy));
    CHECK_THAT(status_of(*projector, "cases").incident, Catch::Contains("another number of partitions"));
    return;
  }
  const auto projector = open(log, store, 16);
  CHECK(projector->positions().empty());
  catch_up(*projector);
  CHECK(digest_of(*projector) == fresh_digest(log));
  CHECK_THAT(status_of(*projector, "cases").incident, Catch::Contains("no longer holds"));
}

TEST_CASE(
    "projector: what befell rows that are made anew is told, though the process died while they were "
    "discarded") {
  FakeLog log(2);
  FakeStore store;
  add_all(log, invent_lives(9, 100));
  catch_up(*open(log, store, 16));
  log.decisions[1].resize(log.decisions[1].size() / 2);
  store.writes_until_failure = 0;
  REQUIRE_FALSE(Projector::open(log, store, make_views(), options()));
  store.writes_until_failure = -1;
  const auto projector = open(log, store, 16);
  CHECK_THAT(status_of(*projector, "cases").incident, Catch::Contains("no longer holds"));
  catch_up(*projector);
  CHECK(digest_of(*projector) == fresh_digest(log));
  CHECK_THAT(status_of(*projector, "cases").incident, Catch::Contains("no longer holds"));
}

TEST_CASE("projector: rows of another log are refused") {
  FakeLog log(1);
  FakeStore store;
  { const auto projector = open(log, store); }
  ProjectorOptions other = options();
  other.log_id = "ffffffffffffffffffffffffffffffff";
  const auto refused = Projector::open(log, store, make_views(), other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "foreign-views");
  CHECK(refused.error().kind == ErrorKind::integrity);
}

TEST_CASE("projector: a view that cannot apply an event stops alone, visibly, until it is mended") {
  const auto decisions = invent_lives(10, 300);
  FakeLog log(2);
  FakeStore store;
  add_all(log, decisions);
  {
    auto opened = Projector::open(log, store, with_picky(1, "CaseClosed"), options(9));
    REQUIRE(opened);
    Projector& projector = **opened;
    catch_up(projector);
    const ViewStatus picky = status_of(projector, "picky");
    CHECK(picky.state == "stopped");
    CHECK_THAT(picky.why, Catch::Contains("CaseClosed") && Catch::Contains("not this one"));
    CHECK(status_of(projector, "cases").why == "");
    CHECK(status_of(projector, "cases").state == "live");
    const auto read = projector.reading().get("picky", "x");
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "view-stopped");
    CHECK(projector.reading().get("cases", "x"));
  }
  {
    // Still stopped in the next process, and it has not moved.
    auto opened = Projector::open(log, store, with_picky(1, "nothing"), options(9));
    REQUIRE(opened);
    catch_up(**opened);
    CHECK(status_of(**opened, "picky").state == "stopped");
    REQUIRE((*opened)->rebuild("picky"));
    CHECK(status_of(**opened, "picky").state == "live");
  }
  auto opened = Projector::open(log, store, with_picky(1, "nothing"), options(9));
  REQUIRE(opened);
  std::int64_t events = 0;
  for (const record::Decision& decision : decisions)
    events += static_cast<std::int64_t>(decision.events.size());
  CHECK(status_of(**opened, "picky").rows == events);
}

TEST_CASE("projector: a new view, and one of another layout, are built up to where the others are") {
  const auto decisions = invent_lives(11, 200);
  FakeLog log(2);
  FakeStore store;
  for (std::size_t i = 0; i < 100; ++i) log.add(decisions[i]);
  {
    const auto projector = open(log, store, 13);
    catch_up(*projector);
  }
  for (std::size_t i = 100; i < 200; ++i) log.add(decisions[i]);
  const std::int32_t layout = GENERATE(1, 2);
  for (std::int32_t now = 1; now <= layout; ++now) {
    auto opened = Projector::open(log, store, with_picky(now, "nothing"), options(13));
    REQUIRE(opened);
    CHECK(status_of(**opened, "picky").state == "rebuilding");
    CHECK_FALSE((*opened)->reading().get("picky", "x"));
    catch_up(**opened);
    CHECK(status_of(**opened, "picky").state == "live");
    FakeStore beside;
    auto fresh = Projector::open(log, beside, with_picky(now, "nothing"), options());
    REQUIRE(fresh);
    catch_up(**fresh);
    CHECK(digest_of(**opened) == digest_of(**fresh));
  }
}

TEST_CASE("projector: a record that cannot be read stops its partition there, and no other") {
  const std::string bytes = GENERATE("{\"type\":\"from.the.future\"}", "rubbish", "");
  const auto decisions = invent_lives(12, 100);
  FakeLog log(2);
  FakeStore store;
  for (std::size_t i = 0; i < 50; ++i) log.add(decisions[i]);
  const Positions expected = [&] {
    FakeLog part(2);
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      if (i < 50 || log::partition_of(decisions[i].lane, 2) == 1) part.add(decisions[i]);
    }
    FakeStore scratch;
    const auto projector = open(part, scratch);
    catch_up(*projector);
    return projector->positions();
  }();
  log.add_bytes(0, bytes);
  for (std::size_t i = 50; i < 100; ++i) log.add(decisions[i]);
  const auto projector = open(log, store, 8);
  const Status stopped = projector->catch_up();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::integrity);
  CHECK_THAT(stopped.error().message, Catch::Contains("partition 0, offset "));
  CHECK(projector->positions() == expected);
  CHECK(*projector->lag() > 0);
}

TEST_CASE("projector: an event from the future stops its partition there, for every view and no longer") {
  Author author;
  FakeLog log(1);
  FakeStore store;
  const std::string id(32, 'a');
  log.add(author.decide(id, {event("CaseRegistered", Object{{"ref", "R-1"}}, "REGISTERED")}, kBegin));
  auto of_the_future = author.decide(id, {event("CaseSigned", Object{}, "SIGNED")}, kBegin);
  of_the_future.events.front().version = 2;
  const auto projector = open(log, store);
  catch_up(*projector);
  const std::string before = digest_of(*projector);
  log.add(of_the_future);
  const auto behind = projector->catch_up();
  REQUIRE_FALSE(behind);
  CHECK(behind.error().code == "upgrade-required");
  CHECK_THAT(behind.error().message, Catch::Contains("version 2") && Catch::Contains("CaseSigned"));
  CHECK(digest_of(*projector) == before);
  // The program that knows it, here because it is another event, goes on from there.
  of_the_future.events.front().version = 1;
  log.decisions[0].back().record.value = record::encode(of_the_future, "/lastkm/test");
  catch_up(*projector);
  CHECK(digest_of(*projector) == fresh_digest(log));
  CHECK(status_of(*projector, "cases").state == "live");
}

TEST_CASE("projector: a decision in a partition that does not carry its lane is refused") {
  Author author;
  FakeLog log(2);
  const record::Decision decision = author.decide("lane-1", {}, kBegin);
  log.add_bytes(0, record::encode(decision, "/lastkm/test"));
  FakeStore store;
  const Status refused = open(log, store)->catch_up();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "wrong-partition");
}

TEST_CASE("projector: an epoch that is no number closes its partition, a start's as a decision's") {
  const auto decisions = invent_lives(14, 40);
  const std::string text = GENERATE("12x", "12345678901234567890");
  FakeLog log(1);
  log.add_owner(0, 1);
  for (std::size_t i = 0; i < 20; ++i) log.add(decisions[i]);
  const bool is_start = GENERATE(true, false);
  if (is_start) {
    log.add_owner(0, 2);
  } else {
    log.add(decisions[20]);
  }
  log.decisions[0].back().record.headers = {{"epoch", text}};
  for (std::size_t i = 20; i < 40; ++i) log.add(decisions[i]);
  FakeStore store;
  const auto projector = open(log, store);
  const Status stopped = projector->catch_up();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == "bad-epoch");
  CHECK_THAT(stopped.error().message,
             Catch::Contains("partition 0, offset " + std::to_string(log.decisions[0][21].offset)));
  CHECK(*projector->lag() > 0);
}

TEST_CASE("projector: an owner's start opens the epoch that its header names, as for every other reader") {
  const auto decisions = invent_lives(15, 20);
  FakeLog log(1);
  log.add_owner(0, 9);
  log.decisions[0].back().record.headers = {{"epoch", "3"}};
  for (const record::Decision& decision : decisions) log.add(decision, 3);
  FakeStore store;
  const auto projector = open(log, store);
  catch_up(*projector);
  CHECK(projector->passed_over().lower_epochs == 0);
  FakeLog clean(1);
  add_all(clean, decisions);
  CHECK(digest_of(*projector) == fresh_digest(clean));
}

TEST_CASE("projector: decisions are synced before a view holds them") {
  FakeLog log(1);
  FakeStore store;
  const auto projector = open(log, store);
  catch_up(*projector);
  CHECK(log.syncs == 0);
  add_all(log, invent_lives(13, 5));
  catch_up(*projector);
  CHECK(log.syncs == 1);
}

TEST_CASE("projector: wait_for returns once the views reflect an ordinal, or says that they do not yet") {
  FakeLog log(1);
  FakeStore store;
  const auto projector = open(log, store);
  Author author;
  const std::string id(32, 'a');
  const record::Decision first = author.decide(id, {}, kBegin);
  const record::Decision second = author.decide(id, {}, kBegin);
  log.add(first);
  CHECK(projector->wait_for(first.lane, first.ordinal, std::chrono::milliseconds(0)));
  const Status late = projector->wait_for(second.lane, second.ordinal, std::chrono::milliseconds(0));
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::unknown_outcome);
  log.on_wait = [&] {
    if (log.decisions[0].size() == 1) log.add(second);
  };
  CHECK(projector->wait_for(second.lane, second.ordinal, std::chrono::seconds(60)));
}

TEST_CASE("projector: giving way it folds a chunk at a time, and shows all in the end") {
  FakeLog log(3);
  FakeStore store;
  const auto projector = open(log, store, 40);
  catch_up(*projector);
  const auto decisions = invent_lives(5, 300);
  add_all(log, decisions);
  const auto shown = [&projector] {
    std::int64_t all = 0;
    for (const auto& [lane, ordinal] : projector->positions()) all += ordinal.value;
    return all;
  };
  std::stop_source stop;
  std::vector<std::int64_t> after;
  log.on_wait = [&] {
    after.push_back(shown());
    if (after.size() == 20) stop.request_stop();
  };
  CHECK(projector->run(stop.get_token(), [] { return true; }));
  REQUIRE(after.size() == 20);
  CHECK(after[0] <= 40);
  CHECK(after[0] < after[1]);
  CHECK(after[19] == static_cast<std::int64_t>(decisions.size()));
  CHECK(digest_of(*projector) == fresh_digest(log));
}

TEST_CASE("projector: while the log cannot be reached it waits, and goes on once it can") {
  FakeLog log(3);
  FakeStore store;
  const auto projector = open(log, store, 40);
  catch_up(*projector);
  add_all(log, invent_lives(5, 60));
  std::stop_source stop;
  int waits = 0;
  log.away = true;
  log.on_wait = [&] {
    ++waits;
    if (waits == 3) {
      CHECK(projector->positions().empty());
      log.away = false;
    }
    if (waits == 5) stop.request_stop();
  };
  CHECK(projector->run(stop.get_token()));
  CHECK(digest_of(*projector) == fresh_digest(log));
}

TEST_CASE("projector: a build that meets a log that is away is tried again until it is done") {
  for (const bool ends : {false, true}) {
    INFO((ends ? "no ends" : "no records"));
    FakeLog log(3);
    FakeStore store;
    ProjectorOptions patient = options(40);
    patient.try_again = std::chrono::milliseconds(30);
    const auto opened = Projector::open(log, store, make_views(), patient);
    REQUIRE(opened);
    Projector& projector = **opened;
    add_all(log, invent_lives(5, 60));
    catch_up(projector);
    const Queries queries(projector, query_options());
    const auto some = queries.list({}, CaseOrder::opened, {}, kBegin);
    REQUIRE(some);
    const std::string id(some->lines.front().text("case"));
    for (const int slot : {0, 1}) {
      store::Batch batch;
      batch.put(family_of("cases", slot), id, "zz");
      REQUIRE(store.write(batch));
    }
    REQUIRE_FALSE(queries.show(id, kBegin));  // which sets it aside
    (ends ? log.ends_away : log.away) = true;
    std::stop_source stop;
    int waits = 0;
    log.on_wait = [&] {
      ++waits;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (waits == 20) log.away = log.ends_away = false;
      if (waits == 1000 || (waits > 20 && queries.show(id, kBegin))) stop.request_stop();
    };
    CHECK(projector.run(stop.get_token()));
    CHECK(queries.show(id, kBegin));
    CHECK(digest_of(projector) == fresh_digest(log));
  }
}
