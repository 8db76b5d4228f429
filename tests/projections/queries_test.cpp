#include "projections/query/queries.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <set>

#include "engine/base/packed.h"
#include "engine/record/canonical.h"
#include "engine/record/parse.h"
#include "projections/views/case_row.h"
#include "projections/views/work_row.h"
#include "tests/projections/fakes.h"

using namespace lastkm;
using namespace lastkm::projections;
using namespace lastkm::projections::test;

namespace {
constexpr std::int32_t kOffset = 480;
const Instant kNow = kBegin + 20 * kMsPerDay;

struct World {
  /// The first half is built at once, the rest is folded into it as it comes.
  explicit World(const std::vector<record::Decision>& decisions) : log(2) {
    projector = open(log, store, 64);
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      log.add(decisions[i]);
      if (i == decisions.size() / 2 || i + 1 == decisions.size()) catch_up();
    }
    queries.emplace(*projector, query_options());
  }
  void catch_up() {
    const Status caught_up = projector->catch_up();
    INFO((caught_up ? "" : caught_up.error().message));
    REQUIRE(caught_up);
  }
  FakeLog log;
  FakeStore store;
  std::unique_ptr<Projector> projector;
  std::optional<Queries> queries;
};

template <class T>
T must(Result<T> result) {
  INFO((result ? "" : result.error().message));
  REQUIRE(result);
  return std::move(*result);
}

CaseFilter filter_of(std::vector<std::string> terms) {
  return must(parse_filter(terms, kOffset));
}

std::vector<std::string> ids(const Array& lines) {
  std::vector<std::string> ids;
  for (const Value& line : lines) ids.emplace_back(line.text("case"));
  return ids;
}

Array all(const World& world, const CaseFilter& filter = {}) {
  return must(world.queries->list(filter, CaseOrder::ref, {}, kNow)).lines;
}

std::vector<std::string> texts(const Value& line, std::string_view name) {
  std::vector<std::string> texts;
  for (const Value& item : *line.find(name)->if_array()) texts.push_back(*item.if_string());
  return texts;
}
}  // namespace

TEST_CASE("queries: a filter gives the cases that hold it, and no others") {
  const World world(invent_lives(21, 800));
  const Array everything = all(world);
  REQUIRE(everything.size() > 50);
  struct Row {
    std::string term;
    bool (*holds)(const Value& line);
  };
  const auto row = GENERATE(values<Row>({
      {"ref=R-7", [](const Value& v) { return v.text("ref") == "R-7"; }},
      {"stage=SIGNED", [](const Value& v) { return v.text("stage") == "SIGNED"; }},
      {"category=C03", [](const Value& v) { return v.text("category") == "C03"; }},
      {"channel=CH-GRID", [](const Value& v) { return v.text("channel") == "CH-GRID"; }},
      {"type=HELP", [](const Value& v) { return v.text("type") == "HELP"; }},
      {"lead=PSC-5101080170060002", [](const Value& v) { return v.text("lead") == "PSC-5101080170060002"; }},
      {"community=510108017001", [](const Value& v) { return v.text("place").starts_with("510108017001"); }},
      {"place=510108017", [](const Value& v) { return v.text("place").starts_with("510108017"); }},
      {"lead=(none yet)", [](const Value& v) { return v.text("lead").empty(); }},
      {"holder=(none yet)", [](const Value& v) { return v.find("holders")->if_array()->empty(); }},
      {"open", [](const Value& v) { return !v.flag("ended"); }},
      {"open=no", [](const Value& v) { return v.flag("ended"); }},
      {"overdue", [](const Value& v) { return v.flag("overdue"); }},
      {"overdue=no", [](const Value& v) { return !v.flag("overdue"); }},
      {"workflow=test", [](const Value& v) { return v.find("workflow")->text("id") == "test"; }},
      {"workflow=test@1", [](const Value& v) { return v.find("workflow")->number("version") == 1; }},
      {"level=2", [](const Value& v) { return v.number("level") == 2; }},
      {"from=2026-01-05", [](const Value& v) { return v.text("opened_at") >= "2026-01-05T00:00:00+08:00"; }},
      {"before=2026-01-05", [](const Value& v) { return v.text("opened_at") < "2026-01-05T00:00:00+08:00"; }},
  }));
  INFO(row.term);
  std::vector<std::string> expected;
  for (const Value& line : everything) {
    if (row.holds(line)) expected.emplace_back(line.text("case"));
  }
  const Page page = must(world.queries->list(filter_of({row.term}), CaseOrder::ref, {}, kNow));
  CHECK(ids(page.lines) == expected);
  CHECK(page.count == static_cast<std::int64_t>(expected.size()));
  CHECK_FALSE(expected.empty());
}

TEST_CASE("queries: every count equals the list that it counts") {
  const World world(invent_lives(22, 700));
  std::mt19937 random(22);
  for (const std::string dimension :
       {"stage", "type", "category", "channel", "lead", "level", "card", "community"}) {
    const std::vector<std::string> terms = {random() % 2 == 0 ? "open" : "open=no",
                                            "overdue",
                                            "channel=CH-12345",
                                            "type=COMPLAINT",
                                            "category=C02",
                                            "level=0"};
    std::vector<std::string> drawn;
    std::sample(terms.begin(), terms.end(), std::back_inserter(drawn), 2, random);
    const CaseFilter filter = filter_of(drawn);
    const Array counts = must(world.queries->counts(filter, dimension, kNow)).lines;
    for (const Value& line : counts) {
      std::vector<std::string> term = {dimension + "=" + std::string(shown_key(line.text("key")))};
      CaseFilter narrowed = filter;
      const CaseFilter added = filter_of(term);
      bool contradicts = false;
      const auto narrow = [&](auto member) {
        if (added.*member == CaseFilter{}.*member) return;
        contradicts = filter.*member != CaseFilter{}.*member && filter.*member != added.*member;
        narrowed.*member = added.*member;
      };
      for (auto member : {&CaseFilter::stage, &CaseFilter::type, &CaseFilter::category, &CaseFilter::channel,
                          &CaseFilter::lead, &CaseFilter::card, &CaseFilter::community}) {
        narrow(member);
      }
      narrow(&CaseFilter::level);
      INFO(term.front());
      CHECK_FALSE(contradicts);
      CHECK(line.number("count") == static_cast<std::int64_t>(all(world, narrowed).size()));
      CHECK(line.number("count") > 0);
    }
  }
  CHECK_FALSE(world.queries->counts({}, "weather", kNow));
}

TEST_CASE(
    "queries: a case was closed when that happened, not when it was recorded, as its month in the rates is") {
  const std::string id(32, 'a');
  Author author;
  const auto add = [&](record::Event made, Instant occurred_at, Instant recorded_at) {
    made.occurred_at = occurred_at;
    return author.decide(id, {std::move(made)}, recorded_at);
  };
  const std::vector<record::Decision> before = {
      add(event("CaseRegistered", Object{{"ref", "R-1"}}, "REGISTERED"), kBegin, kBegin),
      add(event("CaseClosed", Object{}, "CLOSED", true), kBegin + kMsPerHour, kBegin + kMsPerDay)};
  const auto closed_at = [](const World& world) {
    const Array lines = all(world);
    const Value* at = lines[0].find("closed_at");
    return at->is_null() ? std::string("open") : std::string(*at->if_string());
  };
  CHECK(closed_at(World(before)) == "2026-01-01T09:00:00+08:00");
  std::vector<record::Decision> after = before;
  after.push_back(add(event("CaseReopened", Object{{"reason", "X"}}, "REOPENED"), kBegin + kMsPerDay,
                      kBegin + kMsPerDay + 1));
  CHECK(closed_at(World(after)) == "open");
  // Layout 2 had the record time alone.
  CaseRow row;
  row.state.closed_at = kBegin + kMsPerDay;
  const auto older = case_row_of(2, id, pack(row.lane) + pack(row.state));
  REQUIRE(older);
  CHECK(older->closed_at == row.state.closed_at);
}

TEST_CASE("queries: what is asked for twice is refused, for one of the two would be passed over") {
  for (const std::vector<std::string>& terms : {std::vector<std::string>{"open", "open=no"},
                                                {"level=1", "level=1"},
                                                {"place=510108017", "place=510108017001"}}) {
    const auto filter = parse_filter(terms, kOffset);
    REQUIRE_FALSE(filter);
    CHECK(filter.error().code == "bad-filter");
  }
}

TEST_CASE("queries: of a place and a community both hold") {
  const World world(invent_lives(21, 400));
  const auto found = [&world](std::vector<std::string> terms) {
    return ids(all(world, filter_of(std::move(terms))));
  };
  const auto in_one = found({"community=510108017001"});
  REQUIRE_FALSE(in_one.empty());
  CHECK(in_one.size() < found({"place=510108017"}).size());
  CHECK(found({"place=510108017", "community=510108017001"}) == in_one);
  CHECK(found({"place=510108017002", "community=510108017001"}).empty());
}

TEST_CASE("queries: pages put together are the list, in its order, whatever the size of a page") {
  const World world(invent_lives(23, 300));
  const auto order = GENERATE(CaseOrder::opened, CaseOrder::due, CaseOrder::ref);
  const std::size_t limit = GENERATE(1U, 7U, 1000U);
  const Page whole = must(world.queries->list({}, order, {}, kNow));
  std::vector<std::string> together;
  PageRequest request{limit, ""};
  do {
    const Page page = must(world.queries->list({}, order, request, kNow));
    CHECK(page.lines.size() <= limit);
    CHECK(page.count == whole.count);
    for (const std::string& id : ids(page.lines)) together.push_back(id);
    request.cursor = page.next;
  } while (!request.cursor.empty());
  CHECK(together == ids(whole.lines));
  CHECK_FALSE(world.queries->list({}, order, {1, "no cursor"}, kNow));
}

/// Pages of this size, put together: each says the whole count, and together they are the list.
std::vector<std::string> together(std::size_t size, const std::function<Result<Page>(PageRequest)>& ask) {
  const Page whole = must(ask({}));
  std::vector<std::string> put;
  PageRequest request{size, ""};
  do {
    const Page page = must(ask(request));
    CHECK(page.count == static_cast<std::int64_t>(whole.lines.size()));
    CHECK(page.lines.size() <= size);
    for (const std::string& id : ids(page.lines)) put.push_back(id);
    request.cursor = page.next;
  } while (!request.cursor.empty());
  CHECK(put == ids(whole.lines));
  return put;
}

TEST_CASE("queries: a worklist is every case that its body holds, by due time") {
  World world(invent_lives(24, 900));
  std::set<std::string> bodies;
  const Array by_due = must(world.queries->list({}, CaseOrder::due, {}, kNow)).lines;
  for (const Value& line : by_due) {
    for (const std::string& body : texts(line, "holders")) bodies.insert(body);
  }
  REQUIRE(bodies.size() > 3);
  for (const std::string& body : bodies) {
    std::vector<std::string> expected;
    for (const Value& line : by_due) {
      const auto holders = texts(line, "holders");
      if (std::find(holders.begin(), holders.end(), body) == holders.end()) continue;
      expected.push_back(std::string(line.text("ref")) + " " + std::string(line.text("stage")) + " " +
                         std::string(line.text("due")) + (line.flag("overdue") ? " overdue" : ""));
    }
    std::vector<std::string> got;
    for (const Value& line : must(world.queries->worklist(body, kNow)).lines) {
      got.push_back(std::string(line.text("ref")) + " " + std::string(line.text("why")) + " " +
                    std::string(line.text("due")) + (line.flag("overdue") ? " overdue" : ""));
    }
    INFO(body);
    CHECK(got == expected);
    const auto ask = [&](const PageRequest& page) { return world.queries->worklist(body, kNow, page); };
    for (const std::size_t size : {std::size_t{3}, std::max<std::size_t>(got.size(), 1)})
      CHECK(together(size, ask).size() == expected.size());
    // A list whose length does not lie beside it is counted.
    store::Batch without;
    without.erase("worklist.a", "count/body/" + body);
    REQUIRE(world.store.write(without));
    CHECK(together(3, ask).size() == expected.size());
  }
  std::vector<std::string> due_expected;
  const Instant before = kNow + 2 * kMsPerDay;
  for (const Value& line : by_due) {
    if (!line.find("due")->is_null() && *parse_instant(line.text("due")) < before)
      due_expected.emplace_back(line.text("case"));
  }
  CHECK_FALSE(due_expected.empty());
  CHECK(ids(must(world.queries->due(before, kNow)).lines) == due_expected);
  CHECK(together(2, [&](const PageRequest& page) { return world.queries->due(before, kNow, page); }) ==
        due_expected);
  CHECK(must(world.queries->worklist("NOBODY-1", kNow)).lines.empty());
}

TEST_CASE(
    "queries: a case is on the worklists of co-handlers and of whistled bodies while their part is pending") {
  Author author;
  const std::string id(32, 'e');
  const Instant due = kBegin + kMsPerHour;
  std::vector<record::Decision> decisions;
  const auto decide = [&](record::Event event, Array holders, std::vector<Value> clocks = {}) {
    if (!holders.empty()) event.holders = std::move(holders);
    if (!clocks.empty()) event.clocks = Array(clocks.begin(), clocks.end());
    decisions.push_back(author.decide(id, {std::move(event)}, kBegin));
  };
  const auto lists = [&decisions] {
    const World world(decisions);
    std::string text;
    for (const std::string body : {"HOTLINE-1", "PSC-1", "RC-1", "OC-1", "FIRE-1", "GAS-1"}) {
      const Page page = must(world.queries->worklist(body, kNow));
      CHECK(page.count == static_cast<std::int64_t>(page.lines.size()));
      for (const Value& line : page.lines)
        text += body + " " + std::string(line.text("why")) + " " + std::string(line.text("due")) + "; ";
    }
    return text;
  };
  decide(event("CaseRegistered", Object{{"ref", "R-1"}}, "REGISTERED"), Array{Value("HOTLINE-1")});
  CHECK(lists() == "HOTLINE-1 REGISTERED ; ");
  decide(event("CaseDispatched",
               Object{{"lead", "PSC-1"},
                      {"co_handlers", Array{Value(Object{{"body", "RC-1"}, {"due", format_utc(due)}}),
                                            Value(Object{{"body", "OC-1"}})}}},
               "DISPATCHED"),
         Array{Value("PSC-1")}, {clock_change("sign", "started", due + kMsPerHour)});
  const std::string first = format_at_offset(due, query_options().offset_minutes);
  const std::string second = format_at_offset(due + kMsPerHour, query_options().offset_minutes);
  CHECK(lists() == "PSC-1 DISPATCHED " + second + "; RC-1 CO_HANDLER " + first + "; ");
  decide(event("WhistleBlown", Object{{"kind", "hard"}, {"bodies", Array{Value("FIRE-1"), Value("GAS-1")}}}),
         {}, {clock_change("whistle", "started", due)});
  CHECK(lists() == "PSC-1 DISPATCHED " + first + "; RC-1 CO_HANDLER " + first + "; FIRE-1 WHISTLE " + first +
                       "; GAS-1 WHISTLE " + first + "; ");
  decide(event("WhistleAnswered", Object{{"body", "GAS-1"}}), {});
  decide(event("CoHandlerReported", Object{{"body", "RC-1"}}), {});
  CHECK(lists() == "PSC-1 DISPATCHED " + first + "; FIRE-1 WHISTLE " + first + "; ");
  // Of a body's parts the one that falls due first; the lead has no part beside that.
  const Value fire(Object{{"body", "FIRE-1"}, {"due", format_utc(due + kMsPerHour)}});
  decide(event("CaseDispatched", Object{{"lead", "PSC-1"}, {"co_handlers", Array{fire}}}), {});
  CHECK(lists() == "PSC-1 DISPATCHED " + first + "; FIRE-1 WHISTLE " + first + "; ");
  decide(event("WhistleClosed", Object{}), {}, {clock_change("whistle", "stopped")});
  CHECK(lists() == "PSC-1 DISPATCHED " + second + "; FIRE-1 CO_HANDLER " + second + "; ");
  decide(event("CaseDispatched", Object{{"lead", "FIRE-1"}}), {});
  CHECK(lists() == "PSC-1 DISPATCHED " + second + "; ");
  decide(event("CaseClosed", Object{}, "CLOSED", true), Array{Value("HOTLINE-1")});
  CHECK(lists() == "HOTLINE-1 CLOSED ; ");
}

TEST_CASE("queries: rows of the layout before answer until new ones are there, and as no other") {
  World world(invent_lives(27, 100));
  const auto seen = [](const Queries& queries) -> Result<std::string> {
    const auto page = queries.worklist("HOTLINE-510108", kNow);
    if (!page) return page.error();
    std::string text;
    for (const Value& line : page->lines)
      text += std::string(line.text("case")) + " " + std::string(line.text("why")) + "; ";
    return text;
  };
  const std::string before = must(seen(*world.queries));
  REQUIRE_FALSE(before.empty());
  store::Batch cut;
  REQUIRE(world.store.scan("worklist.a", "case/", [&cut](std::string_view key, std::string_view bytes) {
    if (!key.starts_with(kWorkCasePrefix)) return false;
    const std::size_t parts = pack(unpack<WorkRow>(bytes)->parts).size();
    cut.put("worklist.a", std::string(key), std::string(bytes.substr(0, bytes.size() - parts)));
    return true;
  }));
  REQUIRE(world.store.write(cut));
  const auto read_as = [&](std::int64_t layout) {
    Value kept = must(record::parse(*must(world.store.get(kCheckpointFamily, "view/worklist"))));
    kept.if_object()->set("layout", layout);
    store::Batch batch;
    batch.put(kCheckpointFamily, "view/worklist", record::canonical(kept));
    REQUIRE(world.store.write(batch));
    const auto projector = open(world.log, world.store, 64);
    return seen(Queries(*projector, query_options()));
  };
  CHECK(must(read_as(3)) == before);
  const auto damaged = read_as(4);
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().code == kViewDamaged);
}

TEST_CASE("queries: how far the views lag is not known while the log cannot be asked") {
  World world(invent_lives(27, 30));
  const auto lag = [&world] {
    return *must(world.queries->status()).find("views")->if_array()->front().find("lag");
  };
  CHECK(lag() == Value(0));
  CHECK(must(world.queries->status()).text("lag_unknown").empty());
  world.log.now_away = true;
  CHECK(lag().is_null());
  CHECK(must(world.queries->status()).text("lag_unknown") == "it does not answer");
}

TEST_CASE("queries: a case is overdue from its due instant on, and only while its clock is open") {
  Author author;
  const std::string id(32, 'b');
  const Instant due = kBegin + kMsPerHour;
  record::Event opening = event("CaseRegistered", Object{{"ref", "R-1"}}, "REGISTERED");
  opening.holders = Array{Value("A-1")};
  opening.clocks = Array{clock_change("sign", "started", due)};
  std::vector<record::Decision> decisions = {author.decide(id, {opening}, kBegin)};
  record::Event breach = event("StageBreached", Object{{"clock", "sign"}});
  breach.clocks = Array{clock_change("sign", "breached", due)};
  record::Event signing = event("CaseSigned", Object{}, "SIGNED");
  signing.clocks = Array{clock_change("sign", "stopped")};

  const auto overdue = [](const World& world, Instant now) {
    const bool listed = must(world.queries->worklist("A-1", now)).lines.at(0).flag("overdue");
    const std::int64_t counted =
        must(world.queries->list(filter_of({"overdue"}), CaseOrder::due, {}, now)).count;
    CHECK(counted == (listed ? 1 : 0));
    return listed;
  };
  CHECK_FALSE(overdue(World(decisions), due + -1));
  CHECK(overdue(World(decisions), due));
  decisions.push_back(author.decide(id, {breach}, due));
  CHECK(overdue(World(decisions), due + kMsPerDay));
  decisions.push_back(author.decide(id, {signing}, due + kMsPerHour));
  CHECK_FALSE(overdue(World(decisions), due + kMsPerDay));
}

TEST_CASE("queries: what was suspended, stopped and restored is not due, and says what is left of it") {
  Author author;
  const std::string id(32, 'd');
  record::Event opening = event("CaseRegistered", Object{{"ref", "R-1"}}, "REGISTERED");
  opening.holders = Array{Value("A-1")};
  opening.clocks = Array{clock_change("handle", "started", kBegin + kMsPerHour)};
  std::vector<record::Decision> decisions = {author.decide(id, {opening}, kBegin)};
  const auto clocks_after = [&](const char* change) {
    record::Event next = event("MilestoneReached", Object{});
    next.clocks = Array{standing("handle", change)};
    decisions.push_back(author.decide(id, {next}, kBegin));
    const World world(decisions);
    const Value line = must(world.queries->worklist("A-1", kBegin + kMsPerDay)).lines.at(0);
    CHECK(line.find("due")->is_null());
    CHECK_FALSE(line.flag("overdue"));
    CHECK(must(world.queries->list(filter_of({"overdue"}), CaseOrder::due, {}, kNow)).count == 0);
    const Value shown = must(world.queries->show(id, kNow));
    const Value& clock = shown.find("clocks")->if_array()->front();
    const bool left = clock.find("paused_left")->if_object() != nullptr;
    return std::string(clock.text("state")) + (left ? " with something left" : "");
  };
  CHECK(clocks_after("suspended") == "suspended with something left");
  CHECK(clocks_after("stopped") == "met");
  CHECK(clocks_after("restored") == "suspended with something left");
}

TEST_CASE("queries: case show is the contract's, found by id and by reference number") {
  Author author;
  const std::string id(32, 'c');
  record::Event opening =
      event("CaseRegistered", Object{{"ref", "07-000001"}, {"workflow", "w"}, {"workflow_version", 3}},
            "REGISTERED");
  opening.clocks = Array{clock_change("sign", "started", kBegin + kMsPerDay),
                         clock_change("handle", "started", kBegin + kMsPerDay)};
  record::Event pause = event("ClockSuspended", Object{{"clock", "sign"}, {"reason", "X"}});
  pause.clocks = Array{standing("sign", "suspended")};
  const auto decision =
      author.decide(id,
                    {opening,
                     event("CaseDispatched",
                           Object{{"lead", "PSC-1"}, {"co_handlers", Array{Value(Object{{"body", "RC-1"}})}}},
                           "DISPATCHED"),
                     pause},
                    kBegin);
  const World world({decision});
  const Value shown = must(world.queries->show("07-000001", kNow));
  CHECK(shown == must(world.queries->show(id, kNow)));
  CHECK(must(world.queries->find_case("07-000001")) == id);
  CHECK(
      record::canonical(*shown.find("clocks")) ==
      R"([{"due":"2026-01-02T08:00:00+08:00","name":"handle","overdue":true,"paused_left":null,"state":"running"},)"
      R"({"due":null,"name":"sign","overdue":false,"paused_left":{"n":1,"unit":"WD"},"state":"suspended"}])");
  CHECK(record::canonical(*shown.find("co_handlers")) == R"(["RC-1"])");
  CHECK(record::canonical(*shown.find("workflow")) == R"({"id":"w","version":3})");
  CHECK(shown.find("position")->number("lane") == decision.lane.value);
  CHECK(shown.find("position")->number("ordinal") == 1);
  CHECK(shown.text("case") == id);
  CHECK(shown.text("stage") == "DISPATCHED");
  CHECK(shown.number("version") == 3);
  CHECK(shown.text("lead") == "PSC-1");
  CHECK(shown.text("card") == "none");
  CHECK(shown.number("level", -1) == 0);
  CHECK(shown.number("supervision", -1) == 0);
  for (const std::string unknown : {"07-000002", "", "lane-1"}) {
    const auto missing = world.queries->show(unknown, kNow);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == ErrorKind::not_found);
  }
}

TEST_CASE("queries: history has every event of the case once, in order, as it was recorded") {
  const auto decisions = invent_lives(25, 400);
  const World world(decisions);
  std::map<std::string, std::vector<std::pair<std::int64_t, std::string>>> expected;
  for (const record::Decision& decision : decisions) {
    if (decision.aggregate.value.starts_with("lane-")) continue;
    for (const record::Event& event : decision.events)
      expected[decision.aggregate.value].emplace_back(event.seq, event.type);
  }
  for (const auto& [id, events] : expected) {
    std::vector<std::pair<std::int64_t, std::string>> got;
    for (const Value& line : must(world.queries->history(id)).lines) {
      got.emplace_back(line.number("seq"), line.text("type"));
      CHECK(line.text("recorded_at").ends_with("+08:00"));
      CHECK(line.find("actor")->text("body") == "HOTLINE-510108");
      CHECK(line.find("data") != nullptr);
      CHECK(line.text("rule") == "test@1/X/T01");
    }
    CHECK(got == events);
  }
}

TEST_CASE(
    "queries: a case is overdue where case show says so of a clock, and in lists where the clock says so") {
  const World world(invent_lives(30, 600));
  std::map<bool, int> cases;
  int over = 0;  // ran out, and is overdue no longer
  for (const Value& line : all(world)) {
    bool overdue = false;
    const Value shown = must(world.queries->show(line.text("case"), kNow));
    for (const Value& clock : *shown.find("clocks")->if_array()) {
      overdue = overdue || clock.flag("overdue");
      if (clock.text("state") == "breached" && !clock.flag("overdue")) ++over;
    }
    CHECK(overdue == line.flag("overdue"));
    ++cases[overdue];
  }
  CHECK(cases[true] > 0);
  CHECK(cases[false] > 0);
  CHECK(over > 0);
}

TEST_CASE("queries: hot categories and places count the cases of a month, each where it is now") {
  const World world(invent_lives(26, 700));
  for (const std::string dimension : {"category", "community"}) {
    std::map<std::string, std::int64_t> expected;
    for (const Value& line : all(world)) {
      std::string key(dimension == "category" ? line.text("category") : line.text("place").substr(0, 12));
      ++expected[std::string(line.text("opened_at").substr(0, 7)) + " " + key];
    }
    std::map<std::string, std::int64_t> got;
    for (const Value& line : must(world.queries->hot(dimension)).lines) {
      // Every count can be traced to its cases.
      const auto cases =
          must(world.queries->hot_cases(dimension, line.text("key"), line.text("month"))).lines;
      CHECK(static_cast<std::int64_t>(cases.size()) == line.number("count"));
      for (const Value& one : cases)
        CHECK(must(world.queries->show(one.text("case"), kNow)).text("ref") == one.text("ref"));
      got[std::string(line.text("month")) + " " + std::string(line.text("key"))] = line.number("count");
    }
    CHECK(got == expected);
  }
}

TEST_CASE("queries: what has no category or place yet is hot under a key of its own, until it has one") {
  Author author;
  std::vector<record::Decision> decisions;
  const auto add = [&](char name, std::string type, Object data) {
    decisions.push_back(
        author.decide(std::string(32, name), {event(std::move(type), std::move(data), "SIGNED")}, kBegin));
  };
  for (const char name : {'a', 'b', 'c', 'd'}) {
    Object data{{"ref", std::string("R-") + name}, {"workflow", "test"}, {"workflow_version", 1}};
    if (name == 'd') data.set("category", "C01");
    add(name, "CaseRegistered", std::move(data));
  }
  add('a', "CaseAccepted", Object{{"category", "C02"}, {"place", "5101080170060001"}});
  const World world(decisions);
  const auto told = [&world](std::string_view dimension) {
    std::string text;
    for (const Value& line : must(world.queries->hot(dimension)).lines) {
      text += std::string(line.text("key")) + ":" + std::to_string(line.number("count"));
      for (const Value& one : must(world.queries->hot_cases(dimension, line.text("key"))).lines)
        text += " " + std::string(one.text("ref"));
      text += "; ";
    }
    return text;
  };
  CHECK(told("category") == ":2 R-b R-c; C01:1 R-d; C02:1 R-a; ");
  CHECK(told("community") == ":3 R-b R-c R-d; 510108017006:1 R-a; ");
}

TEST_CASE("queries: growth compares with no month before the first that has a case") {
  Author author;
  std::vector<record::Decision> decisions;
  const auto ask = [&](const std::string& category, Instant at, int times) {
    for (; times > 0; --times) {
      decisions.push_back(author.decide(std::string(28, '0') + std::to_string(1000 + decisions.size()),
                                        {event("CaseRegistered",
                                               Object{{"ref", "R-" + std::to_string(decisions.size())},
                                                      {"workflow", "test"},
                                                      {"workflow_version", 1},
                                                      {"category", category}},
                                               "REGISTERED")},
                                        at));
    }
  };
  const auto month = [](int n) { return start_of(to_date({2026, n, 10}), kOffset); };
  ask("C01", month(1), 1);
  ask("C02", month(2), 2);
  ask("C01", month(2), 3);
  ask("C01", month(3), 4);
  ask("C02", month(7), 1);
  const World world(decisions);
  std::map<std::string, std::string> grown;
  for (const Value& line : must(world.queries->hot("category")).lines) {
    const Value* growth = line.find("growth");
    grown[std::string(line.text("month")) + " " + std::string(line.text("key"))] =
        growth->if_object() == nullptr
            ? "-"
            : std::to_string(growth->number("num")) + "/" + std::to_string(growth->number("den"));
  }
  CHECK(grown == std::map<std::string, std::string>{{"2026-01 C01", "-"},
                                                    {"2026-02 C01", "3/1"},
                                                    {"2026-02 C02", "-"},
                                                    {"2026-03 C01", "8/4"},
                                                    {"2026-07 C02", "-"}});
}

TEST_CASE("queries: a filter that cannot be read is refused with the term") {
  const std::string term =
      GENERATE("colour=red", "open=perhaps", "level=high", "from=soon", "stage", "stage=", "=x");
  const std::vector<std::string> terms = {term};
  const auto read = parse_filter(terms, kOffset);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == "bad-filter");
  CHECK_THAT(read.error().message, Catch::Contains("'" + term + "'"));
}

TEST_CASE("queries: counts equal the lists that they count, whatever the filter") {
  const World world(invent_lives(27, 600));
  std::mt19937 random(GENERATE(1U, 2U, 3U, 4U));
  const std::vector<std::pair<std::string, std::vector<std::string>>> terms = {
      {"stage", {"SIGNED", "CLOSED", "PARKED", "NOWHERE"}},
      {"type", {"HELP", "COMPLAINT"}},
      {"category", {"C01", "C02", "C03", "C04"}},
      {"channel", {"CH-12345", "CH-GRID"}},
      {"lead", {"PSC-5101080170060001", "PSC-5101080170060002"}},
      {"holder", {"HOTLINE-510108", "PSC-5101080170060003"}},
      {"community", {"510108017001", "510108017002", "510108017"}},
      {"place", {"5101080170010001", "510108017001", "510108017"}},
      {"open", {"yes", "no"}},
      {"overdue", {"yes", "no"}},
      {"level", {"0", "1", "2"}},
      {"from", {"2026-01-03", "2026-01-20"}},
      {"before", {"2026-01-10", "2026-02-20"}}};
  const std::vector<std::string> dimensions = {"stage", "type",  "category", "channel",
                                               "lead",  "level", "card",     "community"};
  for (int round = 0; round < 25; ++round) {
    std::vector<std::string> given;
    std::set<std::string> named;
    for (auto n = random() % 4; n > 0; --n) {
      const auto& [name, values] = terms[random() % terms.size()];
      if (named.insert(name).second) given.push_back(name + "=" + values[random() % values.size()]);
    }
    const std::string& dimension = dimensions[random() % dimensions.size()];
    if (named.contains(dimension)) continue;
    std::int64_t together = 0;
    for (const Value& line : must(world.queries->counts(filter_of(given), dimension, kNow)).lines) {
      std::vector<std::string> narrowed = given;
      narrowed.push_back(dimension + "=" + std::string(line.text("key")));
      INFO(narrowed.back() << " under " << given.size() << " terms");
      const Page list = must(world.queries->list(filter_of(narrowed), CaseOrder::opened, {1, ""}, kNow));
      CHECK(line.number("count") == list.count);
      CHECK(line.number("count") > 0);
      together += line.number("count");
    }
    CHECK(together <= must(world.queries->list(filter_of(given), CaseOrder::ref, {1, ""}, kNow)).count);
  }
}

TEST_CASE("queries: a cursor that was made up, altered or given by another query is refused") {
  const World world(invent_lives(28, 200));
  const Page page = must(world.queries->list({}, CaseOrder::ref, {2, ""}, kNow));
  REQUIRE_FALSE(page.next.empty());
  CHECK(world.queries->list({}, CaseOrder::ref, {2, page.next}, kNow));
  std::string altered = page.next;
  altered[1] = altered[1] == '0' ? '1' : '0';
  for (const std::string& forged : {altered, page.next + "0", page.next.substr(0, page.next.find('.')),
                                    std::string("."), std::string("zz.00")}) {
    const auto refused = world.queries->list({}, CaseOrder::ref, {2, forged}, kNow);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "bad-cursor");
  }
  CHECK_FALSE(world.queries->list({}, CaseOrder::due, {2, page.next}, kNow));
  CHECK_FALSE(world.queries->list(filter_of({"open"}), CaseOrder::ref, {2, page.next}, kNow));
  QueryOptions other = query_options();
  other.cursor_secret = "another deployment";
  CHECK_FALSE(Queries(*world.projector, other).list({}, CaseOrder::ref, {2, page.next}, kNow));
}

TEST_CASE("queries: a person's worklist is what a body holds for which that person has acted last") {
  Author author;
  const std::string id(32, 'd');
  const auto by = [](record::Event event, std::string body, std::string person, Array holders) {
    event.actor = record::Actor{BodyId(std::move(body)), "HANDLER", std::move(person), ""};
    event.holders = std::move(holders);
    return event;
  };
  const auto lists = [](const World& world) {
    std::string text;
    for (const std::string person : {"p-1", "p-2", "p/3"})
      text += std::to_string(must(world.queries->worklist_of(person, kNow)).count);
    return text;
  };
  std::vector<record::Decision> decisions = {author.decide(
      id, {by(event("CaseRegistered", Object{{"ref", "R-1"}}, "A"), "X-1", "p-1", Array{Value("X-1")})},
      kBegin)};
  CHECK(lists(World(decisions)) == "100");
  decisions.push_back(
      author.decide(id, {by(event("ActionTaken", Object{}), "X-1", "p-2", Array{Value("X-1")})}, kBegin));
  CHECK(lists(World(decisions)) == "010");
  decisions.push_back(author.decide(
      id, {by(event("CaseDispatched", Object{}, "B"), "X-1", "p-2", Array{Value("Y-1")})}, kBegin));
  CHECK(lists(World(decisions)) == "000");
  decisions.push_back(
      author.decide(id, {by(event("CaseSigned", Object{}, "C"), "Y-1", "p/3", Array{Value("Y-1")})}, kBegin));
  CHECK(lists(World(decisions)) == "001");
  decisions.push_back(author.decide(
      id, {by(event("FeedbackSubmitted", Object{}, "D"), "Y-1", "p/3", Array{Value("X-1")})}, kBegin));
  CHECK(lists(World(decisions)) == "010");
}

TEST_CASE(
    "queries: a case is once on the list of a person who acts for two of its bodies, by what falls due "
    "first") {
  Author author;
  const std::string id(32, 'f');
  const Instant due = kBegin + kMsPerHour;
  record::Event sent =
      event("CaseDispatched",
            Object{{"lead", "PSC-1"},
                   {"co_handlers", Array{Value(Object{{"body", "RC-1"}, {"due", format_utc(due)}})}}},
            "DISPATCHED");
  sent.holders = Array{Value("PSC-1")};
  sent.clocks = Array{clock_change("sign", "started", due + kMsPerHour)};
  const auto acts = [](std::string body) {
    record::Event act = event("ActionTaken", Object{});
    act.actor = record::Actor{BodyId(std::move(body)), "HANDLER", "p-1", ""};
    return act;
  };
  const World world({author.decide(id, {sent}, kBegin), author.decide(id, {acts("PSC-1")}, kBegin),
                     author.decide(id, {acts("RC-1")}, kBegin)});
  const Page page = must(world.queries->worklist_of("p-1", kNow));
  CHECK(page.count == 1);
  REQUIRE(page.lines.size() == 1);
  CHECK(page.lines[0].text("why") == "CO_HANDLER");
  CHECK(page.lines[0].text("due") == format_at_offset(due, query_options().offset_minutes));
}

TEST_CASE(
    "queries: a new case is proposed as a repeat within the hours of its urgency, the most alike first "
    "(MERGE-1)") {
  Author author;
  char name = 'a';
  const auto opens = [&](int hours, std::string_view place, std::string_view category,
                         std::string_view urgency, Object more = {}) {
    const std::string id(32, name++);
    Object data{{"ref", std::string(1, id[0])}, {"place", place},     {"category", category},
                {"urgency", urgency},           {"workflow", "test"}, {"workflow_version", 1}};
    for (const Member& member : more) data.set(member.name, member.value);
    return author.decide(id, {event("CaseRegistered", std::move(data), "REGISTERED")},
                         kBegin + hours * kMsPerHour);
  };
  const auto sketch = [](std::string_view digits) { return Object{{"text", Object{{"sketch", digits}}}}; };
  const std::vector<record::Decision> decisions = {
      opens(0, "P1", "C01", "NORMAL", sketch("aaaabbbb")),
      opens(100, "P1", "C01", "NORMAL", sketch("aaaacccc")),
      opens(101, "P1", "C01", "URGENT", sketch("aaaacccc")),
      opens(102, "P1", "C02", "NORMAL"),
      opens(103, "P2", "C01", "NORMAL"),
      opens(104, "P1", "C01", "NORMAL", Object{{"confidential", true}}),
      opens(105, "P1", "C01", "NORMAL", Object{{"respondent", "PSC-1"}}),
      opens(400, "P1", "C01", "NORMAL"),
      author.decide(std::string(32, 'b'), {event("CaseAccepted", Object{})}, kBegin + 401 * kMsPerHour)};
  const auto proposals = [](const World& world) {
    std::string text;
    for (const Value& line : must(world.queries->duplicates()).lines) {
      const Value& alike = *line.find("similarity");
      text += std::string(line.text("ref")) + ">" + std::string(line.text("master_ref")) + " " +
              std::to_string(line.number("hours")) + "h" +
              (alike.is_null()
                   ? ""
                   : " " + std::to_string(alike.number("num")) + "/" + std::to_string(alike.number("den"))) +
              ";";
    }
    return text;
  };
  // b is accepted by now; d, e lie elsewhere; f, g are never merged visibly; h comes too late; a is too old
  // for c.
  CHECK(proposals(World(decisions)) == "c>b 1h 2/2;");
  std::vector<record::Decision> fresh(decisions.begin(), decisions.end() - 1);
  CHECK(proposals(World(fresh)) == "c>b 1h 2/2;b>a 100h 1/2;");
  fresh.push_back(author.decide(std::string(32, 'c'),
                                {event("CasesMerged", Object{{"master", std::string(32, 'b')}}, "MERGED")},
                                kBegin + 402 * kMsPerHour));
  CHECK(proposals(World(fresh)) == "b>a 100h 1/2;");

  // Many at one place and time: of each the most alike, and no more than are asked for.
  Author busy;
  std::vector<record::Decision> many;
  for (int i = 0; i < 40; ++i) {
    Object data{{"ref", std::to_string(i)}, {"place", "P1"},      {"category", "C01"},
                {"urgency", "NORMAL"},      {"workflow", "test"}, {"workflow_version", 1}};
    data.set("text", Object{{"sketch", i % 7 == 0 ? "aaaabbbb" : "aaaacccc"}});
    record::Event opened = event("CaseRegistered", std::move(data), "REGISTERED");
    opened.occurred_at = kBegin + i * kMsPerHour;  // and all were recorded a month later
    many.push_back(
        busy.decide(std::string(31, 'e') + static_cast<char>('A' + i), {opened}, kBegin + 30 * kMsPerDay));
  }
  const World world(many);
  const auto lines = must(world.queries->duplicates()).lines;
  CHECK(lines.size() == 3 * 40 - 3 - 2 - 1);
  for (const Value& line : lines) {
    const bool rare = std::stoi(std::string(line.text("ref"))) % 7 == 0;
    const bool met = std::stoi(std::string(line.text("ref"))) >= (rare ? 21 : 4);
    if (met) CHECK(line.find("similarity")->number("num") == 2);
    CHECK(line.number("hours") > 0);
  }
  CHECK(must(world.queries->duplicates(0)).lines.size() == 40 * 39 / 2);
}
