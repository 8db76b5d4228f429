#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/rules/allocations.h"
#include "tests/rules/cel_world.h"

namespace lastkm::rules {
namespace {

struct Row {
  std::string expression;
  std::string result;
};

void check(const std::vector<Row>& rows) {
  const TestFacts facts;
  for (const Row& row : rows) {
    INFO(row.expression);
    CHECK(outcome(row.expression, facts) == row.result);
  }
}

std::string repeated(const std::string& text, std::size_t times, const std::string& between = "") {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += (i == 0 ? "" : between) + text;
  return out;
}

TEST_CASE("cel: literals stand for themselves") {
  check({{"true", "true"},
         {"false", "false"},
         {"null", "null"},
         {"0", "0"},
         {"007", "7"},
         {"-5", "-5"},
         {"9223372036854775807", "9223372036854775807"},
         {"-9223372036854775808", "-9223372036854775808"},
         {"''", "''"},
         {"'三方'", "'三方'"},
         {"\"it's\"", "'it's'"},
         {R"('\'\"\\\n\t')", "''\"\\\n\t'"},
         {R"('\u0041\u00e9\u4e09')", "'A\u00e9三'"},
         {"[]", "[]"},
         {"['A']", "['A']"},
         {"[ 'A' , \"B\" ]", "['A', 'B']"}});
}

TEST_CASE("cel: facts are dotted names, blanks do not matter") {
  check({{"case.type", "'REPORT'"},
         {"clock.level_0.n", "8"},
         {" \t\r\n clock . level_0 . n ", "8"},
         {"yes", "true"},
         {"case.bodies", "['A', 'B']"},
         {"cmd.n", "null"},
         {"cmd.given", "'given'"}});
}

TEST_CASE("cel: arithmetic of 64 bits, and an error where it does not fit") {
  check({{"1 + 2", "3"},
         {"1-2", "-1"},
         {"1 - -2", "3"},
         {"3 * -4", "-12"},
         {"7 / 2", "3"},
         {"-7 / 2", "-3"},
         {"7 / -2", "-3"},
         {"7 % 3", "1"},
         {"-7 % 3", "-1"},
         {"7 % -3", "1"},
         {"--5", "5"},
         {"-case.level", "-3"},
         {"9223372036854775807 + 1", "evaluation +21"},
         {"-9223372036854775808 - 1", "evaluation +22"},
         {"4611686018427387904 * 2", "evaluation +21"},
         {"--9223372036854775808", "evaluation +1"},
         {"-case.lowest", "evaluation +1"},
         {"case.lowest / -1", "evaluation +13"},
         {"case.lowest % -1", "evaluation +13"},
         {"1 / 0", "evaluation +3"},
         {"1 % zero()", "evaluation +3"}});
}

TEST_CASE("cel: operators bind as in CEL") {
  check({{"1 + 2 * 3", "7"},
         {"(1 + 2) * 3", "9"},
         {"10 - 3 - 2", "5"},
         {"100 / 10 / 5", "2"},
         {"2 * 7 % 4", "2"},
         {"1 + 1 == 2", "true"},
         {"1 < 2 == true", "true"},
         {"true || true && false", "true"},
         {"(true || true) && false", "false"},
         {"!false && false", "false"},
         {"!(false && false)", "true"},
         {"!!yes", "true"},
         {"false ? 1 : false ? 2 : 3", "3"},
         {"true ? 1 : false ? 2 : 3", "1"},
         {"true || false ? 1 : 2", "1"},
         {"true ? (false ? 1 : 2) : 3", "2"},
         {"-2 * -3", "6"}});
}

TEST_CASE("cel: equality is of one type, null equals null only") {
  check({{"1 == 1", "true"},
         {"1 != 1", "false"},
         {"'a' == \"a\"", "true"},
         {"'a' != 'b'", "true"},
         {"true == false", "false"},
         {"null == null", "true"},
         {"['A', 'B'] == case.bodies", "true"},
         {"['B', 'A'] == case.bodies", "false"},
         {"['A'] != case.bodies", "true"},
         {"[] == case.nobody", "true"},
         {"cmd.n == null", "true"},
         {"null != cmd.n", "false"},
         {"cmd.given == null", "false"},
         {"null != cmd.given", "true"},
         {"cmd.n == 3", "false"},
         {"cmd.n != 3", "true"},
         {"cmd.reason == cmd.given", "false"},
         {"cmd.ok == null", "true"},
         {"cmd.bodies == null", "true"},
         {"perhaps('x') == null", "true"}});
}

TEST_CASE("cel: order is of integers, and of texts by their bytes") {
  check({{"1 < 2", "true"},
         {"2 < 2", "false"},
         {"2 <= 2", "true"},
         {"3 <= 2", "false"},
         {"3 > 2", "true"},
         {"2 > 2", "false"},
         {"2 >= 2", "true"},
         {"1 >= 2", "false"},
         {"case.lowest < 0", "true"},
         {"'a' < 'b'", "true"},
         {"'a' < 'a'", "false"},
         {"'Z' < 'a'", "true"},
         {"'' < 'a'", "true"},
         {"'ab' > 'a'", "true"},
         {"'z' < '\\u00e9'", "true"},
         {"'2026-05-20' <= '2026-05-21'", "true"}});
}

TEST_CASE("cel: in, size, min, max and the methods of texts") {
  check({{"'A' in case.bodies", "true"},
         {"'C' in case.bodies", "false"},
         {"'A' in case.nobody", "false"},
         {"case.type in ['HELP', 'REPORT']", "true"},
         {"case.type in []", "false"},
         {"!('C' in ['A'])", "true"},
         {"size('')", "0"},
         {"size('三方ab')", "4"},
         {"size(case.bodies)", "2"},
         {"size([])", "0"},
         {"'abc'.size()", "3"},
         {"min(2, 3)", "2"},
         {"min(3, 2)", "2"},
         {"max(2, 3)", "3"},
         {"max(-2, -3)", "-2"},
         {"case.place.startsWith('5101')", "true"},
         {"case.place.startsWith('11')", "false"},
         {"case.place.endsWith('08')", "true"},
         {"case.place.endsWith('51')", "false"},
         {"case.place.contains('010')", "true"},
         {"case.place.contains('999')", "false"},
         {"case.place.contains('')", "true"},
         {"startsWith(case.place, '51')", "true"},
         {"'abc'.startsWith('a') && ('abc').endsWith('c')", "true"},
         {"body('STREET', case.place).startsWith('STREET-')", "true"}});
}

TEST_CASE("cel: conversions are those of texts, and an error where the text is none") {
  check({{"int('42')", "42"},
         {"int('-42')", "-42"},
         {"int('+7')", "7"},
         {"int('007')", "7"},
         {"int('9223372036854775807')", "9223372036854775807"},
         {"int('-9223372036854775808')", "-9223372036854775808"},
         {"int('9223372036854775808')", "evaluation +1"},
         {"int('')", "evaluation +1"},
         {"int('+')", "evaluation +1"},
         {"int('+-7')", "evaluation +1"},
         {"int(' 7')", "evaluation +1"},
         {"int('7 ')", "evaluation +1"},
         {"int('0x1F')", "evaluation +1"},
         {"int('1.5')", "evaluation +1"},
         {"int(case.place) + 1", "510109"},
         {"int(case.level)", "3"},
         {"int(int('3'))", "3"},
         {"int(cmd.reason)", "evaluation +5"},
         {"int(cmd.n)", "evaluation +5"},
         {"bool('true')", "true"},
         {"bool('True')", "true"},
         {"bool('TRUE')", "true"},
         {"bool('t')", "true"},
         {"bool('1')", "true"},
         {"bool('false')", "false"},
         {"bool('False')", "false"},
         {"bool('FALSE')", "false"},
         {"bool('f')", "false"},
         {"bool('0')", "false"},
         {"bool('TrUe')", "evaluation +1"},
         {"bool('FaLsE')", "evaluation +1"},
         {"bool('')", "evaluation +1"},
         {"bool(yes)", "true"},
         {"string(true)", "'true'"},
         {"string(no)", "'false'"},
         {"string('text')", "'text'"},
         {"string(case.type) == case.type", "true"},
         {"int('x') == 1 || true", "true"},
         {"int('x') == 1 && false", "false"},
         {"int(true)", "cel-type +5"},
         {"int(case.bodies)", "cel-type +5"},
         {"int(null)", "cel-type +5"},
         {"bool(1)", "cel-type +6"},
         {"string(1)", "cel-type +8"},
         {"string(case.bodies)", "cel-type +8"},
         {"int()", "cel-type +1"},
         {"int('1', '2')", "cel-type +1"},
         {"'1'.int()", "cel-unknown-function +5"},
         {"uint('1')", "cel-unknown-function +1"},
         {"double('1')", "cel-unknown-function +1"}});
}

TEST_CASE("cel: host functions are asked with the values") {
  check({{"body('STREET', case.place)", "'STREET-1'"},
         {"body('NONE', case.place) == ''", "true"},
         {"under(case.place, '51')", "true"},
         {"same(['x', 'y'], case.bodies)", "true"},
         {"perhaps('x')", "null"},
         {"zero()", "0"},
         {"under(cmd.reason, '11')", "evaluation +7"},
         {"under('11', perhaps('x'))", "evaluation +13"}});
}

TEST_CASE("cel: has says whether there is a value, of personal data too") {
  check({{"has(cmd.n)", "false"},
         {"has(cmd.given)", "true"},
         {"has(case.type)", "true"},
         {"has( cmd . story )", "true"},
         {"has(cmd.n) && cmd.n > 2", "false"},
         {"!(has(cmd.reason) && under(cmd.reason, '11'))", "true"}});
}

TEST_CASE("cel: a null operand is an error of the evaluation") {
  check({{"cmd.n + 1", "evaluation +1"},
         {"1 + cmd.n", "evaluation +5"},
         {"-cmd.n", "evaluation +2"},
         {"cmd.n > 1", "evaluation +1"},
         {"cmd.reason < 'a'", "evaluation +1"},
         {"!cmd.ok", "evaluation +2"},
         {"cmd.reason in case.bodies", "evaluation +1"},
         {"'A' in cmd.bodies", "evaluation +8"},
         {"size(cmd.bodies)", "evaluation +6"},
         {"cmd.reason.startsWith('a')", "evaluation +1"},
         {"'a'.contains(cmd.reason)", "evaluation +14"},
         {"max(1, cmd.n)", "evaluation +8"},
         {"cmd.ok ? 1 : 2", "evaluation +1"},
         {"true && cmd.ok", "evaluation +9"},
         {"cmd.ok || false", "evaluation +1"}});
}

TEST_CASE("cel: && and || let the side that decides win over an error, in either order") {
  check({{"false && 1 / 0 == 1", "false"},
         {"1 / 0 == 1 && false", "false"},
         {"true || 1 / 0 == 1", "true"},
         {"1 / 0 == 1 || true", "true"},
         {"cmd.ok && false", "false"},
         {"true || cmd.ok", "true"},
         {"true && 1 / 0 == 1", "evaluation +11"},
         {"1 / 0 == 1 && true", "evaluation +3"},
         {"1 / 0 == 1 || false", "evaluation +3"},
         {"false || 1 % 0 == 1", "evaluation +12"},
         {"1 / 0 == 1 && 2 / 0 == 1", "evaluation +3"},
         {"true && true && 1 / 0 == 1 && false", "false"},
         {"1 / 0 == 1 || false || 2 / 0 == 1 || true", "true"}});
}

TEST_CASE("cel: only the branch that is chosen is evaluated") {
  check({{"true ? 1 : 1 / 0", "1"},
         {"false ? 1 / 0 : 2", "2"},
         {"1 / 0 == 1 ? 1 : 2", "evaluation +3"},
         {"true ? null : 'a'", "null"},
         {"(false ? null : 'a') == null", "false"},
         {"has(cmd.given) ? cmd.given : 'x'", "'given'"}});
}

TEST_CASE("cel: what cannot be read is refused at its column") {
  check({{"", "cel-syntax +1"},
         {"   ", "cel-syntax +4"},
         {"1 +", "cel-syntax +4"},
         {"1 2", "cel-syntax +3"},
         {"(1", "cel-syntax +3"},
         {"1)", "cel-syntax +2"},
         {"'三' = 'a'", "cel-syntax +5"},
         {"yes & no", "cel-syntax +5"},
         {"yes | no", "cel-syntax +5"},
         {"yes # no", "cel-syntax +5"},
         {"yes // no", "cel-syntax +6"},
         {"'三方' 。", "cel-syntax +6"},
         {"'abc", "cel-syntax +1"},
         {"'a\nb'", "cel-syntax +3"},
         {R"('a\x')", "cel-syntax +3"},
         {R"('a\)", "cel-syntax +3"},
         {R"('\u12')", "cel-syntax +2"},
         {R"('\u12)", "cel-syntax +2"},
         {R"('\u+123')", "cel-syntax +2"},
         {R"('\ud83d\ude00')", "cel-syntax +2"},
         {"'\xff'", "cel-syntax +1"},
         {"'\xc0\x80'", "cel-syntax +1"},
         {"'\xed\xa0\x80'", "cel-syntax +1"},
         {"'\xe4\xb8'", "cel-syntax +1"},
         {"1.5", "cel-syntax +1"},
         {"0x1F", "cel-syntax +1"},
         {"1u", "cel-syntax +1"},
         {"9223372036854775808", "cel-syntax +1"},
         {"1 - 9223372036854775808", "cel-syntax +5"},
         {"-9223372036854775809", "cel-syntax +1"},
         {"[1]", "cel-syntax +2"},
         {"['a' 'b']", "cel-syntax +6"},
         {"['a',]", "cel-syntax +6"},
         {"['a'", "cel-syntax +5"},
         {"[case.type]", "cel-syntax +2"},
         {"{}", "cel-syntax +1"},
         {"case.", "cel-syntax +6"},
         {".case", "cel-syntax +1"},
         {"case.in", "cel-syntax +6"},
         {"in case.bodies", "cel-syntax +1"},
         {"true ? 1", "cel-syntax +9"},
         {"true ? 1 :", "cel-syntax +11"},
         {"true ? false ? 1 : 2 : 3", "cel-syntax +14"},
         {"min(1 2)", "cel-syntax +7"},
         {"min(1,)", "cel-syntax +7"},
         {"min(,1)", "cel-syntax +5"},
         {"'a'.b", "cel-syntax +6"},
         {"'a'.startsWith", "cel-syntax +15"},
         {"'a'.'b'", "cel-syntax +5"},
         {"case.bodies[0]", "cel-syntax +12"},
         {"has(1)", "cel-syntax +5"},
         {"has(yes)", "cel-syntax +5"},
         {"has(null)", "cel-syntax +5"},
         {"has()", "cel-syntax +5"},
         {"has(cmd.given.size())", "cel-syntax +5"},
         {"has(cmd.n, cmd.n)", "cel-syntax +10"},
         {"has(cmd.n", "cel-syntax +10"},
         {std::string("1\0", 2), "cel-syntax +2"}});
}

TEST_CASE("cel: types are demanded, and the place named is that of the wrong operand") {
  check({{"1 + 'a'", "cel-type +5"},
         {"'a' + 'b'", "cel-type +1"},
         {"case.type * 2", "cel-type +1"},
         {"1 - true", "cel-type +5"},
         {"1 / null", "cel-type +5"},
         {"1 % ['a']", "cel-type +5"},
         {"-'a'", "cel-type +2"},
         {"!1", "cel-type +2"},
         {"1 && true", "cel-type +1"},
         {"true && 1", "cel-type +9"},
         {"'' || true", "cel-type +1"},
         {"true || null", "cel-type +9"},
         {"1 == 'a'", "cel-type +6"},
         {"1 != true", "cel-type +6"},
         {"case.type == null", "cel-type +14"},
         {"null != case.type", "cel-type +9"},
         {"1 == null", "cel-type +6"},
         {"case.bodies == 'A'", "cel-type +16"},
         {"true < false", "cel-type +1"},
         {"case.bodies < case.bodies", "cel-type +1"},
         {"null < null", "cel-type +1"},
         {"1 < 'a'", "cel-type +5"},
         {"1 < 2 < 3", "cel-type +3"},
         {"1 in case.bodies", "cel-type +1"},
         {"'a' in 'abc'", "cel-type +8"},
         {"'a' in null", "cel-type +8"},
         {"1 ? 2 : 3", "cel-type +1"},
         {"true ? 2 : 'a'", "cel-type +12"},
         {"size(1)", "cel-type +6"},
         {"size(null)", "cel-type +6"},
         {"size()", "cel-type +1"},
         {"size('a', 'b')", "cel-type +1"},
         {"min(1)", "cel-type +1"},
         {"min(1, 'a')", "cel-type +8"},
         {"max(1, 2, 3)", "cel-type +1"},
         {"'a'.startsWith()", "cel-type +5"},
         {"'a'.startsWith(1)", "cel-type +16"},
         {"case.level.startsWith('a')", "cel-type +1"},
         {"case.bodies.contains('A')", "cel-type +1"},
         {"body('STREET')", "cel-type +1"},
         {"body('STREET', 1)", "cel-type +16"},
         {"zero(1)", "cel-type +1"}});
}

TEST_CASE("cel: names that are not declared, and personal data, are refused") {
  check({{"case.typ == 'a'", "cel-unknown-fact +1"},
         {"yes && case == 'a'", "cel-unknown-fact +8"},
         {"case.type.x", "cel-unknown-fact +1"},
         {"has(cmd.x)", "cel-unknown-fact +1"},
         {"x.startsWith('a')", "cel-unknown-fact +1"},
         {"nobody('a')", "cel-unknown-function +1"},
         {"1 + nobody('a')", "cel-unknown-function +5"},
         {"case.type.matches('a')", "cel-unknown-function +11"},
         {"case.type.body('a')", "cel-unknown-function +11"},
         {"case.level.min(1)", "cel-unknown-function +12"},
         {"cmd.story == 'a'", "cel-personal-data +1"},
         {"cmd.story", "cel-personal-data +1"},
         {"has(cmd.story) && size(cmd.story) > 1", "cel-personal-data +24"},
         {"cmd.story.contains('a')", "cel-personal-data +1"}});
}

TEST_CASE("cel: errors say what was expected and what was found") {
  const auto message = [](std::string_view expression) {
    const Result<Program> program = compile(expression, test_vocabulary());
    REQUIRE(!program);
    CHECK(program.error().kind == ErrorKind::bad_input);
    return program.error().message;
  };
  CHECK(message("(1") == "expected ')', found the end");
  CHECK(message("1 + ]") == "expected a value, found ']'");
  CHECK(message("1 + 'a'") == "'+': expected an integer, found a text");
  CHECK(message("case.type == null") == "'==': expected a text, which is never null, found null");
  CHECK(message("null == case.type") == "'==': expected a value that may be null, found a text");
  CHECK(message("body('a')") == "'body': expected 2 arguments, found 1");
  CHECK(message("cmd.story") == "'cmd.story' is personal data: expected has(cmd.story), found its value");
  const auto said = compile("case.level / 0", test_vocabulary())->evaluate(TestFacts());
  REQUIRE(!said);
  CHECK(said.error().kind == ErrorKind::refused);
  CHECK(said.error().message == "'/' by zero, at column 12 of: case.level / 0");
}

TEST_CASE("cel: an expression is bounded in characters and levels") {
  check({{"'" + repeated("三", 1998) + "' == ''", "cel-too-large +1"},
         {"size('" + repeated("三", 1992) + "')", "1992"},
         {"size('" + repeated("三", 1993) + "')", "cel-too-large +1"},
         {repeated("a", 9000), "cel-too-large +1"},
         {repeated("(", 63) + "1" + repeated(")", 63), "1"},
         {repeated("(", 64) + "1" + repeated(")", 64), "cel-too-large +65"},
         {repeated("(", 1000) + "1" + repeated(")", 999), "cel-too-large +65"},
         {repeated("!", 62) + "yes", "true"},
         {repeated("!", 1000) + "yes", "cel-too-large +64"},
         {repeated("-", 1000) + "1", "cel-too-large +64"},
         {repeated("1", 64, "+"), "64"},
         {repeated("1", 65, "+"), "cel-too-large +128"},
         {repeated("min(1,", 63) + "1" + repeated(")", 63), "1"},
         {repeated("min(1,", 70) + "1" + repeated(")", 70), "cel-too-large +383"},
         {repeated("no ? 1 : ", 63) + "2", "2"},
         {repeated("no ? 1 : ", 64) + "2", "cel-too-large +577"}});
}

TEST_CASE("cel: long chains of && and || are no deep trees") {
  check({{repeated("yes", 330, " &&"), "true"},
         {repeated("yes", 330, "&&") + "&&no", "false"},
         {repeated("no", 330, "||"), "false"},
         {"1/0==1||" + repeated("no", 300, "||") + "||yes", "true"}});
}

TEST_CASE("cel: an evaluation takes at most 10,000 steps, and && does not forgive that") {
  TestFacts facts;
  facts.many.assign(9'000, "x");
  CHECK(outcome("'y' in case.many", facts) == "false");
  CHECK(outcome("'y' in case.many || 'y' in case.many", facts) == "evaluation +25");
  CHECK(outcome("'y' in case.many || 'y' in case.many || true", facts) == "evaluation +25");
  facts.many.assign(10'000, "x");
  CHECK(outcome("size(case.many) > 1", facts) == "evaluation +1");
  CHECK(outcome("size(case.many) > 1 || true", facts) == "evaluation +1");
  CHECK(outcome("true || size(case.many) > 1", facts) == "true");
}

TEST_CASE("cel: a fact that is not of its declared type is an error, not a crash") {
  check(
      {{"case.liar + 1", "evaluation +1"}, {"case.liar == 1", "evaluation +1"}, {"has(case.liar)", "true"}});
}

TEST_CASE("cel: a program says its text, type and facts") {
  const Result<Program> program =
      compile("cmd.n == 1 && case.type == 'a' && has(cmd.story) && cmd.n != 2", test_vocabulary());
  REQUIRE(program);
  CHECK(program->text() == "cmd.n == 1 && case.type == 'a' && has(cmd.story) && cmd.n != 2");
  CHECK(program->type() == Type::boolean);
  CHECK(program->facts() == std::vector<std::string>{"case.type", "cmd.n", "cmd.story"});
  CHECK(compile("true ? null : 'a'", test_vocabulary())->type() == Type::text);
  CHECK(compile("null", test_vocabulary())->type() == Type::null);
  CHECK(compile("['a']", test_vocabulary())->type() == Type::texts);
}

TEST_CASE("cel: an empty program is null, says nothing and holds nothing") {
  const Program none;
  CHECK(none.empty());
  CHECK(none.text().empty());
  CHECK(none.type() == Type::null);
  CHECK(none.facts().empty());
  CHECK(shown(*none.evaluate(TestFacts())) == "null");
  CHECK(!none.holds(TestFacts()));
}

TEST_CASE("cel: holds demands a boolean") {
  const auto holds = [](std::string_view text) {
    return compile(text, test_vocabulary())->holds(TestFacts());
  };
  CHECK(*holds("case.level == 3"));
  CHECK(!*holds("case.level == 4"));
  CHECK(holds("case.level").error().code == "evaluation");
  CHECK(holds("cmd.ok").error().code == "evaluation");
  CHECK(holds("1 / 0 == 1").error().path == "+3");
}

TEST_CASE("cel: literals live as long as a copy of the program") {
  std::string text = "yes ? ['long enough to be no short string', 'b'] : []";
  Program copy;
  {
    const Result<Program> program = compile(text, test_vocabulary());
    REQUIRE(program);
    copy = *program;
  }
  text.assign(text.size(), '#');
  CHECK(shown(*copy.evaluate(TestFacts())) == "['long enough to be no short string', 'b']");
}

TEST_CASE("cel: evaluation does not allocate") {
  const TestFacts facts;
  const Result<Program> program = compile(
      "1 / 0 == 1 || case.type in ['a long text that is no short string', 'REPORT'] && size(case.bodies) + "
      "max(1, 2) == 4 && "
      "body('STREET', case.place).startsWith('STREET') && (has(cmd.n) ? cmd.n > 1 : cmd.reason == null)",
      test_vocabulary());
  REQUIRE(program);
  const std::size_t before = allocations();
  const Result<CelValue> value = program->evaluate(facts);
  const std::size_t after = allocations();
  CHECK(shown(*value) == "true");
  CHECK(after == before);
  CHECK(before > 0);
}

}  // namespace
}  // namespace lastkm::rules
