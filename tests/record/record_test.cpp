#include <catch2/catch.hpp>

#include "engine/record/canonical.h"
#include "engine/record/command.h"
#include "engine/record/decision.h"
#include "engine/record/digest.h"
#include "engine/record/event_text.h"
#include "engine/record/merkle.h"
#include "engine/record/parse.h"

using namespace lastkm;
using namespace lastkm::record;

namespace {

Command sample_command() {
  Command command;
  command.id = CommandId("00112233445566778899aabbccddeeff");
  command.aggregate = AggregateId("0123456789abcdef0123456789abcdef");
  command.lane = lane_of(command.aggregate, 64);
  command.name = "RegisterCase";
  command.client = "hotline";
  command.idempotency_key = "k-1";
  command.channel = "CH-12345";
  command.reference = "CD-1";
  command.fingerprint = "ff";
  command.actor = Actor{BodyId("HOTLINE-510108"), "AGENT", "p1", "p2"};
  command.occurred_at = Instant{1'000};
  command.recorded_at = Instant{2'000};
  command.expected_version = 7;
  command.clocks_from_business_time = true;
  command.correlation = "c";
  command.trace = "t";
  command.input = Value(Object{{"category", "C20"}, {"n", 3}, {"list", Value(Array{Value(true), Value()})}});
  return command;
}

Decision sample_decision() {
  Decision decision;
  decision.lane = LaneId(17);
  decision.ordinal = Ordinal(4);
  decision.command = CommandId("00112233445566778899aabbccddeeff");
  decision.command_name = "SignCase";
  decision.aggregate = AggregateId("0123456789abcdef0123456789abcdef");
  decision.lane_time = Instant{1'700'000'000'123};
  decision.context = DirectoryOrdinal(9);
  decision.command_hash = hex(sha256("x"));
  decision.prev = hex(sha256("y"));
  Event event;
  event.seq = 3;
  event.type = "CaseSigned";
  event.occurred_at = Instant{5};
  event.actor = Actor{BodyId("PSC-1"), "HANDLER", "", ""};
  event.rule = "three-party@1/SignCase/T08";
  event.stage = "SIGNED";
  event.ended = true;
  event.holders = Value(Array{Value("PSC-1")});
  event.clocks = Value(Array{Value(Object{{"clock", "sign"}})});
  event.facts = Value(Object{{"case.lead", "PSC-1"}});
  event.data = Value(Object{{"lead", "PSC-1"}});
  decision.events = {event};
  decision.rejection = Rejection{"wrong-stage", "no", "/x", "r", Value(Object{{"case.stage", "CLOSED"}})};
  decision.duplicate_of = Ordinal(2);
  decision.follow_ups = {FollowUp{LaneId(3), 8, AggregateId("a"), "Adopt", Value(Object{{"child", "b"}})}};
  return decision;
}

}  // namespace

TEST_CASE("record: canonical JSON sorts members by UTF-16 code units, as RFC 8785 section 3.2.3 shows") {
  Object object;
  for (const char* name :
       {"\xE2\x82\xAC", "\r", "\xEF\xAC\xB3", "1", "\xF0\x9F\x98\x80", "\xC2\x80", "\xC3\xB6"}) {
    object.add(name, Value(1));
  }
  std::vector<std::string> names;
  for (const Member& member : object) names.push_back(member.name);
  // carriage return, one, U+0080, o-umlaut, euro, emoji (D83D DE00), Hebrew dalet with dagesh (FB33)
  CHECK(names == std::vector<std::string>{"\r", "1", "\xC2\x80", "\xC3\xB6", "\xE2\x82\xAC",
                                          "\xF0\x9F\x98\x80", "\xEF\xAC\xB3"});
}

TEST_CASE("record: strings are escaped as RFC 8785 section 3.2.2.2 says and in no other way") {
  CHECK(canonical(Value(std::string("\b\t\n\f\r\"\\/\x01\x1f\x7f", 11))) ==
        "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\x7f\"");
  CHECK(canonical(Value("电梯")) == "\"电梯\"");
}

TEST_CASE("record: what is to be escaped is, wherever it stands in a text of whatever length") {
  CHECK(quoted("") == "\"\"");
  for (std::size_t size = 1; size <= 64; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        const std::string one = quoted(text.substr(at, 1));
        const bool known = byte < 0x20 || byte == '"' || byte == '\\';
        REQUIRE(one.size() == (!known ? 3U : one[2] == 'u' ? 8U : 4U));
        REQUIRE(quoted(text) ==
                '"' + text.substr(0, at) + one.substr(1, one.size() - 2) + text.substr(at + 1) + '"');
      }
    }
  }
  CHECK(quoted("") == R"("")");
  CHECK(quoted({}) == R"("")");
}

TEST_CASE("record: a digest is read from its hex digits, and from nothing else") {
  const Digest digest = sha256("x");
  std::string text = hex(digest);
  Digest read{};
  REQUIRE(read_hex(text, read));
  CHECK(read == digest);
  CHECK_FALSE(read_hex(text + "00", read));
  CHECK_FALSE(read_hex(text.substr(2), read));
  for (char& c : text) {
    const char right = c;
    for (const char wrong : {'g', 'A', '/', ':', '`', ' ', '\xff'}) {
      c = wrong;
      REQUIRE_FALSE(read_hex(text, read));
    }
    c = right;
  }
}

TEST_CASE("record: commands and decisions come back as they were written, and to the same bytes") {
  const Command command = sample_command();
  const std::string bytes = encode(command, "/lastkm/x");
  auto command_again = decode_command(bytes);
  REQUIRE(command_again);
  CHECK(*command_again == command);
  CHECK(encode(*command_again, "/lastkm/x") == bytes);

  const Decision decision = sample_decision();
  const std::string decision_bytes = encode(decision, "/lastkm/x");
  auto decision_again = decode_decision(decision_bytes);
  REQUIRE(decision_again);
  CHECK(*decision_again == decision);
  CHECK(encode(*decision_again, "/lastkm/x") == decision_bytes);
  CHECK(kind_of(decision_bytes) == DecisionRecordKind::decision);
  CHECK(kind_of(encode(OwnerStarted{1, "o", Instant{}}, "/lastkm/x")) == DecisionRecordKind::owner_started);
  CHECK(kind_of(bytes) == DecisionRecordKind::unknown);
}

TEST_CASE("record: what is written is canonical already") {
  for (const std::string& bytes :
       {encode(sample_command(), "/lastkm/x"), encode(sample_decision(), "/lastkm/x"),
        encode(OwnerStarted{1, "o", Instant{}}, "/lastkm/x")}) {
    auto value = parse(bytes);
    REQUIRE(value);
    CHECK(canonical(*value) == bytes);
  }
}

TEST_CASE("record: facts are left out for those who do not ask for them, whatever the layout") {
  const Decision whole = sample_decision();
  Decision less = whole;
  less.events[0].facts = Value();
  const std::string bytes = encode(whole, "/lastkm/test");
  CHECK(*decode_decision(bytes, Facts::left_out) == less);
  const std::string spaced = "{ " + bytes.substr(1, bytes.size() - 2) + R"(,"zone":1})";
  CHECK(*decode_decision(spaced, Facts::left_out) == less);
  CHECK(*decode_decision(spaced) == whole);
}

TEST_CASE("record: the text of an only event is told, or nothing") {
  Decision decision = sample_decision();
  decision.events.resize(1);
  decision.follow_ups.clear();
  decision.rejection.reset();
  decision.command_name = R"(x","events":[{"seq":1}],"lane":1,)";
  decision.prev = R"(],"lane":2,)";
  const Value item(Object{{"events", Value(Array{Value(Object{{"seq", 1}})})}, {"lane", 1}});
  decision.events[0].data = Value(Object{{R"(}],"lane":)", Value(Array{item, item})}, {"lane", 1}});
  const auto told = [](const std::string& bytes) {
    std::string_view event = "left over";
    CAPTURE(bytes);
    REQUIRE(decode_decision(bytes, Facts::left_out, event));
    return std::string(event);
  };
  const auto with = [&decision](const auto& change) {
    Decision other = decision;
    change(other);
    return encode(other, "/lastkm/test");
  };
  CHECK(told(encode(decision, "/lastkm/test")).empty());  // looked for no further
  decision.command_name = R"(x"events":{"seq":1},"lane":1,)";
  decision.prev = R"("lane":2,)";
  const std::string bytes = encode(decision, "/lastkm/test");
  CHECK(told(bytes) == event_text(decision.events[0]));

  CHECK(told("{ " + bytes.substr(1)) == event_text(decision.events[0]));
  CHECK(told(R"({"about":[1,{"data":{"events":[{}],"lane":1}}],)" + bytes.substr(1)).empty());
  CHECK(told(bytes.substr(0, bytes.size() - 1) + R"(,"zone":{"events":[{}],"lane":1}})").empty());
  std::string spaced = bytes;
  spaced.insert(spaced.find('[') + 1, " ");
  CHECK(told(spaced).empty());
  CHECK(told(with([](Decision& other) { other.events.push_back(other.events[0]); })).empty());
  CHECK(told(with([](Decision& other) { other.events.clear(); })).empty());
  const FollowUp follow_up{LaneId(1), 1, AggregateId("a"), "Merge", Value(Array{Value(Object{})})};
  CHECK(told(with([&](Decision& other) { other.follow_ups.push_back(follow_up); })).empty());
  CHECK(told(with([&](Decision& other) { other.rejection = Rejection{"c", "t", "", "", item}; })).empty());
}

TEST_CASE("record: the text of an event is found whatever its strings hold") {
  Decision decision = sample_decision();
  decision.command_name = R"(,"events":[{"seq":1}],)";
  for (const char* text : {R"(]}")", R"(\)", R"(\")", R"({"a":[)", "\n\t", ""}) {
    Event event = decision.events[0];
    event.data = Value(Object{{text, Value(Array{Value(text), Value(Object{{"n", 1}})})}});
    event.rule = text;
    decision.events.push_back(event);
  }
  const auto check = [&decision](std::string_view bytes) {
    REQUIRE(*decode_decision(bytes) == decision);
    const auto texts = event_texts(bytes);
    REQUIRE(texts);
    REQUIRE(texts->size() == decision.events.size());
    for (std::size_t i = 0; i < texts->size(); ++i) {
      Decision one = decision;
      one.events = {decision.events[i]};
      const std::string alone = encode(one, "/lastkm/test");
      CHECK(alone.find((*texts)[i]) != std::string::npos);
      CHECK(parse((*texts)[i])->number("seq") == decision.events[i].seq);
    }
  };
  const std::string bytes = encode(decision, "/lastkm/test");
  check(bytes);
  check("{ " + bytes.substr(1, bytes.size() - 2) + "\n}");
  check(R"({"about":{"data":{"events":[]}},)" + bytes.substr(1));

  for (std::size_t length = 0; length < bytes.size(); ++length) {
    // Cut short it is no decision; what is told apart of it is never more than there is.
    CHECK_FALSE(decode_decision(bytes.substr(0, length)));
    const std::string_view part = std::string_view(bytes).substr(0, length);
    if (const auto texts = event_texts(part)) CHECK(texts->size() <= decision.events.size());
  }
  decision.events.clear();
  CHECK(event_texts(encode(decision, "/lastkm/test"))->empty());
}

TEST_CASE("record: a damaged or foreign record is a named error") {
  const std::string bytes = encode(sample_command(), "/lastkm/x");
  CHECK(decode_command(bytes.substr(0, bytes.size() / 2)).error().code == "undecodable");
  CHECK(decode_decision(bytes).error().code == "unknown-type");
  std::string newer = bytes;
  newer.replace(newer.find("command.v1"), 10, "command.v2");
  CHECK(decode_command(newer).error().code == "unknown-type");
  std::string wrong = bytes;
  wrong.replace(wrong.find("\"lane\":"), 7, "\"lame\":");
  CHECK(decode_command(wrong).error().path == "/lane");
}

TEST_CASE("record: the fast reader refuses what no record may hold") {
  for (const char* text : {"", "{", "{} x", "1.0", "1e3", "18446744073709551616", "{\"a\":1,\"a\":2}",
                           "\"\xff\"", "\"\\ud800\"", "nan"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse(text));
    CHECK(parse(text).error().code == "undecodable");
  }
  // Refusals hold this text, so what is said first of two faults stays the same.
  CHECK(parse(R"({"a":1,"a":1.5})").error().message == parse(R"({"b":1.5})").error().message);
  CHECK_THAT(parse(R"({"a":1,"a":2})").error().message, Catch::Contains("stands twice"));
  CHECK(parse(std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']')));
  CHECK_FALSE(parse(std::string(kMaxDepth + 2, '[') + std::string(kMaxDepth + 2, ']')));
  CHECK_FALSE(parse(std::string(100'000, '[')));
  CHECK(*parse("-9223372036854775808")->if_int() == INT64_MIN);
}

TEST_CASE("record: the lane of an aggregate is the head of its SHA-256") {
  CHECK(hex(sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4 example
  // 0xba7816bf8f01cfea modulo 64 and modulo 1000
  CHECK(lane_of(AggregateId("abc"), 64).value == static_cast<std::int32_t>(0xba7816bf8f01cfeaULL % 64));
  CHECK(lane_of(AggregateId("abc"), 1000).value == static_cast<std::int32_t>(0xba7816bf8f01cfeaULL % 1000));
  CHECK(lane_of(lane_aggregate(LaneId(63)), 64) == LaneId(63));
  CHECK(lane_of(AggregateId("lane-64"), 64).value == -1);
  CHECK(lane_of(AggregateId("lane-x"), 64).value == -1);
}
