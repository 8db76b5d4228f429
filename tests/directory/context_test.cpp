#include "engine/directory/context.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/directory/documents.h"

namespace lastkm::directory {
namespace {

const Body* find(const std::shared_ptr<const Context>& context, const std::string& id) {
  return context->find_body(BodyId(id));
}

TEST_CASE("directory: the shipped documents are sound and hold the bodies of the contract") {
  for (const std::string& name : shipped_names()) {
    INFO(name);
    for (const rules::Finding& finding : check(shipped(name))) FAIL(finding.pointer << ": " << finding.text);
  }
  const auto context = with_shipped();
  CHECK(context->ordinal.value == static_cast<std::int64_t>(shipped_names().size()));
  for (const std::string id :
       {"HOTLINE-510108", "ULE-510108", "STREET-510108017", "COMMUNITY_PARTY-510108017006",
        "PSC-5101080170060001", "OC-5101080170060001", "GRID-510108017006", "ARBITRATION-510108"}) {
    INFO(id);
    const Body* body = find(context, id);
    REQUIRE(body != nullptr);
    CHECK(body->id.value == body->kind + "-" + body->place);
    CHECK_FALSE(body->roles.empty());
    REQUIRE(context->find_place(body->place) != nullptr);
    CHECK(context->find_place(body->place)->code == body->place);
  }
  CHECK(find(context, "PSC-510108") == nullptr);
  CHECK(context->working_calendar() != nullptr);
  CHECK(context->offset_minutes() == 480);
}

TEST_CASE("directory: every kind of body that a shipped category names can be found for a compound") {
  const auto context = with_shipped();
  const Value catalogue = shipped("catalogue.json");
  int count = 0;
  for (const Value& entry : *catalogue.find("categories")->if_array()) {
    const Category* category = context->find_category(entry.text("id"));
    REQUIRE(category != nullptr);
    ++count;
    std::vector<std::string> kinds = category->responsible;
    kinds.insert(kinds.end(), category->co_handlers.begin(), category->co_handlers.end());
    kinds.insert(kinds.end(), category->whistle.begin(), category->whistle.end());
    for (const std::string& kind : kinds) {
      INFO(category->id << " " << kind);
      CHECK(context->body_for(kind, "5101080170060001") != nullptr);
    }
  }
  CHECK(count == 42);
}

TEST_CASE("directory: categories say what the catalogue says") {
  const auto context = with_shipped();
  const Category* burst = context->find_category("C07");
  CHECK(burst->type == "HELP");
  CHECK(burst->urgency == "URGENT");
  CHECK(burst->title.zh == "水管爆裂停水");
  CHECK(burst->responsible == std::vector<std::string>{"PSC"});
  CHECK(burst->co_handlers == std::vector<std::string>{"WATER"});
  CHECK(burst->coded);
  CHECK(*burst->action == calendar::Amount{24, calendar::Unit::natural_hours});
  CHECK(burst->action_is_handling);
  CHECK(burst->evidence_required);
  const Category* lift = context->find_category("C01");
  CHECK_FALSE(lift->coded);
  CHECK(*lift->action == calendar::Amount{2, calendar::Unit::natural_hours});
  CHECK_FALSE(lift->action_is_handling);
  CHECK_FALSE(context->find_category("C24")->action_is_handling);
  CHECK_FALSE(context->find_category("C20")->action);
  CHECK(context->find_category("C21")->responsible == std::vector<std::string>{"PSC", "ULE"});
  CHECK_FALSE(context->find_category("C42")->evidence_required);
  CHECK(context->find_category("C16")->taken_back);
  CHECK(context->find_category("C31")->about_conduct);
  CHECK(context->find_category("C43") == nullptr);
}

TEST_CASE("directory: the body for a place is the one at its longest prefix") {
  const auto context = with_shipped();
  const auto id = [&](std::string_view kind, std::string_view place) {
    const Body* body = context->body_for(kind, place);
    return body == nullptr ? std::string() : body->id.value;
  };
  CHECK(id("PSC", "5101080170060001") == "PSC-5101080170060001");
  CHECK(id("PSC", "5101080170060001003") == "PSC-5101080170060001");
  CHECK(id("PSC", "510108017006").empty());
  CHECK(id("COMMUNITY_PARTY", "5101080170060001") == "COMMUNITY_PARTY-510108017006");
  CHECK(id("STREET", "5101080170060001") == "STREET-510108017");
  CHECK(id("HOTLINE", "5101080170060001") == "HOTLINE-510108");
  CHECK(id("PS-TRAFFIC", "510108017") == "PS-TRAFFIC-510108");
  CHECK(id("STREET", "510108002").empty());
  CHECK(id("STREET", "510109017").empty());
  CHECK(id("STREET", "51010801").empty());
  CHECK(id("STREET", "").empty());
  CHECK(id("STREET", "51010801700600010031").empty());
  CHECK(id("STREET", "510108017x").empty());
  CHECK(id("", "510108017").empty());
  CHECK(id(std::string(65, 'A'), "510108017").empty());
}

TEST_CASE("directory: a finer code is found at the nearest place above it") {
  const auto context = with_shipped();
  const auto code = [&](std::string_view given) {
    const Place* place = context->find_place(given);
    return place == nullptr ? std::string() : place->code;
  };
  CHECK(code("5101080170060001") == "5101080170060001");
  CHECK(code("5101080170060001002") == "5101080170060001");
  CHECK(code("5101080170069999") == "510108017006");
  CHECK(code("510108017007") == "510108017");
  CHECK(code("510108999") == "510108");
  CHECK(code("510109").empty());
  CHECK(code("").empty());
  CHECK(code("51010801700600010021").empty());
  CHECK(code("51010801700600a1").empty());
  CHECK(context->find_place("510108017006")->title.zh == "一里塘社区");
}

TEST_CASE("directory: nothing in force answers nothing") {
  const Context empty;
  CHECK(empty.find_body(BodyId("HOTLINE-510108")) == nullptr);
  CHECK(empty.body_for("HOTLINE", "510108") == nullptr);
  CHECK(empty.find_place("510108") == nullptr);
  CHECK(empty.find_category("C01") == nullptr);
  CHECK(empty.working_calendar() == nullptr);
  CHECK(empty.find_workflow("w", 1) == nullptr);
  CHECK(empty.newest_workflows().empty());
  CHECK(empty.documents().empty());
  CHECK(empty.offset_minutes() == 480);
}

TEST_CASE("directory: documents of one kind add up, a newer version replaces all that the older said") {
  const auto one = after(nullptr, bodies("a", 1, {"X", "Y"}));
  const auto two = after(one, bodies("b", 1, {"Z"}));
  CHECK(find(two, "X-510108") != nullptr);
  CHECK(find(two, "Z-510108") != nullptr);
  const auto three = after(two, bodies("a", 2, {"X"}, "510108", "new"));
  CHECK(find(three, "X-510108")->title.en == "new");
  CHECK(find(three, "Y-510108") == nullptr);
  CHECK(find(three, "Z-510108") != nullptr);
  // What was in force before is as it was.
  CHECK(find(two, "Y-510108") != nullptr);
  CHECK(find(two, "X-510108")->title.en == "x");
  CHECK(find(one, "Z-510108") == nullptr);
}

TEST_CASE("directory: of two documents that speak of one body the one published last is heard") {
  const auto one = after(nullptr, bodies("a", 1, {"X"}, "510108", "first"));
  const auto two = after(one, bodies("b", 1, {"X"}, "510108", "second"));
  CHECK(find(two, "X-510108")->title.en == "second");
  const auto three = after(two, bodies("a", 2, {"X"}, "510108", "third"));
  CHECK(find(three, "X-510108")->title.en == "third");
  const auto four = after(three, bodies("a", 3, {"Y"}));
  CHECK(find(four, "X-510108")->title.en == "second");
}

TEST_CASE("directory: a stale version is refused unless the content is the same") {
  const auto context = after(nullptr, bodies("a", 2, {"X"}));
  const auto same = with_document(context, published(bodies("a", 2, {"X"}), 9));
  REQUIRE(same);
  CHECK((*same)->ordinal.value == 9);
  CHECK((*same)->documents()[0].ordinal.value == 1);
  CHECK(find(*same, "X-510108") == find(context, "X-510108"));
  for (const std::int64_t version : {1, 2}) {
    const auto stale = with_document(context, published(bodies("a", version, {"Y"}), 2));
    REQUIRE_FALSE(stale);
    CHECK(stale.error().code == "stale-version");
    CHECK(stale.error().kind == ErrorKind::refused);
  }
}

TEST_CASE("directory: a document that says other than its content, or is not sound, is refused") {
  record::Document document = published(bodies("a", 1, {"X"}), 1);
  document.version = 2;
  CHECK(with_document(nullptr, document).error().code == "bad-document");
  document = published(bodies("a", 1, {"X"}), 1);
  document.kind = "places";
  CHECK(with_document(nullptr, document).error().code == "bad-document");
  const auto bad = with_document(nullptr, published(bodies("a", 1, {"X", "X"}), 1));
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == "bad-document");
  CHECK(bad.error().path == "/bodies/1");
}

TEST_CASE("directory: adding a document shares what it does not speak of") {
  const auto before = with_shipped();
  const auto later = after(before, parsed(R"({"kind":"places","id":"p","version":1,"places":[
      {"code":"510109","title":{"zh":"x","en":"x"},"level":"district"}]})"));
  CHECK(find(later, "HOTLINE-510108") == find(before, "HOTLINE-510108"));
  CHECK(later->find_category("C01") == before->find_category("C01"));
  CHECK(later->working_calendar() == before->working_calendar());
  CHECK(later->find_place("510108017006") == before->find_place("510108017006"));
  const auto more = after(later, bodies("a", 1, {"X"}));
  CHECK(find(more, "HOTLINE-510108") == find(before, "HOTLINE-510108"));
}

TEST_CASE("directory: twenty documents beside ten thousand bodies are put in force") {
  Array list;
  for (int i = 0; i < 10000; ++i) {
    const std::string place = "510108" + std::to_string(1000000000 + i);
    list.push_back(Object{{"id", "PSC-" + place},
                          {"kind", "PSC"},
                          {"place", place},
                          {"title", Object{{"zh", "x"}, {"en", "x"}}},
                          {"roles", Array{"HANDLER"}}});
  }
  auto context = after(nullptr, Object{{"kind", "bodies"}, {"id", "many"}, {"version", 1}, {"bodies", list}});
  for (int i = 0; i < 20; ++i)
    context = after(context, bodies("d" + std::to_string(i), 1, {"X" + std::to_string(i)}));
  CHECK(context->body_for("PSC", "5101081000009999") != nullptr);
  CHECK(context->body_for("X19", "5101081000009999") != nullptr);
  CHECK(context->documents().size() == 21);
}

TEST_CASE("directory: documents in force are listed by kind and id, each once") {
  auto context = with_shipped();
  context = after(context, bodies("a", 1, {"X"}));
  context = after(context, bodies("a", 2, {"X"}));
  const auto& entries = context->documents();
  CHECK(entries.size() == shipped_names().size() + 1);
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& entry : entries) seen.emplace(entry.kind, entry.id);
  CHECK(seen.size() == entries.size());
  CHECK(std::is_sorted(entries.begin(), entries.end(), [](const auto& x, const auto& y) {
    return std::tie(x.kind, x.id) < std::tie(y.kind, y.id);
  }));
  CHECK(entries[0].id == "a");
  CHECK(entries[0].version == 2);
  CHECK(entries[0].sha256.size() == 64);
}

TEST_CASE("directory: the calendar published last counts, a newer version replaces it") {
  Value calendar = shipped("calendar-2025-2026.json");
  auto context = after(nullptr, calendar);
  CHECK(context->working_calendar()->version == 1);
  calendar.if_object()->set("version", 2);
  calendar.if_object()->set("offset", "+06:00");
  context = after(context, calendar);
  CHECK(context->working_calendar()->version == 2);
  CHECK(context->offset_minutes() == 360);
  calendar.if_object()->set("id", "other");
  calendar.if_object()->set("version", 1);
  context = after(context, calendar);
  CHECK(context->working_calendar()->id == "other");
}

TEST_CASE("directory: every version of a workflow stays in force, the one published last is the newest") {
  Value workflow = shipped("../workflows/three-party.json");
  const std::string id(workflow.text("id"));
  const auto with = [&](const std::shared_ptr<const Context>& before, const std::string& other,
                        std::int64_t version) {
    workflow.if_object()->set("id", other);
    workflow.if_object()->set("version", version);
    return after(before, workflow);
  };
  const auto one = with(nullptr, id, 1);
  const auto two = with(with(one, "other", 1), id, 2);
  REQUIRE(two->find_workflow(id, 1) != nullptr);
  CHECK(two->find_workflow(id, 1) == one->find_workflow(id, 1));
  CHECK(two->find_workflow(id, 3) == nullptr);
  CHECK(two->newest_workflows() ==
        std::vector<const rules::Workflow*>{two->find_workflow(id, 2), two->find_workflow("other", 1)});
  CHECK(one->newest_workflows() == std::vector<const rules::Workflow*>{one->find_workflow(id, 1)});
  CHECK(two->documents().size() == 2);
}

}  // namespace
}  // namespace lastkm::directory
