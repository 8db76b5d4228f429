// A subset of CEL (Common Expression Language, github.com/google/cel-spec): guards and selectors of
// workflows. Parsed once, type-checked against declared facts, bounded in size and steps; evaluation does not
// allocate. Literals (int, string, bool, null, list); facts (dotted names); == != < <= > >= + - * / % && || !
// in ?: (); size() min() max() startsWith() endsWith() contains(); int() bool() string() of texts; and host
// functions. No floating point, no macros but has().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/result.h"

namespace lastkm::rules {

enum class Type : std::uint8_t { null, boolean, integer, text, texts };

/// What an expression works with. Views and spans are owned by the Facts or by the Program.
using CelValue =
    std::variant<std::monostate, bool, std::int64_t, std::string_view, std::span<const std::string_view>>;

/// Where an evaluation gets its facts. Equal arguments give equal answers.
class Facts {
 public:
  virtual ~Facts() = default;
  /// null where the fact is declared but has no value now.
  [[nodiscard]] virtual CelValue fact(std::string_view name) const = 0;
  /// A declared host function. Result's views live as long as this object.
  [[nodiscard]] virtual CelValue call(std::string_view function,
                                      std::span<const CelValue> arguments) const = 0;
};

/// What may be said of a fact.
struct Declaration {
  Type type = Type::text;
  bool nullable = false;
  bool personal = false;            ///< personal data: no guard may read it
  std::vector<std::string> one_of;  ///< finite domain of a text; empty: any
  std::optional<std::int64_t> min;  ///< interval domain of an integer
  std::optional<std::int64_t> max;
};
struct Signature {
  std::vector<Type> parameters;
  Type result = Type::text;
  bool nullable = false;
};
struct Vocabulary {
  std::function<std::optional<Declaration>(std::string_view)> fact;
  std::function<std::optional<Signature>(std::string_view)> function;
  /// What may be meant by a name that is no fact, as a sentence; empty, or unset: nothing to say.
  std::function<std::string(std::string_view)> hint;
};

struct Node;  // cel_ast.h

/// A parsed and type-checked expression. Cheap to copy; immutable.
class Program {
 public:
  Program() = default;
  [[nodiscard]] bool empty() const { return root_ == nullptr; }
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] Type type() const;
  /// The facts that it may read, sorted, each once.
  [[nodiscard]] const std::vector<std::string>& facts() const;
  [[nodiscard]] const Node* root() const { return root_.get(); }

  /// refused "evaluation": overflow, division by zero, null operand, a text that is no integer or boolean,
  /// more than 10,000 steps.
  [[nodiscard]] Result<CelValue> evaluate(const Facts& facts) const;
  /// The same, demanded to be a boolean.
  [[nodiscard]] Result<bool> holds(const Facts& facts) const;

 private:
  friend Result<Program> compile(std::string_view, const Vocabulary&);
  std::shared_ptr<const Node> root_;
  struct About;
  std::shared_ptr<const About> about_;
};

/// bad_input with code cel-syntax | cel-type | cel-unknown-fact | cel-unknown-function | cel-personal-data |
/// cel-too-large (2,000 characters, 64 levels); `path` is "+N", the column in the expression from 1.
[[nodiscard]] Result<Program> compile(std::string_view text, const Vocabulary& vocabulary);

}  // namespace lastkm::rules
