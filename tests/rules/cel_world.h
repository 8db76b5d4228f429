// Declared facts and functions, and values for them, for the tests of expressions.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/cel.h"

namespace lastkm::rules {

/// A name's declaration and what it holds. `case.` facts always hold something, `cmd.` facts may be null.
inline const std::map<std::string, Type, std::less<>> kDeclared{
    {"yes", Type::boolean},        {"no", Type::boolean},
    {"case.type", Type::text},     {"case.place", Type::text},
    {"case.level", Type::integer}, {"case.lowest", Type::integer},
    {"case.bodies", Type::texts},  {"case.nobody", Type::texts},
    {"case.many", Type::texts},    {"clock.level_0.n", Type::integer},
    {"case.liar", Type::integer},  {"cmd.ok", Type::boolean},
    {"cmd.n", Type::integer},      {"cmd.reason", Type::text},
    {"cmd.bodies", Type::texts},   {"cmd.given", Type::text},
    {"cmd.story", Type::text}};

inline Vocabulary test_vocabulary() {
  Vocabulary vocabulary;
  vocabulary.fact = [](std::string_view name) -> std::optional<Declaration> {
    const auto found = kDeclared.find(name);
    if (found == kDeclared.end()) return std::nullopt;
    Declaration declaration;
    declaration.type = found->second;
    declaration.nullable = name.starts_with("cmd.");
    declaration.personal = name == "cmd.story";
    return declaration;
  };
  vocabulary.function = [](std::string_view name) -> std::optional<Signature> {
    if (name == "body") return Signature{{Type::text, Type::text}, Type::text, false};
    if (name == "under") return Signature{{Type::text, Type::text}, Type::boolean, false};
    if (name == "perhaps") return Signature{{Type::text}, Type::text, true};
    if (name == "same") return Signature{{Type::texts, Type::texts}, Type::boolean, false};
    if (name == "zero") return Signature{{}, Type::integer, false};
    return std::nullopt;
  };
  return vocabulary;
}

class TestFacts : public Facts {
 public:
  [[nodiscard]] CelValue fact(std::string_view name) const override {
    if (name == "yes") return true;
    if (name == "no") return false;
    if (name == "case.type") return std::string_view("REPORT");
    if (name == "case.place") return std::string_view("510108");
    if (name == "case.level") return std::int64_t{3};
    if (name == "case.lowest") return INT64_MIN;
    if (name == "case.bodies") return std::span<const std::string_view>(kBodies);
    if (name == "case.nobody") return std::span<const std::string_view>();
    if (name == "case.many") return std::span<const std::string_view>(many);
    if (name == "clock.level_0.n") return std::int64_t{8};
    if (name == "case.liar") return std::string_view("no integer");
    if (name == "cmd.given") return std::string_view("given");
    if (name == "cmd.story") return std::string_view("personal");
    return {};
  }
  [[nodiscard]] CelValue call(std::string_view function, std::span<const CelValue> arguments) const override {
    if (function == "zero") return std::int64_t{0};
    if (function == "perhaps") return {};
    if (function == "under") {
      return std::get<std::string_view>(arguments[0]).starts_with(std::get<std::string_view>(arguments[1]));
    }
    if (function == "same") {
      return std::get<std::span<const std::string_view>>(arguments[0]).size() ==
             std::get<std::span<const std::string_view>>(arguments[1]).size();
    }
    return std::get<std::string_view>(arguments[0]) == "STREET" ? std::string_view("STREET-1")
                                                                : std::string_view();
  }

  std::vector<std::string_view> many;

 private:
  static constexpr std::array<std::string_view, 2> kBodies{"A", "B"};
};

/// "true", "7", "'text'", "['A', 'B']", "null"; or the code and path of the error.
inline std::string shown(const CelValue& value) {
  struct Show {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool held) const { return held ? "true" : "false"; }
    std::string operator()(std::int64_t held) const { return std::to_string(held); }
    std::string operator()(std::string_view held) const { return "'" + std::string(held) + "'"; }
    std::string operator()(std::span<const std::string_view> held) const {
      std::string out = "[";
      for (const std::string_view text : held) out += (out.size() > 1 ? ", " : "") + (*this)(text);
      return out + "]";
    }
  };
  return std::visit(Show{}, value);
}

inline std::string outcome(std::string_view expression, const Facts& facts) {
  static const Vocabulary vocabulary = test_vocabulary();
  const Result<Program> program = compile(expression, vocabulary);
  if (!program) return program.error().code + " " + program.error().path;
  const Result<CelValue> value = program->evaluate(facts);
  return value ? shown(*value) : value.error().code + " " + value.error().path;
}

}  // namespace lastkm::rules
