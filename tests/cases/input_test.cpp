#include "engine/cases/input.h"
#include "tests/cases/world.h"

namespace lastkm::cases {
namespace {

const std::string kBox = R"({"sealed":"x","key":"k","commit":"c"})";
const std::string kHash(64, 'f');

struct Row {
  std::string input;
  std::string outcome;  ///< "" where all is well, else "code path"
};

TEST_CASE("input: each kind of field takes what it is for, and a pointer leads to what it refuses") {
  const rules::Workflow& workflow = *world()->newest_workflows().front();
  const rules::CommandRule& rule = *workflow.find_command("Try");
  const std::vector<Row> rows = {
      {"{}", ""},
      {"[]", "bad-data "},
      {R"({"x":1})", "bad-data /x"},
      {R"({"138 0000 0000":1})", "bad-data "},
      {R"({"code":"A"})", ""},
      {R"({"code":"C"})", "bad-data /code"},
      {R"({"code":1})", "bad-data /code"},
      {R"({"code":null})", "bad-data /code"},
      {R"({"code":)" + kBox + "}", "bad-data /code"},
      {R"({"text":)" + kBox + "}", ""},
      {R"({"text":"plain"})", "bad-data /text"},
      {R"({"text":{"sealed":"x","key":"k","commit":"c","plain":"p"}})", "bad-data /text"},
      {R"({"text":{"sealed":"x","key":"k"}})", "bad-data /text"},
      {R"({"text":{"sealed":"x","key":"k","commit":1}})", "bad-data /text"},
      {R"({"caller":)" + kBox + "}", ""},
      {R"({"caller":{"name":)" + kBox + R"(,"phone":)" + kBox + "}}", ""},
      {R"({"caller":{"name":"Li","phone":)" + kBox + "}}", "bad-data /caller"},
      {R"({"caller":{}})", "bad-data /caller"},
      {R"({"number":1})", ""},
      {R"({"number":0})", "bad-data /number"},
      {R"({"number":10})", "bad-data /number"},
      {R"({"number":"1"})", "bad-data /number"},
      {R"({"flag":false})", ""},
      {R"({"flag":"yes"})", "bad-data /flag"},
      {R"({"time":"2026-05-20T09:30:00+08:00"})", ""},
      {R"({"time":"2026-05-20T01:30:00Z"})", ""},
      {R"({"time":"2026-05-20T09:30:00"})", "bad-data /time"},
      {R"({"date":"2026-05-20"})", ""},
      {R"({"date":"2026-02-30"})", "bad-data /date"},
      {R"({"body":"PSC-5101080170060001"})", ""},
      {R"({"body":"PSC-1"})", "unknown-body /body"},
      {R"({"body":7})", "bad-data /body"},
      {R"({"bodies":["PSC-5101080170060001","OC-5101080170060001"]})", ""},
      {R"({"bodies":[]})", "bad-data /bodies"},
      {R"({"bodies":["PSC-5101080170060001","OC-5101080170060001","HOTLINE-510108"]})", "bad-data /bodies"},
      {R"({"bodies":["PSC-5101080170060001","PSC-5101080170060001"]})", "bad-data /bodies/1"},
      {R"({"bodies":["PSC-5101080170060001","OC-1"]})", "unknown-body /bodies/1"},
      {R"({"helpers":[{"body":"PSC-5101080170060001","due":"2026-05-20T09:30:00+08:00"},{"body":"OC-5101080170060001"}]})",
       ""},
      {R"({"helpers":[{"due":"2026-05-20T09:30:00+08:00"}]})", "bad-data /helpers/0/body"},
      {R"({"helpers":[{"body":"PSC-5101080170060001","due":"soon"}]})", "bad-data /helpers/0/due"},
      {R"({"helpers":[{"body":"PSC-5101080170060001","why":1}]})", "bad-data /helpers/0/why"},
      {R"({"helpers":[{"body":"PSC-5101080170060001"},{"body":"PSC-5101080170060001"}]})",
       "bad-data /helpers/1/body"},
      {R"({"helpers":["PSC-5101080170060001"]})", "bad-data /helpers/0"},
      {R"({"place":"5101080170060001"})", ""},
      {R"({"place":"5101080170060001001"})", ""},
      {R"({"place":"51010801700600010010203"})", "bad-data /place"},
      {R"({"place":"999999"})", "bad-data /place"},
      {R"({"place":"51x"})", "bad-data /place"},
      {R"({"category":"C15"})", ""},
      {R"({"category":"C99"})", "bad-data /category"},
      {R"({"clock":"handle"})", ""},
      {R"({"clock":"lunch"})", "bad-data /clock"},
      {R"({"evidence":[]})", ""},
      {R"({"evidence":[{"sha256":")" + kHash + R"(","mime":"image/svg+xml"}]})", ""},
      {R"({"evidence":[{"sha256":")" + kHash + R"(0","mime":"image/png"}]})", "bad-data /evidence/0/sha256"},
      {R"({"evidence":[{"sha256":")" + kHash + R"(","mime":"png"}]})", "bad-data /evidence/0/mime"},
      {R"({"evidence":[{"sha256":")" + kHash + R"(","mime":"a/b/c"}]})", "bad-data /evidence/0/mime"},
      {R"({"evidence":[{"sha256":")" + kHash + R"(","mime":"image/png","name":"x"}]})",
       "bad-data /evidence/0/name"},
      {R"({"scores":{"PSC-5101080170060001":100,"OC-5101080170060001":0}})", ""},
      {R"({"scores":{"PSC-5101080170060001":101}})", "bad-data /scores/PSC-5101080170060001"},
      {R"({"scores":{"PSC-1":50}})", "unknown-body /scores"},
      {R"({"person":"P-77"})", ""},
      {R"({"person":"Li Si"})", "bad-data /person"},
      {R"({"value":"x"})", ""},
      {R"({"value":7})", ""},
      {R"({"value":true})", ""},
      {R"({"value":)" + kBox + "}", ""},
      {R"({"value":[1]})", "bad-data /value"},
  };
  for (const Row& row : rows) {
    INFO(row.input);
    const auto wrong = check_input(rule, parsed(row.input), workflow, *world());
    CHECK((wrong ? wrong->code + " " + wrong->path : "") == row.outcome);
  }
}

TEST_CASE("input: a refusal never repeats what was sent") {
  const rules::Workflow& workflow = *world()->newest_workflows().front();
  const rules::CommandRule& rule = *workflow.find_command("Try");
  for (const std::string field : {"code", "text", "caller", "number", "time", "date", "body", "place",
                                  "category", "clock", "person", "value"}) {
    const auto wrong =
        check_input(rule, parsed("{\"" + field + "\":\"Li Si 13800000000\"}"), workflow, *world());
    REQUIRE(wrong);
    CHECK(wrong->text.find("138") == std::string::npos);
    CHECK(wrong->text.find("Li") == std::string::npos);
  }
  const auto named = check_input(rule, parsed(R"({"13800000000":1})"), workflow, *world());
  REQUIRE(named);
  CHECK((named->path + named->text).find("138") == std::string::npos);
}

TEST_CASE("input: a code has at most 64 characters and begins with a letter or digit") {
  CHECK(is_code("a"));
  CHECK(is_code("R-JUR-01"));
  CHECK(is_code(std::string(64, 'x')));
  CHECK_FALSE(is_code(std::string(65, 'x')));
  CHECK_FALSE(is_code(""));
  CHECK_FALSE(is_code("-a"));
  CHECK_FALSE(is_code("a b"));
  CHECK_FALSE(is_code("é"));
}

}  // namespace
}  // namespace lastkm::cases
