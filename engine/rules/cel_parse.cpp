#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "engine/rules/cel_ast.h"
#include "engine/rules/cel_lex.h"

namespace lastkm::rules {
namespace {

struct Binary {
  std::string_view written;
  Op op;
  int rank;  ///< a higher rank binds tighter
};
constexpr std::array kBinaries{
    Binary{"||", Op::disjunction, 0}, Binary{"&&", Op::conjunction, 1},   Binary{"==", Op::equal, 2},
    Binary{"!=", Op::unequal, 2},     Binary{"<", Op::less, 2},           Binary{"<=", Op::less_equal, 2},
    Binary{">", Op::greater, 2},      Binary{">=", Op::greater_equal, 2}, Binary{"in", Op::in, 2},
    Binary{"+", Op::add, 3},          Binary{"-", Op::subtract, 3},       Binary{"*", Op::multiply, 4},
    Binary{"/", Op::divide, 4},       Binary{"%", Op::modulo, 4}};
constexpr int kTightest = 4;

bool is_keyword(std::string_view name) {
  return name == "true" || name == "false" || name == "null" || name == "in";
}

/// Recursive descent. A null NodePtr means that error_ says what is wrong.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<NodePtr> run() {
    NodePtr root;
    if (advance()) root = expression();
    if (root != nullptr && token_.kind != Token::Kind::end) root = expected("an operator or the end");
    if (root == nullptr) return *error_;
    return root;
  }

 private:
  bool advance() {
    Result<Token> token = lexer_.next();
    if (!token) {
      error_ = token.error();
      return false;
    }
    token_ = *std::move(token);
    return true;
  }

  NodePtr fail(std::string code, std::string message, std::uint32_t column) {
    if (!error_) error_ = cel_error(std::move(code), std::move(message), column);
    return nullptr;
  }
  NodePtr expected(const std::string& what) {
    const std::string found =
        token_.kind == Token::Kind::end ? "the end" : "'" + std::string(token_.source) + "'";
    return fail("cel-syntax", "expected " + what + ", found " + found, token_.column);
  }
  NodePtr too_deep(std::uint32_t column) {
    return fail("cel-too-large", "nested deeper than " + std::to_string(kMaxLevels) + " levels", column);
  }

  bool take(std::string_view written) {
    if (token_.is(written)) return advance();
    expected("'" + std::string(written) + "'");
    return false;
  }

  NodePtr node(Op op, std::uint32_t column, NodePtr a = nullptr, NodePtr b = nullptr, NodePtr c = nullptr) {
    auto made = std::make_unique<Node>();
    made->op = op;
    made->column = column;
    for (NodePtr* operand : {&a, &b, &c}) {
      if (*operand != nullptr) adopt(*made, std::move(*operand));
    }
    return made->height > kMaxLevels ? too_deep(column) : std::move(made);
  }
  static void adopt(Node& parent, NodePtr operand) {
    parent.height = std::max(parent.height, operand->height + 1);
    parent.operands.push_back(std::move(operand));
  }

  /// One more level of recursion for as long as this lives.
  struct Level {
    explicit Level(std::uint32_t& levels) : levels_(levels) { ++levels_; }
    ~Level() { --levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    std::uint32_t& levels_;
  };

  NodePtr expression() {
    const Level level(levels_);
    if (levels_ > kMaxLevels) return too_deep(token_.column);
    NodePtr condition = binary(0);
    if (condition == nullptr || !token_.is("?")) return condition;
    const std::uint32_t column = token_.column;
    if (!advance()) return nullptr;
    NodePtr then = binary(0);
    if (then == nullptr || !take(":")) return nullptr;
    NodePtr otherwise = expression();
    if (otherwise == nullptr) return nullptr;
    return node(Op::choose, column, std::move(condition), std::move(then), std::move(otherwise));
  }

  const Binary* operator_of(int rank) const {
    const auto* found = std::find_if(kBinaries.begin(), kBinaries.end(), [&](const Binary& binary) {
      return binary.rank == rank && token_.is(binary.written);
    });
    return found == kBinaries.end() ? nullptr : found;
  }

  NodePtr binary(int rank) {
    if (rank > kTightest) return unary();
    NodePtr left = binary(rank + 1);
    const Binary* found = nullptr;
    if (left != nullptr && rank < 2) return chain(rank, std::move(left));
    while (left != nullptr && (found = operator_of(rank)) != nullptr) {
      const std::uint32_t column = token_.column;
      if (!advance()) return nullptr;
      NodePtr right = binary(rank + 1);
      if (right == nullptr) return nullptr;
      left = node(found->op, column, std::move(left), std::move(right));
    }
    return left;
  }

  /// `&&` and `||` are associative: a long chain becomes a flat tree.
  NodePtr chain(int rank, NodePtr first) {
    std::vector<NodePtr> operands;
    std::vector<std::uint32_t> columns{first->column};
    Op op = Op::conjunction;
    operands.push_back(std::move(first));
    while (const Binary* found = operator_of(rank)) {
      op = found->op;
      columns.push_back(token_.column);
      if (!advance()) return nullptr;
      operands.push_back(binary(rank + 1));
      if (operands.back() == nullptr) return nullptr;
    }
    return balanced(op, operands, columns);
  }
  NodePtr balanced(Op op, std::span<NodePtr> operands, std::span<const std::uint32_t> columns) {
    if (operands.size() == 1) return std::move(operands[0]);
    const std::size_t half = (operands.size() + 1) / 2;
    NodePtr left = balanced(op, operands.first(half), columns.first(half));
    if (left == nullptr) return nullptr;
    NodePtr right = balanced(op, operands.subspan(half), columns.subspan(half));
    if (right == nullptr) return nullptr;
    return node(op, columns[half], std::move(left), std::move(right));
  }

  NodePtr unary() {
    const std::uint32_t column = token_.column;
    const bool minus = token_.is("-");
    if (!minus && !token_.is("!")) return member();
    const Level level(levels_);
    if (levels_ > kMaxLevels) return too_deep(column);
    if (!advance()) return nullptr;
    if (minus && token_.kind == Token::Kind::integer) return integer("-", column);
    NodePtr operand = unary();
    if (operand == nullptr) return nullptr;
    return node(minus ? Op::minus : Op::negation, column, std::move(operand));
  }

  NodePtr integer(const std::string& sign, std::uint32_t column) {
    NodePtr made = node(Op::literal, column);
    const std::string digits = sign + std::string(token_.source);
    std::int64_t value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc()) {
      return fail("cel-syntax", "expected an integer of 64 bits, found " + digits, column);
    }
    made->type = Type::integer;
    made->value = value;
    return advance() ? std::move(made) : nullptr;
  }

  NodePtr member() {
    NodePtr receiver = primary();
    while (receiver != nullptr && token_.is(".")) {
      if (!advance()) return nullptr;
      if (token_.kind != Token::Kind::name || is_keyword(token_.source))
        return expected("the name of a function");
      const Token name = token_;
      if (!advance()) return nullptr;
      if (!token_.is("(")) return expected("'('");
      receiver = call(std::string(name.source), name.column, std::move(receiver));
    }
    return receiver;
  }

  NodePtr primary() {
    const std::uint32_t column = token_.column;
    switch (token_.kind) {
      case Token::Kind::integer:
        return integer("", column);
      case Token::Kind::text:
        return text();
      case Token::Kind::name:
        return is_keyword(token_.source) ? constant() : names();
      default:
        break;
    }
    if (token_.is("[")) return list();
    if (!token_.is("(")) return expected("a value");
    if (!advance()) return nullptr;
    NodePtr inner = expression();
    if (inner == nullptr || !take(")")) return nullptr;
    return inner;
  }

  NodePtr text() {
    NodePtr made = node(Op::literal, token_.column);
    made->type = Type::text;
    made->owned_text = std::move(token_.text);
    made->value = std::string_view(made->owned_text);
    return advance() ? std::move(made) : nullptr;
  }

  NodePtr constant() {
    if (token_.is("in")) return expected("a value");
    NodePtr made = node(Op::literal, token_.column);
    made->nullable = token_.is("null");
    if (!made->nullable) {
      made->type = Type::boolean;
      made->value = token_.is("true");
    }
    return advance() ? std::move(made) : nullptr;
  }

  NodePtr list() {
    NodePtr made = node(Op::literal, token_.column);
    made->type = Type::texts;
    if (!advance()) return nullptr;
    while (!token_.is("]")) {
      if (!made->owned_texts.empty() && !take(",")) return nullptr;
      if (token_.kind != Token::Kind::text) return expected("a text between quotes");
      made->owned_texts.push_back(std::move(token_.text));
      if (!advance()) return nullptr;
    }
    made->owned_views.assign(made->owned_texts.begin(), made->owned_texts.end());
    made->value = std::span<const std::string_view>(made->owned_views);
    return advance() ? std::move(made) : nullptr;
  }

  /// A dotted fact, a function, or a method on a fact.
  NodePtr names() {
    const std::uint32_t start = token_.column;
    std::string chain;
    Token last = token_;
    if (!advance()) return nullptr;
    while (token_.is(".")) {
      if (!advance()) return nullptr;
      if (token_.kind != Token::Kind::name || is_keyword(token_.source)) return expected("a name");
      chain += (chain.empty() ? "" : ".") + std::string(last.source);
      last = token_;
      if (!advance()) return nullptr;
    }
    if (!token_.is("("))
      return fact(chain.empty() ? std::string(last.source) : chain + "." + std::string(last.source), start);
    if (chain.empty()) return last.is("has") ? has(start) : call(std::string(last.source), start, nullptr);
    NodePtr receiver = fact(std::move(chain), start);
    return receiver == nullptr ? nullptr : call(std::string(last.source), last.column, std::move(receiver));
  }

  NodePtr fact(std::string name, std::uint32_t column) {
    NodePtr made = node(Op::fact, column);
    made->name = std::move(name);
    return made;
  }

  NodePtr has(std::uint32_t column) {
    if (!advance()) return nullptr;
    const std::uint32_t inside = token_.column;
    NodePtr asked =
        token_.kind == Token::Kind::name && !is_keyword(token_.source) ? names() : expected("a fact");
    if (asked == nullptr) return nullptr;
    if (asked->op == Op::fact && asked->name.find('.') == std::string::npos)
      return fail("cel-syntax", "expected a fact with a dot in has(), found '" + asked->name + "'", inside);
    if (asked->op != Op::fact)
      return fail("cel-syntax", "expected a fact in has(), found an expression", inside);
    if (!take(")")) return nullptr;
    asked->op = Op::has;
    asked->column = column;
    return asked;
  }

  /// At the opening parenthesis.
  NodePtr call(std::string name, std::uint32_t column, NodePtr receiver) {
    if (!advance()) return nullptr;
    NodePtr made = node(Op::call, column);
    made->name = std::move(name);
    made->method = receiver != nullptr;
    if (made->method) adopt(*made, std::move(receiver));
    bool first = true;
    while (!token_.is(")")) {
      if (!first && !take(",")) return nullptr;
      first = false;
      NodePtr argument = expression();
      if (argument == nullptr) return nullptr;
      adopt(*made, std::move(argument));
    }
    if (made->height > kMaxLevels) return too_deep(column);
    return advance() ? std::move(made) : nullptr;
  }

  Lexer lexer_;
  Token token_;
  std::optional<Error> error_;
  std::uint32_t levels_ = 0;
};

}  // namespace

Result<NodePtr> parse_cel(std::string_view text) {
  static constexpr std::size_t kMaxBytesOfACharacter = 4;
  if (text.size() > kMaxCharacters * kMaxBytesOfACharacter) {
    return cel_error("cel-too-large", "longer than " + std::to_string(kMaxCharacters) + " characters", 1);
  }
  const std::size_t characters = count_characters(text);
  if (characters == std::string_view::npos) return cel_error("cel-syntax", "expected UTF-8", 1);
  if (characters > kMaxCharacters) {
    return cel_error("cel-too-large", "longer than " + std::to_string(kMaxCharacters) + " characters", 1);
  }
  return Parser(text).run();
}

}  // namespace lastkm::rules
