#include "engine/runtime/lane_books.h"

#include <catch2/catch.hpp>

#include "engine/log/simulated_log.h"

using namespace lastkm;
using namespace lastkm::runtime;

TEST_CASE("lane books: what a flush has put into a batch is found, also before the batch is written") {
  const auto log = log::open_simulated_log(std::make_shared<log::SimulatedStorage>(1));
  const DirectoryLog directory(*log, "/lastkm/test");
  const auto store = store::make_memory_store();
  // So many lanes share the memory that hardly anything is kept.
  Deployment many;
  many.lanes = 8192;
  LaneBooks books(LaneId(0), many, *store, directory);
  const auto open_case = [&books](int n) {
    const AggregateId id("case-" + std::to_string(n));
    const CommandId command("command-" + std::to_string(n));
    books.remember(id, cases::Remembered{command, "print", "", Ordinal(n), Instant{n}});
    books.note_decision({id, command}, n);
    cases::CaseState& state = books.edit_case(id);
    state.version = n;
    ++books.state.opened;
    books.keep_case();
  };
  const auto all_there = [&books](int up_to) {
    for (int n = 1; n <= up_to; ++n) {
      INFO(n);
      books.let_go_of_read();
      const cases::CaseState* found = books.find_case(AggregateId("case-" + std::to_string(n)));
      REQUIRE(found != nullptr);
      CHECK(found->version == n);
      const AggregateId id("case-" + std::to_string(n));
      CHECK(books.find_answered(id, CommandId("command-" + std::to_string(n))));
      CHECK(books.decision_offset({id, CommandId("command-" + std::to_string(n))}) == n);
      CHECK(books.find_reference(n) == AggregateId("case-" + std::to_string(n)));
    }
  };
  int cases = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) open_case(++cases);
    store::Batch batch;
    books.flush_into(batch);
    all_there(cases);
    REQUIRE(store->write(batch));
    all_there(cases);
  }
  // Nobody flushes any more: whoever only reads, a file that is imported again, lets go of what was read.
  store::Batch nothing_new;
  books.flush_into(nothing_new);
  all_there(cases);
  CHECK(books.kept() <= 2);
  CHECK_FALSE(books.failure());
}
