#include <optional>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/rules/cel_world.h"

namespace lastkm::rules {
namespace {

/// The text of an expression and what it must give; nullopt: an error.
template <class T>
struct Made {
  std::string text;
  std::optional<T> value;
};
using Number = Made<std::int64_t>;
using Truth = Made<bool>;

/// Writes expressions and reckons their values with 128 bits, by other code than the one under test. No
/// nulls.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  Number number(int depth) {
    if (depth == 0 || chance(6)) return leaf();
    switch (pick(9)) {
      case 0: {
        const Truth condition = truth(depth - 1);
        const Number a = number(depth - 1);
        const Number b = number(depth - 1);
        std::optional<std::int64_t> value;
        if (condition.value) value = *condition.value ? a.value : b.value;
        return {"(" + condition.text + " ? " + a.text + " : " + b.text + ")", value};
      }
      case 1: {
        const Number a = number(depth - 1);
        return {"-(" + a.text + ")", a.value ? fitted(-Wide{*a.value}) : std::nullopt};
      }
      case 2: {
        const Number a = number(depth - 1);
        const Number b = number(depth - 1);
        const bool least = chance(2);
        return {(least ? "min(" : "max(") + a.text + ", " + b.text + ")",
                both(a, b, [least](Wide x, Wide y) { return (x < y) == least ? x : y; })};
      }
      default:
        return arithmetic(depth);
    }
  }

  Truth truth(int depth) {
    if (depth == 0 || chance(8)) return chance(2) ? Truth{"yes", true} : Truth{"no", false};
    const std::uint32_t kind = pick(4);
    if (kind == 0) return compared(depth);
    if (kind == 1) {
      const Truth a = truth(depth - 1);
      return {"!(" + a.text + ")", a.value ? std::optional(!*a.value) : std::nullopt};
    }
    const bool decisive = kind == 2;
    const Truth a = truth(depth - 1);
    const Truth b = truth(depth - 1);
    std::optional<bool> value;
    if (a.value == decisive || b.value == decisive) {
      value = decisive;
    } else if (a.value && b.value) {
      value = !decisive;
    }
    return {"(" + a.text + (decisive ? " || " : " && ") + b.text + ")", value};
  }

  std::uint32_t pick(std::size_t n) { return static_cast<std::uint32_t>(random_() % n); }
  bool chance(std::uint32_t one_in) { return pick(one_in) == 0; }

 private:
  __extension__ typedef __int128 Wide;

  static std::optional<std::int64_t> fitted(Wide value) {
    if (value < Wide{INT64_MIN} || value > Wide{INT64_MAX}) return std::nullopt;
    return static_cast<std::int64_t>(value);
  }
  template <class F>
  static std::optional<std::int64_t> both(const Number& a, const Number& b, F f) {
    if (!a.value || !b.value) return std::nullopt;
    return fitted(f(Wide{*a.value}, Wide{*b.value}));
  }

  Number leaf() {
    static const std::vector<Number> kLeaves{{"0", 0},
                                             {"1", 1},
                                             {"-1", -1},
                                             {"7", 7},
                                             {"case.level", 3},
                                             {"case.lowest", INT64_MIN},
                                             {"(1 % 0)", std::nullopt},
                                             {"9223372036854775807", INT64_MAX},
                                             {"-9223372036854775808", INT64_MIN},
                                             {"size(case.bodies)", 2},
                                             {"3037000500", 3037000500},
                                             {"zero()", 0}};
    return kLeaves[pick(kLeaves.size())];
  }

  Number arithmetic(int depth) {
    const Number a = number(depth - 1);
    const Number b = number(depth - 1);
    const char op = "+-*/%"[pick(5)];
    std::optional<std::int64_t> value;
    if (op == '+') value = both(a, b, [](Wide x, Wide y) { return x + y; });
    if (op == '-') value = both(a, b, [](Wide x, Wide y) { return x - y; });
    if (op == '*') value = both(a, b, [](Wide x, Wide y) { return x * y; });
    if (op == '/' && b.value != 0) value = both(a, b, [](Wide x, Wide y) { return x / y; });
    if (op == '%' && b.value != 0 && !(a.value == INT64_MIN && b.value == -1)) {
      value = both(a, b, [](Wide x, Wide y) { return x % y; });
    }
    return {"(" + a.text + " " + op + " " + b.text + ")", value};
  }

  Truth compared(int depth) {
    const Number a = number(depth - 1);
    const Number b = number(depth - 1);
    static const std::vector<std::string> kOps{"==", "!=", "<", "<=", ">", ">="};
    const std::string& op = kOps[pick(kOps.size())];
    std::optional<bool> value;
    if (a.value && b.value) {
      const std::int64_t x = *a.value;
      const std::int64_t y = *b.value;
      value = op == "=="   ? x == y
              : op == "!=" ? x != y
              : op == "<"  ? x < y
              : op == "<=" ? x <= y
              : op == ">"  ? x > y
                           : x >= y;
    }
    return {"(" + a.text + " " + op + " " + b.text + ")", value};
  }

  std::mt19937 random_;
};

TEST_CASE("cel: random expressions give what 128-bit reckoning gives") {
  const TestFacts facts;
  const Vocabulary vocabulary = test_vocabulary();
  int right = 0;
  int wrong = 0;
  for (std::uint32_t seed = 1; seed <= 4000; ++seed) {
    Generator generator(seed);
    const Truth made = generator.truth(5);
    INFO("seed " << seed << ": " << made.text);
    const Result<Program> program = compile(made.text, vocabulary);
    if (!program) {
      REQUIRE(program.error().code == "cel-too-large");
      continue;
    }
    const Result<bool> holds = program->holds(facts);
    REQUIRE(holds.has_value() == made.value.has_value());
    if (holds) REQUIRE(*holds == *made.value);
    ++(holds ? right : wrong);
  }
  CHECK(right > 1000);
  CHECK(wrong > 200);
}

TEST_CASE("cel: no random text makes it crash, and what compiles evaluates") {
  static const std::vector<std::string> kWords{"(",
                                               ")",
                                               "[",
                                               "]",
                                               ",",
                                               ".",
                                               "?",
                                               ":",
                                               "!",
                                               "-",
                                               "+",
                                               "*",
                                               "/",
                                               "%",
                                               "==",
                                               "!=",
                                               "<",
                                               "<=",
                                               ">",
                                               ">=",
                                               "&&",
                                               "||",
                                               "in",
                                               "true",
                                               "false",
                                               "null",
                                               "has",
                                               "has(cmd.n)",
                                               "size",
                                               "min",
                                               "max",
                                               "startsWith",
                                               "contains(",
                                               "case.type",
                                               "case.bodies",
                                               "case.many",
                                               "cmd.n",
                                               "cmd.ok",
                                               "cmd.reason",
                                               "cmd.story",
                                               "case",
                                               "body(",
                                               "zero()",
                                               "0",
                                               "1",
                                               "-9223372036854775808",
                                               "9223372036854775807",
                                               "99999999999999999999",
                                               "'a'",
                                               "\"三\"",
                                               "'",
                                               "\"",
                                               "\\",
                                               "\\u",
                                               "['A', 'B']",
                                               "'A' in case.bodies",
                                               "yes",
                                               "no",
                                               "yes ? 1 : 2",
                                               " ",
                                               "\n",
                                               "\xe4",
                                               "\xff",
                                               std::string(1, '\0'),
                                               "&",
                                               "=",
                                               "1.5",
                                               "0x",
                                               "#"};
  TestFacts facts;
  facts.many.assign(4000, "x");
  const Vocabulary vocabulary = test_vocabulary();
  int compiled = 0;
  for (std::uint32_t seed = 1; seed <= 60'000; ++seed) {
    Generator generator(seed);
    std::string text = generator.chance(3) ? generator.truth(3).text : "";
    const std::uint32_t length = generator.chance(50) ? 400 : generator.pick(7);
    for (std::uint32_t i = 0; i <= length; ++i) {
      const std::string& word = kWords[generator.pick(kWords.size())];
      text.insert(generator.chance(4) ? generator.pick(text.size() + 1) : text.size(), word);
    }
    INFO("seed " << seed << ": " << text);
    const Result<Program> program = compile(text, vocabulary);
    if (!program) {
      REQUIRE(program.error().code.starts_with("cel-"));
      const int column = std::stoi(program.error().path.substr(1));
      REQUIRE(column >= 1);
      REQUIRE(static_cast<std::size_t>(column) <= text.size() + 1);
      continue;
    }
    ++compiled;
    const Result<CelValue> value = program->evaluate(facts);
    if (!value) REQUIRE(value.error().code == "evaluation");
    if (value && value->index() != 0) REQUIRE(value->index() == static_cast<std::size_t>(program->type()));
  }
  CHECK(compiled > 1000);
}

}  // namespace
}  // namespace lastkm::rules
