// The tree behind a Program: what its checks and its evaluation walk over, and what `rules check` takes
// apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/cel.h"

namespace lastkm::rules {

inline constexpr std::size_t kMaxCharacters = 2000;
inline constexpr std::uint32_t kMaxLevels = 64;
inline constexpr std::size_t kMaxArguments = 8;
inline constexpr std::uint32_t kMaxSteps = 10'000;

enum class Op : std::uint8_t {
  literal,  ///< value; for a list of texts the span is here too
  fact,     ///< name
  has,      ///< name; no operands
  negation,
  minus,
  conjunction,
  disjunction,  ///< chains are balanced: a && b && c && d is (a && b) && (c && d)
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  choose,  ///< condition, then, otherwise
  size,
  min,
  max,
  starts_with,
  ends_with,
  contains,
  to_integer,  ///< int()
  to_boolean,  ///< bool()
  to_text,     ///< string()
  call,        ///< name: a host function
};

struct Node {
  Op op = Op::literal;
  Type type = Type::null;
  bool nullable = false;
  bool method = false;       ///< was written receiver.name(...)
  std::uint32_t column = 1;  ///< in characters; of the operator, the name or the literal
  std::uint32_t height = 1;  ///< levels of this tree
  std::string name;
  CelValue value;  ///< of a literal; views into this node
  std::vector<std::unique_ptr<Node>> operands;

  std::string owned_text;
  std::vector<std::string> owned_texts;
  std::vector<std::string_view> owned_views;

  Node() = default;
  Node(const Node&) = delete;  // views point into it
  Node& operator=(const Node&) = delete;
};
using NodePtr = std::unique_ptr<Node>;

/// "==", "size", "fact" … for messages.
[[nodiscard]] std::string_view name_of(Op op);
/// "a boolean", "an integer", "a text" …, for messages.
[[nodiscard]] std::string_view name_of(Type type);

[[nodiscard]] Error cel_error(std::string code, std::string message, std::uint32_t column);

/// The tree of an expression, names not looked up: functions are Op::call, only has() is known. cel-syntax,
/// cel-too-large.
[[nodiscard]] Result<NodePtr> parse_cel(std::string_view text);
/// Resolves names and gives every node its type. Adds the facts that it meets to `facts`, in any order.
[[nodiscard]] Status check_cel(Node& node, const Vocabulary& vocabulary, std::vector<std::string>& facts);

}  // namespace lastkm::rules
