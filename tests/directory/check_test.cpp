#include <catch2/catch.hpp>

#include "tests/directory/documents.h"

namespace lastkm::directory {
namespace {

std::vector<std::string> found(const std::string& document) {
  std::vector<std::string> out;
  for (const rules::Finding& finding : check(parsed(document))) {
    CHECK(finding.severity == "error");
    CHECK_FALSE(finding.text.empty());
    out.push_back(finding.code + " " + finding.pointer);
  }
  return out;
}

struct Wrong {
  std::string document;
  std::vector<std::string> findings;
};

std::string of_bodies(const std::string& entries) {
  return R"({"kind":"bodies","id":"b","version":1,"bodies":[)" + entries + "]}";
}
std::string of_places(const std::string& entries) {
  return R"({"kind":"places","id":"p","version":1,"places":[)" + entries + "]}";
}
/// A catalogue with one category, made of the least it needs and `more`.
std::string of_category(const std::string& more) {
  return R"({"kind":"catalogue","id":"c","version":1,"categories":[
      {"id":"C01","title":{"zh":"x","en":"x"},"type":"HELP","urgency":"NORMAL")" +
         more + "}]}";
}

const std::string kTitle = R"("title":{"zh":"x","en":"x"})";

TEST_CASE("check: what is wrong with a document is named by code and pointer") {
  const std::vector<Wrong> wrongs = {
      {"[]", {"wrong-type "}},
      {"{}", {"missing-member "}},
      {R"({"kind":7})", {"wrong-type /kind"}},
      {R"({"kind":"register","id":"r","version":1})", {"unknown-kind /kind"}},
      {R"({"kind":"bodies","id":"b","version":1})", {"missing-member "}},
      {R"({"kind":"bodies","id":"b","version":"1","bodies":{}})",
       {"wrong-type /version", "wrong-type /bodies"}},
      {R"({"kind":"bodies","id":"b c","version":0,"bodies":[],"x":1})",
       {"bad-code /id", "out-of-range /version", "unknown-member /x", "empty-list /bodies"}},
      {of_bodies("7"), {"wrong-type /bodies/0"}},
      {of_bodies(R"({"id":"X-510108","kind":"X","place":"510108",)" + kTitle +
                 R"(,"roles":["A","A"],"y":1})"),
       {"duplicate-entry /bodies/0/roles/1", "unknown-member /bodies/0/y"}},
      {of_bodies(R"({"id":"Y-510108","kind":"X","place":"510108",)" + kTitle + R"(,"roles":[]})"),
       {"bad-body-id /bodies/0/id"}},
      {of_bodies(R"({"id":"X-5101","kind":"X","place":"51010","title":{"zh":"x"},"roles":[1]})"),
       {"bad-place-code /bodies/0/place", "missing-member /bodies/0/title", "wrong-type /bodies/0/roles/0",
        "bad-body-id /bodies/0/id"}},
      {of_places(R"({"code":"51010a",)" + kTitle + R"(,"level":"district"})"),
       {"bad-place-code /places/0/code"}},
      {of_places(R"({"code":"510108",)" + kTitle + R"(,"level":"d"},{"code":"510108",)" + kTitle +
                 R"(,"level":"d"})"),
       {"duplicate-id /places/1"}},
      {of_places(R"({"code":510108,"title":{"zh":"","en":"x"},"level":"d"})"),
       {"wrong-type /places/0/code", "empty-text /places/0/title/zh"}},
      {of_category(""), {"missing-member /categories/0"}},
      {of_category(R"(,"responsible":[])"), {"empty-list /categories/0/responsible"}},
      {of_category(R"(,"responsible":["A"],"action":{"n":0,"unit":"XX"})"),
       {"out-of-range /categories/0/action/n", "bad-unit /categories/0/action/unit"}},
      {of_category(R"(,"responsible":["A"],"action":null,"action_is_handling":true)"),
       {"bad-value /categories/0/action_is_handling"}},
      {of_category(R"(,"responsible":["A"],"evidence_required":1,"codes":[{"code":"EV-1"}])"),
       {"missing-member /categories/0/codes/0", "wrong-type /categories/0/evidence_required"}},
      {R"({"kind":"calendar","id":"cn","version":1,"offset":"+08:00","office":[["09:00","12:00"]],"years":[{"year":2026,"status":"x","off":[]}]})",
       {"bad-value /years/0/status"}},
  };
  for (const Wrong& wrong : wrongs) {
    INFO(wrong.document);
    CHECK(found(wrong.document) == wrong.findings);
  }
}

TEST_CASE("check: a body may stand at a place that another document will bring") {
  CHECK(found(of_bodies(R"({"id":"X-999999","kind":"X","place":"999999",)" + kTitle + R"(,"roles":["A"]})"))
            .empty());
}

}  // namespace
}  // namespace lastkm::directory
