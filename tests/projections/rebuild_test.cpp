#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <thread>

#include "engine/record/merkle.h"
#include "projections/projector.h"
#include "projections/query/queries.h"
#include "projections/views/views.h"
#include "tests/projections/fakes.h"
#include "tests/scratch_folder.h"

namespace fs = std::filesystem;
using namespace lastkm;
using namespace lastkm::projections;
using namespace lastkm::projections::test;

namespace {
/// A store on disk, as the program opens it for its views.
Result<std::unique_ptr<store::Store>> open_views(const std::string& folder) {
  const Views views = make_views();
  return store::open_rocks_store(
      {.folder = folder, .families = families_of(views), .written_once = families_written_once(views)});
}

void catch_up(Projector& projector) {
  const Status caught_up = projector.catch_up();
  INFO((caught_up ? "" : caught_up.error().message));
  REQUIRE(caught_up);
}

/// Counts events of each case; broken: forgets at every commit what it has not written, as an apply with
/// hidden state does.
class CountingView final : public View {
 public:
  CountingView(std::int32_t layout, bool broken, std::int32_t reads = 0)
      : layout_(layout), reads_(reads), broken_(broken) {}
  [[nodiscard]] std::string_view name() const override { return "counting"; }
  [[nodiscard]] std::int32_t layout() const override { return layout_; }
  [[nodiscard]] bool reads(std::int32_t older) const override { return older == reads_; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override {
    return std::make_unique<CountingView>(layout_, broken_, reads_);
  }
  Status apply(const record::Decision& decision, const record::Event& /*event*/, Rows& rows) override {
    const std::string& id = decision.aggregate.value;
    if (!broken_) {
      auto held = rows.get(id);
      if (!held) return held.error();
      rows.put(id, std::string(held->value_or("")) + "x");
    } else {
      rows.put(id, seen_[id] += "x");
    }
    return done();
  }
  Status flush(Rows& /*rows*/) override {
    seen_.clear();
    return done();
  }

 private:
  std::int32_t layout_, reads_;
  bool broken_;
  std::map<std::string, std::string> seen_;
};

Views with_counting(std::int32_t layout, bool broken, std::int32_t reads = 0) {
  Views views = make_views();
  views.push_back(std::make_unique<CountingView>(layout, broken, reads));
  return views;
}

/// A rebuild looked at every row, and found none that differs.
void check_same(const Projector& projector, const std::vector<Compared>& compared) {
  const auto held = projector.status();
  REQUIRE(held);
  REQUIRE(compared.size() == held->size());
  for (std::size_t i = 0; i < held->size(); ++i) {
    CHECK(compared[i].view == (*held)[i].name);
    CHECK(compared[i].rows == (*held)[i].rows);
    CHECK(compared[i].different == 0);
  }
}

std::map<std::string, std::string> rows_of(const Projector& projector, std::string_view view) {
  std::map<std::string, std::string> rows;
  REQUIRE(projector.reading().scan(view, "", "", [&rows](std::string_view key, std::string_view value) {
    return rows.emplace(key, value).second;
  }));
  return rows;
}

/// In ranges; rows that belong beside the old ones are compared in memory, or read again, after many rounds.
ProjectorOptions one_round_or_many() {
  ProjectorOptions chosen = options(8);
  chosen.threads = 3;
  chosen.range_rows = 5;
  chosen.build_bytes = GENERATE(40000U, 100000000U);
  return chosen;
}

ProjectorOptions small_rounds(int threads) {
  ProjectorOptions small = options(8);
  small.threads = threads;
  small.build_bytes = 40000;
  small.range_rows = 5;
  return small;
}
}  // namespace

TEST_CASE("rebuild: by one thread or many, in one round or many, the rows are the same (P4)") {
  FakeLog log(kLanes);
  for (const record::Decision& decision : invent_lives(41, 700)) log.add(decision);
  const std::string wanted = fresh_digest(log);
  const int threads = GENERATE(1, 2, 5);
  const std::size_t bytes = GENERATE(1U, 60000U, 100000000U);
  ProjectorOptions chosen = options(16);
  chosen.threads = threads;
  chosen.build_bytes = bytes;
  chosen.range_rows = 5;
  const auto store = store::make_memory_store();
  auto opened = Projector::open(log, *store, make_views(), chosen);
  REQUIRE(opened);
  catch_up(**opened);
  CHECK(digest_of(**opened) == wanted);
  auto compared = (*opened)->rebuild();
  REQUIRE(compared);
  check_same(**opened, *compared);
  CHECK(digest_of(**opened) == wanted);
}

TEST_CASE("rebuild: an apply that is not a fold is found, with the view and the row") {
  FakeLog log(2);
  const auto decisions = invent_lives(42, 200);
  for (std::size_t i = 0; i < 50; ++i) log.add(decisions[i]);
  FakeStore store;
  const bool broken = GENERATE(false, true);
  auto opened = Projector::open(log, store, with_counting(1, broken), one_round_or_many());
  REQUIRE(opened);
  catch_up(**opened);
  for (std::size_t i = 50; i < 200; ++i) log.add(decisions[i]);
  catch_up(**opened);
  const auto before = rows_of(**opened, "counting");
  auto compared = (*opened)->rebuild();
  REQUIRE(compared);
  std::vector<std::string> differ;
  for (const auto& [key, value] : rows_of(**opened, "counting")) {
    if (before.at(key) != value) differ.push_back(key);
  }
  CHECK(differ.empty() != broken);
  for (const Compared& one : *compared) {
    INFO(one.view << " row " << one.first);
    const bool mine = one.view == "counting";
    CHECK(one.different == static_cast<std::int64_t>(mine ? differ.size() : 0));
    if (one.different > 0) CHECK(one.first == differ.front());
  }
}

TEST_CASE(
    "rebuild: a layout that can still be read answers as of where it stood, until the new one is there") {
  FakeLog log(2);
  const auto decisions = invent_lives(43, 120);
  for (std::size_t i = 0; i < 60; ++i) log.add(decisions[i]);
  FakeStore store;
  std::string id;
  Positions stood;
  {
    auto opened = Projector::open(log, store, with_counting(1, false), options(9));
    REQUIRE(opened);
    catch_up(**opened);
    stood = (*opened)->positions();
    id = decisions[0].aggregate.value;
  }
  for (std::size_t i = 60; i < 120; ++i) log.add(decisions[i]);
  auto opened = Projector::open(log, store, with_counting(2, false, 1), options(9));
  REQUIRE(opened);
  {
    const auto reading = (*opened)->reading();
    auto row = reading.get("counting", id);
    REQUIRE(row);
    CHECK(*row);
    CHECK(reading.positions("counting") == stood);
  }
  catch_up(**opened);
  const auto reading = (*opened)->reading();
  CHECK(reading.positions("counting") == reading.positions());
  CHECK(reading.positions() != stood);
  CHECK(status_of(**opened, "counting").state == "live");
}

TEST_CASE("rebuild: what is built and unchanged is not counted again, what is folded then is") {
  const auto decisions = invent_lives(50, 300);
  FakeLog log(2);
  for (std::size_t i = 0; i < 200; ++i) log.add(decisions[i]);
  FakeStore store;
  const auto projector = Projector::open(log, store, make_views(), one_round_or_many());
  REQUIRE(projector);
  catch_up(**projector);
  const auto check_counts = [&] {
    const auto status = (*projector)->status();
    REQUIRE(status);
    for (const ViewStatus& view : *status)
      CHECK(view.rows == static_cast<std::int64_t>(rows_of(**projector, view.name).size()));
  };
  check_counts();
  for (std::size_t i = 200; i < 250; ++i) log.add(decisions[i]);
  catch_up(**projector);
  check_counts();
  REQUIRE((*projector)->rebuild("cases"));
  check_counts();
  for (std::size_t i = 250; i < 300; ++i) log.add(decisions[i]);
  REQUIRE((*projector)->rebuild());
  check_counts();
}

TEST_CASE("rebuild: readers hold one checkpoint through commits and swaps") {
  FakeLog log(2);
  const auto decisions = invent_lives(44, 100);
  for (std::size_t i = 0; i < 50; ++i) log.add(decisions[i]);
  const ScratchFolder folder;
  auto rocks = open_views(folder.path.string());
  REQUIRE(rocks);
  const auto projector = open(log, **rocks, 7);
  catch_up(*projector);
  const auto rows_of = [](const Projector::Reading& reading) {
    std::string all;
    REQUIRE(reading.scan("history", "", "", [&all](std::string_view key, std::string_view value) {
      all += std::string(key) + std::string(value);
      return true;
    }));
    return all;
  };
  const auto held = projector->reading();
  const std::string before = rows_of(held);
  for (std::size_t i = 50; i < 100; ++i) log.add(decisions[i]);
  catch_up(*projector);
  REQUIRE(projector->rebuild());
  REQUIRE(projector->rebuild());
  CHECK(rows_of(held) == before);
  CHECK(rows_of(projector->reading()) != before);
  CHECK(digest_of(*projector) == fresh_digest(log));
}

TEST_CASE(
    "rebuild: a build that was killed goes on or begins anew, and half of it is never answered from (P7)") {
  FakeLog log(3);
  for (const record::Decision& decision : invent_lives(45, 300)) log.add(decision);
  const std::string wanted = fresh_digest(log);
  FakeStore store;
  // Dies at each of its writes in turn: rounds that are taken in, and the swap.
  int deaths = 0;
  for (int writes = 0; writes < 60; ++writes) {
    auto opened = Projector::open(log, store, make_views(), small_rounds(2));
    REQUIRE(opened);
    store.writes_until_failure = writes % 5;
    const bool built = static_cast<bool>((*opened)->catch_up());
    store.writes_until_failure = -1;
    if (built) break;
    ++deaths;
    const auto read = (*opened)->reading().get("cases", "x");
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "view-rebuilding");
  }
  CHECK(deaths > 3);
  const auto projector = open(log, store);
  catch_up(*projector);
  CHECK(digest_of(*projector) == wanted);
}

// Run by the test below, each time in a process of its own.
TEST_CASE("rebuild: one life of a process that keeps views", "[.life]") {
  const char* folder = std::getenv("LIFE_FOLDER");
  const char* seed = std::getenv("LIFE_SEED");
  REQUIRE(folder != nullptr);
  REQUIRE(seed != nullptr);
  const auto decisions = invent_lives(46, 400);
  FakeLog log(4);
  std::mt19937 dice(static_cast<unsigned>(std::stoul(seed)));
  auto store = open_views(folder);
  REQUIRE(store);
  // What is built and what is folded live meets the log at other places each time.
  const std::size_t first = decisions.size() - dice() % 200;
  for (std::size_t i = 0; i < first; ++i) log.add(decisions[i]);
  auto projector =
      Projector::open(log, **store, make_views(), small_rounds(1 + static_cast<int>(dice() % 2)));
  REQUIRE(projector);
  catch_up(**projector);
  for (std::size_t i = first; i < decisions.size(); ++i) log.add(decisions[i]);
  catch_up(**projector);
  if (dice() % 2 == 0) REQUIRE((*projector)->rebuild(dice() % 2 == 0 ? "" : "worklist"));
}

// LASTKM_LIVES=50 for the long tier: a life opens the database with all its families and takes seconds.
TEST_CASE("rebuild: views killed at random places come to the digests of an undisturbed run (P1 to P7)") {
  FakeLog log(4);
  for (const record::Decision& decision : invent_lives(46, 400)) log.add(decision);
  const std::string wanted = fresh_digest(log);
  static constexpr std::string_view kPoints[] = {
      "views.before_start_over", "views.fetched", "views.folded",      "views.before_write",
      "views.written",           "views.built",   "views.before_load", "views.loaded",
      "views.before_swap",       "views.swapped"};
  const ScratchFolder folder;
  std::mt19937 random(46);
  int deaths = 0;
  const char* wished = std::getenv("LASTKM_LIVES");
  const int lives = wished == nullptr ? 8 : std::stoi(wished);
  for (int life = 0; life < lives; ++life) {
    const std::string where =
        std::string(kPoints[random() % std::size(kPoints)]) + ":" + std::to_string(1 + random() % 3);
    const std::string seed = std::to_string(random() % 1000000);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::setenv("LASTKM_CRASH_AT", where.c_str(), 1);
      ::setenv("LIFE_FOLDER", folder.path.c_str(), 1);
      ::setenv("LIFE_SEED", seed.c_str(), 1);
      ::execl("/proc/self/exe", "test_projections", "rebuild: one life of a process that keeps views", "-o",
              "/dev/null", nullptr);
      ::_exit(99);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const int exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    INFO("LASTKM_CRASH_AT=" << where << " LIFE_SEED=" << seed);
    CHECK((exit == 0 || exit == 137));
    if (exit == 137) ++deaths;
  }
  CHECK(deaths > lives / 5);
  auto store = open_views(folder.path.string());
  REQUIRE(store);
  const auto projector = Projector::open(log, **store, make_views(), small_rounds(2));
  REQUIRE(projector);
  catch_up(**projector);
  CHECK(digest_of(**projector) == wanted);
  const auto compared = (*projector)->rebuild();
  REQUIRE(compared);
  check_same(**projector, *compared);
  CHECK(digest_of(**projector) == wanted);
}

TEST_CASE("rebuild: rows that are gone, too many or others are found, and the first of them named") {
  FakeLog log(kLanes);
  for (const record::Decision& decision : invent_lives(49, 300)) log.add(decision);
  FakeStore store;
  const auto projector = Projector::open(log, store, make_views(), one_round_or_many());
  REQUIRE(projector);
  catch_up(**projector);
  const auto rows = rows_of(**projector, "history");
  REQUIRE(rows.size() > 100);
  const auto key_at = [&rows](std::size_t i) { return std::next(rows.begin(), static_cast<long>(i))->first; };
  const std::string family = family_of("history", 0);
  store::Batch batch;
  std::string first;
  std::int64_t too_many = 0, others = 0;
  SECTION("none") {}
  SECTION("at the ends") {
    for (const std::string_view key : {"!", "~", "~~"}) batch.put(family, key, "x");
    first = "!";
    too_many = others = 3;
  }
  SECTION("one before others") {
    batch.put(family, key_at(3) + "+", "x");
    batch.erase(family, key_at(4));
    batch.put(family, key_at(rows.size() - 1), "x");
    first = key_at(3) + "+";
    too_many = 1;
    others = 3;
  }
  SECTION("the first and the last are gone") {
    first = key_at(0);
    batch.erase(family, first);
    batch.erase(family, key_at(rows.size() - 1));
    others = 2;
  }
  SECTION("all") {
    for (const auto& [key, value] : rows) batch.erase(family, key);
    first = key_at(0);
    others = static_cast<std::int64_t>(rows.size());
  }
  REQUIRE(store.write(batch));
  const auto compared = (*projector)->rebuild();
  REQUIRE(compared);
  CHECK(compared->size() == make_views().size());
  for (const Compared& one : *compared) {
    const bool mine = one.view == "history";
    CHECK(one.different == (mine ? others : 0));
    if (!mine) continue;
    CHECK(one.rows == static_cast<std::int64_t>(rows.size()) + too_many);
    CHECK(one.first == first);
  }
  CHECK(digest_of(**projector) == fresh_digest(log));
}

TEST_CASE("rebuild: old rows that cannot be read are told of, and no hindrance") {
  FakeLog log(kLanes);
  for (const record::Decision& decision : invent_lives(48, 300)) log.add(decision);
  FakeStore store;
  const auto projector = Projector::open(log, store, make_views(), one_round_or_many());
  REQUIRE(projector);
  catch_up(**projector);
  store.damaged = family_of("worklist", 0);
  const auto compared = (*projector)->rebuild();
  REQUIRE(compared);
  CHECK(compared->size() == make_views().size());
  for (const Compared& one : *compared) {
    CHECK(one.unreadable.empty() == (one.view != "worklist"));
    CHECK(one.different == 0);
  }
  const auto status = (*projector)->status();
  REQUIRE(status);
  for (const ViewStatus& view : *status) CHECK(view.incident.empty() == (view.name != "worklist"));
  CHECK(digest_of(**projector) == fresh_digest(log));
}

TEST_CASE("queries: a row that can be read and not understood is as good as damaged: it is made anew") {
  FakeLog log(kLanes);
  for (const record::Decision& decision : invent_lives(48, 300)) log.add(decision);
  FakeStore store;
  const auto projector = Projector::open(log, store, make_views(), small_rounds(2));
  REQUIRE(projector);
  catch_up(**projector);
  const Queries queries(**projector, query_options());
  const auto some = queries.list({}, CaseOrder::opened, {}, kBegin);
  REQUIRE(some);
  const std::string id(some->lines.front().text("case"));
  const auto code_of = [](const auto& result) { return result ? std::string() : result.error().code; };
  struct Asked {
    std::string view, key;
    std::function<std::string()> ask;
  };
  const std::vector<Asked> asks = {
      {"cases", id, [&] { return code_of(queries.show(id, kBegin)); }},
      {"cases", id, [&] { return code_of(queries.list({}, CaseOrder::opened, {}, kBegin)); }},
      {"history", id + "/0000000001", [&] { return code_of(queries.history(id, {})); }},
      {"rates", "case/" + id,
       [&] {
         return code_of(queries.rates(RatesBy::month, RatesBasis::callback, {Instant{0}, {}}));
       }},
      {"integrity", "lane/0000", [&] { return code_of(queries.integrity()); }},
  };
  for (const auto& [view, key, ask] : asks) {
    INFO(view << " " << key);
    CHECK(ask().empty());
    for (const int slot : {0, 1}) {
      store::Batch batch;
      batch.put(family_of(view, slot), key, "zz");
      REQUIRE(store.write(batch));
    }
    CHECK(ask() == kViewDamaged);
    const ViewStatus told = status_of(**projector, view);
    CHECK(told.state == "damaged");
    catch_up(**projector);
    CHECK(ask().empty());
    CHECK_THAT(status_of(**projector, view).incident, Catch::Contains(" of " + view + " cannot be read"));
    CHECK(digest_of(**projector) == fresh_digest(log));
    REQUIRE((*projector)->rebuild());
  }
}

TEST_CASE(
    "read side: a folder that is damaged is set aside, made anew and told of; one that is gone is made "
    "anew") {
  FakeLog log(2);
  for (const record::Decision& decision : invent_lives(47, 300)) log.add(decision);
  const ScratchFolder folder;
  ReadSideOptions options;
  options.folder = (folder.path / "views").string();
  options.log_id = kLogId;
  const auto opened = [&] {
    auto side = open_read_side(log, options);
    INFO((side ? "" : side.error().message));
    REQUIRE(side);
    return std::move(*side);
  };
  const std::string wanted = [&] {
    const auto side = opened();
    catch_up(side->projector());
    return digest_of(side->projector());
  }();
  CHECK(wanted == fresh_digest(log));
  const auto files = [&](std::string_view extension) {
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(options.folder)) {
      if (file.path().extension() == extension) found.push_back(file.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  SECTION("a table is gone") {
    const auto tables = files(".sst");
    REQUIRE_FALSE(tables.empty());
    fs::remove(tables.back());
    const auto side = opened();
    catch_up(side->projector());
    CHECK(digest_of(side->projector()) == wanted);
    CHECK_THAT(status_of(side->projector(), "cases").incident, Catch::Contains("damaged-1"));
    CHECK(fs::exists(options.folder + ".damaged-1"));
  }
  SECTION("what was found is told even where the process dies before anything is made anew") {
    fs::remove(files(".sst").back());
    const fs::path left = folder.path / "left";
    {
      const auto side = opened();
      fs::copy(options.folder, left, fs::copy_options::recursive);
    }
    fs::remove_all(options.folder);
    fs::rename(left, options.folder);
    const auto side = opened();
    catch_up(side->projector());
    CHECK(digest_of(side->projector()) == wanted);
    CHECK_THAT(status_of(side->projector(), "cases").incident, Catch::Contains("damaged-1"));
  }
  SECTION("a byte of every table is another one") {
    for (const fs::path& table : files(".sst")) {
      std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(200);
      file.put('\x55');
      file.put('\x2a');
    }
    std::string incidents;
    for (int again = 0; again < 3; ++again) {
      const auto side = opened();
      // Counting reads every row; what is damaged shows, and is rebuilt by the next who catches up.
      (void)side->projector().catch_up();
      auto status = side->projector().status();
      REQUIRE(status);
      (void)side->projector().catch_up();
      for (const ViewStatus& view : *status) incidents += view.incident + view.why;
    }
    CHECK_FALSE(incidents.empty());
    const auto side = opened();
    catch_up(side->projector());
    CHECK(digest_of(side->projector()) == wanted);
  }
  SECTION("the folder is gone") {
    fs::remove_all(options.folder);
    const auto side = opened();
    catch_up(side->projector());
    CHECK(digest_of(side->projector()) == wanted);
    CHECK(status_of(side->projector(), "cases").incident.empty());
  }
}

TEST_CASE(
    "integrity: trees are those of RFC 6962, chains are followed, and a decision that is left out is found") {
  const auto decisions = invent_lives(48, 200);
  FakeLog log(1);
  for (const record::Decision& decision : decisions) log.add(decision);
  FakeStore store;
  const auto projector = open(log, store, 7);
  catch_up(*projector);
  const Value proof = *Queries(*projector, query_options()).integrity();
  CHECK(proof.number("broken", -1) == 0);
  // The tree of each lane by the definition, from the top.
  struct Tree {
    static record::Digest root(std::span<const record::Digest> leaves) {
      if (leaves.size() == 1) return record::merkle_leaf(leaves[0]);
      std::size_t split = 1;
      while (split * 2 < leaves.size()) split *= 2;
      return record::merkle_node(root(leaves.first(split)), root(leaves.subspan(split)));
    }
  };
  for (const Value& line : *proof.find("lanes")->if_array()) {
    std::vector<record::Digest> leaves;
    for (const record::Decision& decision : decisions) {
      if (decision.lane.value == line.number("lane"))
        leaves.push_back(record::sha256(record::encode(decision, "/lastkm/test")));
    }
    CHECK(line.number("last") == static_cast<std::int64_t>(leaves.size()));
    CHECK(line.text("decisions_root") == record::hex(Tree::root(leaves)));
  }
  FakeLog other(1);
  std::string gone;
  std::map<LaneId, std::int64_t> skipped;
  for (record::Decision decision : decisions) {
    // One case loses its second decision; the ordinals close up behind it.
    if (gone.empty() && !decision.prev.empty() && !decision.events.empty() &&
        !record::is_lane_aggregate(decision.aggregate)) {
      gone = decision.aggregate.value;
      ++skipped[decision.lane];
      continue;
    }
    decision.ordinal.value -= skipped[decision.lane];
    if (decision.aggregate.value == gone) decision.events.clear();
    other.add(decision);
  }
  FakeStore beside;
  const auto witness = open(other, beside, 7);
  (void)witness->catch_up();
  CHECK(Queries(*witness, query_options()).integrity()->number("broken") > 0);
}
