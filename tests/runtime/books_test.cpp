// What the state store keeps of a lane beside its cases: remembered outcomes for a time, and who follows
// which calendar.
#include "tests/runtime/bed.h"

namespace lastkm::runtime {

namespace {

std::size_t rows(store::Store& store, std::string_view family) {
  std::size_t n = 0;
  REQUIRE(store
              .scan(family, "",
                    [&n](std::string_view, std::string_view) {
                      ++n;
                      return true;
                    })
              .has_value());
  return n;
}

cases::Remembered outcome(const std::string& id, const std::string& at) {
  return {CommandId(id), "f", "", Ordinal(1), cases::at(at)};
}

void flush(LaneBooks& books, store::Store& store) {
  store::Batch batch;
  books.flush_into(batch);
  REQUIRE(store.write(batch).has_value());
}

/// The shipped calendar with one working day less, 25 May 2026.
Value notice() {
  Value calendar = cases::from_file("schemas/directory/calendar-2025-2026.json");
  std::string text = record::canonical(calendar);
  const auto put = [&text](const std::string& old, const std::string& now) {
    const std::size_t at = text.find(old);
    REQUIRE(at != std::string::npos);
    text.replace(at, old.size(), now);
  };
  put(R"("version":1)", R"("version":2)");
  put(R"({"en":"Labour Day","from":"2026-05-01","to":"2026-05-05","zh":"劳动节"})",
      R"({"en":"Labour Day","from":"2026-05-01","to":"2026-05-05","zh":"劳动节"},{"en":"x","from":"2026-05-25","to":"2026-05-25","zh":"x"})");
  return cases::parsed(text);
}

std::map<AggregateId, int> recomputed(Bed& bed) {
  std::map<AggregateId, int> out;
  for (const auto& [lane, decisions] : bed.sequences().decisions) {
    for (const std::string& bytes : decisions) {
      const auto decision = record::decode_decision(bytes);
      for (const record::Event& event : decision->events) {
        if (event.type == "DueDateRecomputed") ++out[decision->aggregate];
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE("books: what is read together is what would be read one by one, also once it has been written") {
  Bed bed;
  auto log = log::open_simulated_log(bed.storage);
  DirectoryLog directory(*log, bed.deployment.source());
  auto store = store::make_memory_store();
  const auto name = [](int n) { return AggregateId(std::string(31, 'a') + std::to_string(n)); };
  std::vector<lane::Taken> taken(3);
  // Of so many lanes each keeps one case in memory.
  bed.deployment.lanes = 4096;
  LaneBooks books(LaneId(0), bed.deployment, *store, directory);
  std::vector<LaneBooks::Expected> commands;
  for (int n = 0; n < 3; ++n) {
    lane::Taken& one = taken[static_cast<std::size_t>(n)];
    one.command.emplace().id = CommandId("c" + std::to_string(n));
    one.command->aggregate = name(n);
    commands.emplace_back(&books, &one);
  }
  for (int round = 0; round < 2; ++round) {
    INFO(round);
    LaneBooks::expect(commands);
    for (int n = 0; n < 3; ++n) {
      const bool there = round == 1;
      CHECK((books.find_case(name(n)) != nullptr) == there);
      CHECK(books.find_answered(name(n), CommandId("c" + std::to_string(n))).has_value() == there);
      cases::CaseState& state = books.edit_case(name(n));
      CHECK(state.version == (there ? n + 1 : 0));
      state.version = n + 1;
      books.keep_case();
      books.remember(name(n), outcome("c" + std::to_string(n), "2026-05-20T09:00"));
    }
    flush(books, *store);
    flush(books, *store);
    CHECK(books.kept() < 6);
    for (int n = 0; n < 3; ++n) {
      REQUIRE(books.find_case(name(n)) != nullptr);
      CHECK(books.find_case(name(n))->version == n + 1);
      CHECK(books.find_answered(name(n), CommandId("c" + std::to_string(n))).has_value());
    }
  }
  // That what was made here has no answer is known, until it has one.
  taken[0].command->id = CommandId("made");
  books.note_made(taken[0].command->id);
  LaneBooks::expect(commands);
  CHECK_FALSE(books.find_answered(name(0), CommandId("made")));
  books.remember(name(0), outcome("made", "2026-05-20T09:00"));
  flush(books, *store);
  for (int n = 0; n < 3; ++n) CHECK(books.find_answered(name(n), CommandId("c" + std::to_string(n))));
  flush(books, *store);
  LaneBooks::expect(commands);
  CHECK(books.find_answered(name(0), CommandId("made")));
  CHECK_FALSE(books.failure());
}

TEST_CASE("books: one command id about two cases has two answers, in memory as in the store") {
  Bed bed;
  auto log = log::open_simulated_log(bed.storage);
  DirectoryLog directory(*log, bed.deployment.source());
  auto store = store::make_memory_store();
  const AggregateId one(std::string(32, 'a'));
  const AggregateId other(std::string(32, 'b'));
  LaneBooks books(LaneId(0), bed.deployment, *store, directory);
  const auto check = [&](LaneBooks& seen, bool both) {
    CHECK(seen.find_answered(one, CommandId("c1"))->ordinal == Ordinal(1));
    CHECK(seen.find_answered(other, CommandId("c1")).has_value() == both);
    if (both) CHECK(seen.find_answered(other, CommandId("c1"))->ordinal == Ordinal(2));
  };
  const auto answer = [](std::int64_t ordinal) {
    cases::Remembered remembered = outcome("c1", "2026-05-20T09:00");
    remembered.ordinal = Ordinal(ordinal);
    return remembered;
  };
  books.remember(one, answer(1));
  check(books, false);
  lane::Taken again;
  again.command.emplace();
  again.command->aggregate = other;
  again.command->id = CommandId("c1");
  const std::vector<LaneBooks::Expected> expected = {{&books, &again}};
  LaneBooks::expect(expected);
  check(books, false);
  books.remember(other, answer(2));
  check(books, true);
  flush(books, *store);
  check(books, true);
  LaneBooks restarted(LaneId(0), bed.deployment, *store, directory);
  REQUIRE(restarted.load().has_value());
  check(restarted, true);
}

TEST_CASE("books: outcomes leave the store 400 days after the archive, and not before; newer ones stay") {
  Bed bed;
  auto log = log::open_simulated_log(bed.storage);
  DirectoryLog directory(*log, bed.deployment.source());
  auto store = store::make_memory_store();
  const AggregateId id(std::string(32, 'a'));
  const AggregateId other(std::string(32, 'b'));
  {
    LaneBooks books(LaneId(0), bed.deployment, *store, directory);
    cases::CaseState& one = books.edit_case(id);
    one.version = 1;
    one.archived_at = cases::at("2026-06-20T00:00");
    books.keep_case();
    books.remember(id, outcome("c1", "2026-05-20T09:00"));
    books.remember(id, outcome("c2", "2026-06-01T09:00"));
    books.remember(other, outcome("c3", "2026-05-20T09:00"));
    books.state.time = cases::at("2026-06-20T00:00");
    flush(books, *store);
    CHECK(rows(*store, kAnsweredFamily) == 3);
  }
  LaneBooks books(LaneId(0), bed.deployment, *store, directory);
  REQUIRE(books.load().has_value());
  books.state.time = cases::at("2027-07-24T23:59");
  flush(books, *store);
  CHECK(rows(*store, kAnsweredFamily) == 3);
  CHECK(books.find_answered(id, CommandId("c1"))->at == cases::at("2026-05-20T09:00"));
  books.state.time = cases::at("2027-07-25T09:00");
  books.remember(id, outcome("c4", "2027-07-25T09:00"));
  flush(books, *store);
  CHECK(rows(*store, kAnsweredFamily) == 2);
  CHECK_FALSE(books.find_answered(id, CommandId("c1")));
  CHECK_FALSE(books.find_answered(id, CommandId("c2")));
  CHECK(books.find_answered(id, CommandId("c4")));
  CHECK(books.find_answered(other, CommandId("c3")));
  CHECK(rows(*store, kExpiryFamily) == 0);
}

TEST_CASE("calendar: the pass over open clocks goes on in parts, and ends with one that finds nothing") {
  Bed bed(1, 1);
  auto engine = bed.open_with_rules();
  for (int i = 0; i < 8; ++i) must(*engine, at(opening("open-" + std::to_string(i)), "2026-05-20T09:00"));
  const auto published = engine->publish(std::array{notice()});
  REQUIRE(published.has_value());
  engine.reset();
  auto log = log::open_simulated_log(bed.storage);
  DirectoryLog directory(*log, bed.deployment.source());
  REQUIRE(directory.refresh().has_value());
  LaneBooks books(LaneId(0), bed.deployment, *bed.state, directory);
  REQUIRE(books.load().has_value());
  const Instant now = cases::at("2026-05-20T10:00");
  CHECK(books.behind_calendar(now, 3).looked == 0);
  books.state.context = published->front().ordinal;
  std::set<AggregateId> behind;
  for (int round = 0; round < 2; ++round) {
    INFO(round);
    behind.clear();
    std::size_t calls = 0;
    // Nobody decides what is found, so the next pass finds it again.
    while (behind.size() < 8) {
      const LaneBooks::Pass pass = books.behind_calendar(now, 3);
      CHECK(pass.looked > 0);
      CHECK(pass.looked <= 3);
      CHECK(pass.behind.size() <= pass.looked);
      behind.insert(pass.behind.begin(), pass.behind.end());
      REQUIRE(++calls < 20);
    }
    CHECK(calls >= 3);
  }
  for (const AggregateId& id : behind) {
    cases::CaseState& decided = books.edit_case(id);
    decided.clocks.clear();
    books.keep_case();
  }
  std::size_t looked = 0;
  for (int calls = 0; calls < 3; ++calls) looked = books.behind_calendar(now, 3).looked;
  CHECK(looked == 0);
}

TEST_CASE(
    "calendar: a notice moves each touched open case with one command, also where the owner dies in "
    "between") {
  for (const bool dies : {false, true}) {
    Bed bed;
    auto engine = bed.open_with_rules();
    std::vector<AggregateId> open;
    for (int i = 0; i < 8; ++i)
      open.push_back(must(*engine, at(opening("open-" + std::to_string(i)), "2026-05-20T09:00")).aggregate);
    const AggregateId closed = open.back();
    open.pop_back();
    must(*engine, act("Send", closed.value, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "s"));
    must(*engine, act("Sign", closed.value, cases::kPsc, "{}", "g"));
    must(*engine, act("Tell", closed.value, cases::kPsc, cases::kProof, "t"));
    must(*engine, act("Close", closed.value, cases::kAgent, R"({"solved":true})", "c"));
    const auto published = engine->publish(std::array{notice()});
    REQUIRE(published.has_value());
    REQUIRE(engine->activate(published->front().ordinal).has_value());
    if (dies) {
      *bed.deaf = true;
      engine.reset();
      bed.deaf = std::make_shared<bool>(false);
      engine = bed.open();
    }
    REQUIRE(engine->advance(cases::at("2026-05-20T10:00")).has_value());
    REQUIRE(engine->advance(cases::at("2026-05-20T11:00")).has_value());
    const auto counted = recomputed(bed);
    CHECK(counted.size() == open.size());
    for (const AggregateId& id : open) {
      CHECK(counted.at(id) == 1);
      CHECK(engine->find_case(id.value)->find_clock("handle")->due == cases::at("2026-06-02T00:00"));
    }
    CHECK_FALSE(counted.contains(closed));
    engine.reset();
    CHECK(bed.redecided().different == 0);
  }
}

TEST_CASE("follow-ups: what was decided and not yet sent is sent by the next owner") {
  Bed bed;
  std::vector<AggregateId> ids;
  {
    auto engine = bed.open_with_rules();
    for (int i = 0; i < 4; ++i)
      ids.push_back(must(*engine, at(opening("open-" + std::to_string(i)), "2026-05-20T09:00")).aggregate);
    must(*engine,
         act("Merge", ids[1].value, cases::kDispatcher, R"({"master":")" + ids[0].value + R"("})", "m1"));
    CHECK(engine->find_case(ids[1].value)->stage == "HELD");
    CHECK(engine->find_case(ids[0].value)->merged == std::vector<std::string>{ids[1].value});
  }
  // The log ends where the child's question was decided: as if the owner had died before it sent it.
  auto log = log::open_simulated_log(bed.storage);
  Bed cut(bed.deployment.lanes, log->partitions());
  cut.time = bed.time;
  auto into = log::open_simulated_log(cut.storage);
  std::vector<log::Append> appends;
  for (const auto& stored : all_records(*log, log::Topic::directory, 0))
    appends.push_back({log::Topic::directory, 0, stored.record});
  for (std::int32_t partition = 0; partition < log->partitions(); ++partition) {
    for (const auto& stored : all_records(*log, log::Topic::commands, partition)) {
      const auto command = record::decode_command(stored.record.value);
      if (command->input.find("follow_up") != nullptr || command->name == lane::kFollowUpsSent) continue;
      appends.push_back({log::Topic::commands, partition, stored.record});
    }
  }
  REQUIRE(into->append(appends, log::Durability::synced).has_value());
  auto engine = cut.open();
  CHECK(engine->find_case(ids[1].value)->stage == "HELD");
  CHECK(engine->find_case(ids[0].value)->merged == std::vector<std::string>{ids[1].value});
  engine.reset();
  CHECK(cut.redecided().different == 0);
}

}  // namespace lastkm::runtime
