#include "engine/json/read.h"
#include "tests/source_folder.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

using namespace lastkm;
using namespace std::string_literals;

namespace {
namespace fs = std::filesystem;

std::string refused(std::string_view text, const json::Limits& limits = {}) {
  const auto read = json::read(text, "f.json", limits);
  const auto value = json::read_value(text, "f.json", limits);
  REQUIRE(read.has_value() == value.has_value());
  if (read) return "";
  CHECK(read.error().kind == ErrorKind::bad_input);
  CHECK(value.error().code == read.error().code);
  CHECK(value.error().path == read.error().path);
  CHECK(read.error().message.starts_with(read.error().path + ": "));
  return read.error().code + " " + read.error().path;
}

Value root(std::string_view text) {
  auto read = json::read_value(text, "f.json");
  INFO(text);
  REQUIRE(read);
  return *read;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

/// Unpacked conformance texts, gone with this object.
struct Suite {
  fs::path folder = fs::temp_directory_path() / ("lastkm-json-" + std::to_string(std::rand()));
  Suite() = default;
  Suite(const Suite&) = delete;
  Suite& operator=(const Suite&) = delete;
  ~Suite() { fs::remove_all(folder); }
};

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("json: what is read is the value that the text says") {
  CHECK(root("null").is_null());
  CHECK(root(" [ true , false ] ") == Value(Array{true, false}));
  CHECK(root("-9223372036854775808") == Value(INT64_MIN));
  CHECK(root("9223372036854775807") == Value(INT64_MAX));
  CHECK(root("-0") == Value(0));
  CHECK(root(R"("a\u00e9\n\ud83d\ude00")") == Value("a\u00e9\n\U0001F600"));
  CHECK(root(R"({"b":{"c":[]},"a":{}})") == Value(Object{{"a", Object{}}, {"b", Object{{"c", Array{}}}}}));
  CHECK(root("\"\xEF\xBB\xBFx\"") == Value("\uFEFFx"));
}

TEST_CASE("json: what is refused has a code and the place where it stands") {
  struct Row {
    std::string text;
    std::string refusal;
  };
  const std::vector<Row> rows = {
      {"", "malformed-json f.json:1:1"},
      {"   ", "malformed-json f.json:1:3"},
      {"{\"a\":1}\n x", "malformed-json f.json:2:2"},
      {"[1,]", "malformed-json f.json:1:4"},
      {"[1 2]", "malformed-json f.json:1:5"},
      {"{'a':1}", "malformed-json f.json:1:2"},
      {"[NaN]", "malformed-json f.json:1:2"},
      {"[01]", "malformed-json f.json:1:4"},
      {"[1] // why", "malformed-json f.json:1:5"},
      {"[1.0]", "not-an-integer f.json:1:2"},
      {"[\n1e3]", "not-an-integer f.json:2:1"},
      {"9223372036854775808", "not-an-integer f.json:1:1"},
      {"-9223372036854775809", "not-an-integer f.json:1:1"},
      {"123456789012345678901234567890", "not-an-integer f.json:1:1"},
      {"1e400", "not-an-integer f.json:1:1"},
      {R"({"a":1,"b":2,"a":3})", "duplicate-member f.json:1:14"},
      {R"({"a":1,"\u0061":3})", "duplicate-member f.json:1:8"},
      {R"([{"":1},{"":1,"":2}])", "duplicate-member f.json:1:15"},
      {R"(["a\u0000b"])", "control-character f.json:1:2"},
      {R"({"\u0000":1})", "control-character f.json:1:2"},
      {"[\"a\x01\"]", "malformed-json f.json:1:4"},
      {"[\"a\nb\"]", "malformed-json f.json:2:1"},
      {"[\"\xC3\"]", "not-utf8 f.json:1:4"},
      {"[\"\xC0\xAF\"]", "not-utf8 f.json:1:3"},
      {"[\"\xED\xA0\x80\"]", "not-utf8 f.json:1:3"},
      {"[\"\xF5\x80\x80\x80\"]", "not-utf8 f.json:1:3"},
      {R"(["\ud800"])", "malformed-json f.json:1:9"},
      {R"(["\udc00"])", "malformed-json f.json:1:8"},
      {R"(["\ud800\u0041"])", "malformed-json f.json:1:14"},
      {"\xEF\xBB\xBF[]", "not-utf8 f.json:1:1"},
      {"[]\0"s, "control-character f.json:1:3"},
      {"[\0]"s, "malformed-json f.json:1:1"},
      {"123\0"s, "control-character f.json:1:4"},
      {"[\"a\0b\"]"s, "malformed-json f.json:1:3"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const std::string refusal = refused(row.text);
    CHECK(refusal.substr(0, refusal.find(' ')) == row.refusal.substr(0, row.refusal.find(' ')));
    CHECK(refusal == row.refusal);
  }
}

TEST_CASE("json: depth, size and members are bounded while reading") {
  CHECK(refused(nested(32)).empty());
  CHECK(refused(nested(33)) == "too-deep f.json:1:33");
  CHECK(refused(nested(1000000)) == "too-deep f.json:1:33");
  CHECK(refused(std::string(1000000, '[')) == "too-deep f.json:1:33");
  CHECK(refused("[[],[[]]]", {.depth = 2}) == "too-deep f.json:1:6");
  CHECK(refused("[1,2]", {.bytes = 5}).empty());
  CHECK(refused("[1, 2]", {.bytes = 5}) == "too-large f.json:1:1");
  CHECK(refused(R"({"a":1,"b":2})", {.members = 2}).empty());
  CHECK(refused(R"({"a":1,"b":2,"c":3})", {.members = 2}) == "too-many-members f.json:1:14");
}

TEST_CASE("json: fractions become their text where that is asked for") {
  const auto read = json::read_value("[1.50, -2e-3, 1]", "f.json", {.floats_as_text = true});
  REQUIRE(read);
  CHECK(*read == Value(Array{"1.50", "-2e-3", 1}));
}

TEST_CASE("json: every value has its line and column") {
  const auto read =
      json::read("{\n  \"a/b\": [1,\n    {\"~\": \"\u4e2d\u6587\", \"n\": null}],\n  \"\": true}", "f.json");
  REQUIRE(read);
  const std::map<std::string, std::pair<int, int>> expected = {
      {"", {1, 1}},        {"/a~1b", {2, 10}},      {"/a~1b/0", {2, 11}},
      {"/a~1b/1", {3, 5}}, {"/a~1b/1/~0", {3, 11}}, {"/a~1b/1/n", {3, 22}},
      {"/", {4, 7}}};
  CHECK(read->places.size() == expected.size());
  for (const auto& [pointer, place] : expected) {
    INFO(pointer);
    REQUIRE(read->places.count(pointer) == 1);
    CHECK(read->places.at(pointer).line == place.first);
    CHECK(read->places.at(pointer).column == place.second);
  }
  CHECK(read->where("f.json", "/a~1b/1/missing/x") == "f.json:3:5");
  CHECK(read->where("f.json", "/nowhere") == "f.json:1:1");
}

TEST_CASE(
    "json: the conformance suite: all that is no JSON is refused, all that is JSON is read but for our "
    "rules") {
  const char* shared = std::getenv("LASTKM_SHARED");
  const fs::path folder = shared != nullptr ? shared : lastkm::test::source_folder() + "/../shared";
  const fs::path archive = folder / "data" / "conformance" / "JSONTestSuite.tar.gz";
  if (!fs::exists(archive)) {
    std::cerr << "SKIPPED: no " << archive << "; set LASTKM_SHARED\n";
    return;
  }
  const Suite suite;
  fs::create_directories(suite.folder);
  REQUIRE(std::system(("tar -xzf '" + archive.string() + "' -C '" + suite.folder.string() + "'").c_str()) ==
          0);
  std::map<std::string, std::set<std::string>> not_taken;  // JSON that our rules refuse, by code
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(suite.folder / "test_parsing")) {
    const std::string name = entry.path().filename().string();
    ++files;
    INFO(name);
    const std::string refusal = refused(bytes_of(entry.path()), {.depth = 64});
    if (name[0] == 'n') CHECK_FALSE(refusal.empty());
    if (name[0] == 'y' && !refusal.empty()) not_taken[refusal.substr(0, refusal.find(' '))].insert(name);
  }
  CHECK(files >= 300);
  std::set<std::string> codes;
  for (const auto& [code, names] : not_taken) {
    codes.insert(code);
    std::cerr << code << ": " << names.size() << " of the texts that are JSON\n";
    for (const std::string& name : names) std::cerr << "  " << name << '\n';
  }
  CHECK(codes == std::set<std::string>{"control-character", "duplicate-member", "not-an-integer"});
}
