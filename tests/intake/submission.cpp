#include "engine/intake/submission.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "engine/intake/text.h"
#include "engine/record/canonical.h"
#include "engine/record/parse.h"

using namespace lastkm;
using namespace lastkm::intake;

namespace {
Value json(std::string_view text) {
  auto value = record::parse(text);
  REQUIRE(value);
  return *value;
}

const std::string kActor = R"("actor":{"body":"HOTLINE-510108","role":"AGENT","person":"a-7"})";

Submission submission(std::string_view data) {
  Submission out;
  out.name = "RegisterCase";
  out.channel = "CH-12345";
  out.reference = "R-1";
  out.actor = record::Actor{BodyId("HOTLINE-510108"), "AGENT", "", ""};
  out.data = json(data);
  return out;
}

Result<record::Command> seal(const Submission& one, privacy::Vault& vault,
                             const std::set<std::string>& plain_fields = {}) {
  auto identity = identify(one, std::nullopt, 64, KeyStandsFor::request, vault);
  if (!identity) return identity.error();
  return seal_command(one, std::move(*identity), plain_fields, Instant{1000}, vault);
}

void each_leaf(const Value& value, const std::string& path,
               const std::function<void(const std::string&, const Value&)>& visit) {
  if (const Object* object = value.if_object(); object != nullptr && !privacy::is_sealed(value)) {
    for (const Member& member : *object) each_leaf(member.value, path + "/" + member.name, visit);
  } else if (const Array* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      each_leaf((*array)[i], path + "/" + std::to_string(i), visit);
  } else {
    visit(path, value);
  }
}
}  // namespace

TEST_CASE("submission: a full line is read into its parts") {
  const auto read = read_submission(json(
      R"({"command":"SignCase","case":"17-000042",)" + kActor +
      R"(,"external":{"channel":"CH-12345","reference":"A/1"},"expected_version":3,"idempotency_key":"k 1"})"));
  REQUIRE_FALSE(read);
  CHECK(read.error().path == "/idempotency_key");
  const auto good = read_submission(
      json(R"({"command":"SignCase","case":"17-000042",)" + kActor +
           R"(,"expected_version":3,"idempotency_key":"k-1","occurred_at":"2026-05-20T09:30:00+08:00",)"
           R"("at":"2026-05-20T01:30:01Z","data":{"text":"好\n的\t"}})"));
  REQUIRE(good);
  CHECK(good->name == "SignCase");
  CHECK(good->case_id == "17-000042");
  CHECK(good->actor.person == "a-7");
  CHECK(good->expected_version == 3);
  CHECK(good->occurred_at == Instant{1779240600000});
  CHECK(good->at == Instant{1779240601000});
  CHECK(good->data.text("text") == "好\n的\t");
  CHECK(read_submission(json(R"({"command":"AdvanceClock","at":"2026-05-20T01:30:01Z"})")));
}

TEST_CASE("submission: each fault is named with the place where it stands") {
  const std::string long_text(20001, 'x');
  const std::string marks = [] {
    std::string s = "a";
    for (int i = 0; i < 9; ++i) s += "\u0301";
    return s;
  }();
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"([])", ""},
      {R"({"command":"X"})", ""},
      {R"({)" + kActor + "}", ""},
      {R"({"command":"X",)" + kActor + R"(,"status":"open"})", "/status"},
      {R"({"command":"签收",)" + kActor + "}", "/command"},
      {R"({"command":"X","actor":{"body":"A B","role":"R"}})", "/actor/body"},
      // What no rule would take for a code is none here either.
      {R"({"command":"X","actor":{"body":"A+B","role":"R"}})", "/actor/body"},
      {R"({"command":"X","actor":{"body":"A","role":"R","admin":true}})", "/actor/admin"},
      {R"({"command":"X","actor":{"body":"A"}})", "/actor"},
      {R"({"command":"X","actor":"A"})", "/actor"},
      {R"({"command":"X",)" + kActor + R"(,"expected_version":-1})", "/expected_version"},
      {R"({"command":"X",)" + kActor + R"(,"expected_version":"1"})", "/expected_version"},
      {R"({"command":"X",)" + kActor + R"(,"expected_version":9007199254740992})", "/expected_version"},
      {R"({"command":"X",)" + kActor + R"(,"occurred_at":"2026-05-20"})", "/occurred_at"},
      {R"({"command":"X",)" + kActor + R"(,"idempotency_key":")" + std::string(129, 'k') + "\"}",
       "/idempotency_key"},
      {R"({"command":"X",)" + kActor + ",\"idempotency_key\":\"a\u200B\"}", "/idempotency_key"},
      {R"({"command":"X",)" + kActor + ",\"external\":{\"channel\":\"c\",\"reference\":\"\u202Ex\"}}",
       "/external/reference"},
      {R"({"command":"X",)" + kActor + R"(,"external":{"channel":"c"}})", "/external"},
      {R"({"command":"X",)" + kActor + R"(,"external":{"channel":"c","reference":"r","x":1}})",
       "/external/x"},
      {R"({"command":"X",)" + kActor + R"(,"data":[]})", "/data"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"text":1}})", "/data/text"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"text":"a\u0000b"}})", "/data/text"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"text":"a\rb"}})", "/data/text"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"text":"a\u001bb"}})", "/data/text"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"text":"a\u0085b"}})", "/data/text"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"text":"a\u2028b"}})", "/data/text"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"text":")" + long_text + "\"}}", "/data/text"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"text":")" + marks + "\"}}", "/data/text"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"a":[{"note":[1]}]}})", "/data/a/0/note"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"caller":"Wang"}})", "/data/caller"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"caller":{"name":1}}})", "/data/caller/name"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"location":{"lat":1}}})", "/data/location"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"n":[9007199254740992]}})", "/data/n/0"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"n":-9007199254740992}})", "/data/n"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"location":{"lat":900000001,"long":0}}})",
       "/data/location"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"张三":"x"}})", "/data"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"x":{"sealed":"a","key":"b","commit":"c"}}})", "/data/x"},
      {R"({"command":"X",)" + kActor + R"(,"data":{"x":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}})",
       "/data/x/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"},
  };
  for (const auto& [line, path] : table) {
    INFO(line.substr(0, 200));
    const auto read = read_submission(json(line));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "bad-data");
    CHECK(read.error().kind == ErrorKind::bad_input);
    CHECK(read.error().path.substr(0, path.size()) == path);
    CHECK((path.empty() || read.error().path.size() == path.size() ||
           read.error().path.starts_with("/data/x/0")));
  }
}

TEST_CASE("submission: text that looks dangerous is stored as it is") {
  for (const std::string text : {"<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0",
                                 "%n%s%x {}{0} ${jndi:ldap://x}", "😀𠀀 བོད་ ئۇيغۇر", "\u202Eabc"}) {
    const Value line = Object{
        {"command", "X"}, {"actor", Object{{"body", "A"}, {"role", "R"}}}, {"data", Object{{"text", text}}}};
    const auto read = read_submission(line);
    REQUIRE(read);
    CHECK(read->data.text("text") == text);
  }
}

TEST_CASE("submission: a text of 5,000 characters is taken, one more is not, whatever their bytes") {
  const auto takes = [](const std::string& letter, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += letter;
    return bool(
        read_submission(json(R"({"command":"X",)" + kActor + R"(,"data":{"text":")" + text + "\"}}")));
  };
  for (const std::string letter : {"x", "\u6F0F", "\U00020000"}) {
    CHECK(takes(letter, 5000));
    CHECK_FALSE(takes(letter, 5001));
  }
}

TEST_CASE("submission: names and numbers hold nothing that cannot be seen") {
  for (const std::string hidden : {"\u200B", "\u202E", "\uFEFF", "\u00AD"}) {
    const auto with = [&hidden](const std::string& name) {
      return read_submission(json(R"({"command":"X",)" + kActor + R"(,"data":{")" + name +
                                  "\":{\"name\":\"a" + hidden + "b\"}}}"));
    };
    CHECK(with("caller").error().path == "/data/caller/name");
    CHECK(with("other").error().path == "/data/other/name");
  }
}

TEST_CASE("seal: what is personal or free is a box, codes and numbers stay clear") {
  auto vault = privacy::make_seeded_vault(1);
  const auto command = seal(
      submission(
          R"({"type":"HELP","place":"510108017006","anonymous":true,"n":3,"when":"2026-05-20T09:30:00+08:00","hint":"two words","sum":"1+1",
        "text":"漏水","note":"x","address":"Code-Like","caller":{"name":"Wang","phone":"13800138000"},"location":{"lat":1,"long":2},
        "plan":"X1","evidence":[{"sha256":"ab","mime":"image/png","note":"door"},{"title":"a b"}],"bodies":["PSC-1","PSC-2"],"gone":null,"empty":""})"),
      *vault,
      {"type", "place", "anonymous", "n", "when", "hint", "sum", "text", "address", "evidence", "bodies",
       "gone"});
  REQUIRE(command);
  std::map<std::string, bool> sealed;
  std::set<std::string> keys;
  each_leaf(command->input, "", [&](const std::string& path, const Value& leaf) {
    sealed[path] = privacy::is_sealed(leaf);
    if (!sealed[path]) return;
    keys.insert(std::string(leaf.text("key")));
    CHECK(vault->open(leaf, privacy::Place{command->aggregate, command->id, path}));
  });
  const std::map<std::string, bool> expected = {{"/type", false},
                                                {"/place", false},
                                                {"/anonymous", false},
                                                {"/n", false},
                                                {"/when", false},
                                                {"/hint", true},
                                                {"/sum", true},
                                                {"/text", true},
                                                {"/note", true},
                                                {"/address", true},
                                                {"/caller", true},
                                                {"/location", true},
                                                {"/plan", true},
                                                {"/evidence/0/sha256", false},
                                                {"/evidence/0/mime", false},
                                                {"/evidence/0/note", true},
                                                {"/evidence/1/title", true},
                                                {"/bodies/0", false},
                                                {"/bodies/1", false},
                                                {"/gone", false},
                                                {"/empty", false}};
  CHECK(sealed == expected);
  CHECK(keys.size() == 2);
  const auto key = [&](std::string_view name) { return command->input.find(name)->text("key"); };
  CHECK(key("caller") == key("address"));
  CHECK(key("caller") == key("location"));
  CHECK(key("text") == key("hint"));
  CHECK(key("text") != key("caller"));

  CHECK(vault->erase(key("caller")));
  CHECK_FALSE(vault->open(*command->input.find("caller"),
                          privacy::Place{command->aggregate, command->id, "/caller"}));
  CHECK(vault->open(*command->input.find("text"), privacy::Place{command->aggregate, command->id, "/text"}));
}

TEST_CASE("seal: what corrects a fact is as personal as the fact") {
  auto vault = privacy::make_seeded_vault(1);
  const std::set<std::string> plain_fields{"event_seq", "field", "value", "reason"};
  const auto is_sealed = [&](const Value& field) {
    Submission one = submission("{}");
    one.data = Object{{"event_seq", 1}, {"field", field}, {"value", "13812345678"}, {"reason", "TYPO"}};
    const auto command = seal(one, *vault, plain_fields);
    REQUIRE(command);
    CHECK(*command->input.find("field") == field);
    return privacy::is_sealed(*command->input.find("value"));
  };
  CHECK(is_sealed(Value(7)));
  CHECK(is_sealed(Value(Array{Value("category")})));
  CHECK(is_sealed(Value()));
  for (const std::string_view field : {"category", "place", "respondent", "type", "urgency"})
    CHECK_FALSE(is_sealed(field));
  for (const std::string_view field : {"caller", "text", "address", "no_such_field"}) CHECK(is_sealed(field));
}

TEST_CASE("seal: nothing of a canary is in the bytes that enter the log") {
  auto vault = privacy::make_seeded_vault(1);
  const std::string canary = "CANARY7351";
  Submission one = submission("{}");
  Object data;
  for (const std::string name : {"text", "note", "address"}) data.set(name, canary);
  data.set("caller", Object{{"name", canary}, {"phone", canary}});
  data.set("anything", "my " + canary);
  data.set("Address", canary);  // a member that no workflow knows
  data.set("list", Array{Value("x " + canary), Value(Object{{"note", canary}, {"phone", canary}})});
  one.data = Value(data);
  const auto command = seal(one, *vault);
  REQUIRE(command);
  const std::string bytes = record::encode(*command, "/lastkm/test");
  CHECK(bytes.find(canary) == std::string::npos);
  CHECK(bytes.find("Q0FOQVJZNzM1MQ") == std::string::npos);
  CHECK(record::decode_command(bytes).value() == *command);
}

TEST_CASE("seal: ids follow from the reference, else the key, else nothing") {
  auto vault = privacy::make_seeded_vault(1);
  Submission one = submission(R"({"text":"a"})");
  const auto first = seal(one, *vault).value();
  const auto again = seal(one, *vault).value();
  CHECK(first.aggregate == vault->aggregate_of("CH-12345", "R-1"));
  CHECK(first.aggregate == again.aggregate);
  CHECK(first.id != again.id);
  CHECK(first.fingerprint == again.fingerprint);
  CHECK(first.occurred_at == Instant{1000});

  one.idempotency_key = "k";
  CHECK(seal(one, *vault)->id == seal(one, *vault)->id);
  one.reference = one.channel = "";
  CHECK(seal(one, *vault)->aggregate == vault->aggregate_of_key("cli", "k"));
  one.idempotency_key = "";
  CHECK(seal(one, *vault)->aggregate != seal(one, *vault)->aggregate);
  one.case_id = "17-000042";
  CHECK(seal(one, *vault).error().code == "no-such-case");
  CHECK(identify(one, AggregateId("abc"), 64, KeyStandsFor::request, *vault)->aggregate ==
        AggregateId("abc"));
}

TEST_CASE("seal: a key stands for the whole request, or for its content alone") {
  auto vault = privacy::make_seeded_vault(1);
  Submission first = submission(R"({"text":"a"})");
  first.reference = first.channel = "";
  first.idempotency_key = "k";
  first.expected_version = 3;
  first.occurred_at = Instant{5};
  const auto print = [&vault](const Submission& one, KeyStandsFor stands_for = KeyStandsFor::request) {
    return identify(one, std::nullopt, 64, stands_for, *vault)->fingerprint;
  };
  std::vector<Submission> others(6, first);
  others[0].actor.body = BodyId("STREET-510108017");
  others[1].actor.role = "DISPATCHER";
  others[2].actor.person = "a-8";
  others[3].expected_version = 4;
  others[4].occurred_at = Instant{6};
  others[5].data = json(R"({"text":"b"})");
  for (std::size_t i = 0; i < others.size(); ++i) {
    INFO(i);
    CHECK(print(others[i]) != print(first));
    const bool same_content = i != 5;
    CHECK((print(others[i], KeyStandsFor::content) == print(first, KeyStandsFor::content)) == same_content);
  }
  Submission again = first;
  again.trace = "t";
  again.at = Instant{9};
  CHECK(print(again) == print(first));
  // Without a key there is nothing to stand for it.
  first.idempotency_key = others[0].idempotency_key = "";
  CHECK(print(others[0]) == print(first));
}

TEST_CASE("seal: the fingerprint is of the plain content, whenever it comes") {
  auto vault = privacy::make_seeded_vault(1);
  Submission one = submission(R"({"text":"a","type":"HELP"})");
  const std::string print = seal(one, *vault)->fingerprint;
  one.at = one.occurred_at = Instant{5};
  one.trace = "t";
  one.reference = "R-2";
  CHECK(seal(one, *vault)->fingerprint == print);
  one.data = json(R"({"text":"b","type":"HELP"})");
  CHECK(seal(one, *vault)->fingerprint != print);
  one.data = Object{{"text", "caf\u00E9"}, {"caller", Object{{"phone", "１３８"}}}};
  const std::string composed = seal(one, *vault)->fingerprint;
  one.data = Object{{"text", "cafe\u0301"}, {"caller", Object{{"phone", "138"}}}};
  CHECK(seal(one, *vault)->fingerprint == composed);
  one.data = json(R"({"text":"a","type":"HELP"})");
  one.name = "Other";
  CHECK(seal(one, *vault)->fingerprint != print);
}

TEST_CASE("seal: a command above the size of a record is refused") {
  auto vault = privacy::make_seeded_vault(1);
  Object data;
  for (int i = 0; i < 12; ++i) data.set("t" + std::to_string(i), std::string(19000, ' '));
  Submission one = submission("{}");
  one.data = Value(data);
  CHECK(seal(one, *vault).error().code == "bad-data");
}

TEST_CASE("submission: times have years of four digits, and lines of a text end alike") {
  const auto read = [](const std::string& members) {
    return read_submission(json(R"({"command":"SignCase",)" + kActor + "," + members + "}"));
  };
  for (const std::string name : {"at", "occurred_at"}) {
    const auto refused = [&](const std::string& time) {
      const auto line = read("\"" + name + "\":\"" + time + "\"");
      return !line && line.error().path == "/" + name;
    };
    CHECK(refused("1900-01-01T00:00:00Z"));
    CHECK(refused("9999-12-31T23:59:59Z"));
    CHECK_FALSE(refused("1970-01-01T00:00:00Z"));
    CHECK_FALSE(refused("2026-05-20T09:30:00+08:00"));
  }
  const auto line = read(R"("data":{"text":"a\r\nb","list":[{"note":"c\r\n"}]})");
  REQUIRE(line);
  CHECK(line->data.text("text") == "a\nb");
  CHECK(line->data.find("list")->if_array()->front().text("note") == "c\n");
  CHECK_FALSE(read(R"("data":{"text":"a\rb"})"));
}
