#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "engine/rules/cel_ast.h"

namespace lastkm::rules {
namespace {

enum class Fault : std::uint8_t { none, null_operand, overflow, zero, wrong_type, conversion, steps };

struct Outcome {
  CelValue value;
  Fault fault = Fault::none;
  const Node* at = nullptr;
};

Type type_of(const CelValue& value) {
  static constexpr std::array kTypes{Type::null, Type::boolean, Type::integer, Type::text, Type::texts};
  return kTypes[value.index()];
}

std::int64_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

std::string_view text_of(const CelValue& value) {
  const auto* held = std::get_if<std::string_view>(&value);
  return held == nullptr ? std::string_view() : *held;
}
std::int64_t integer_of(const CelValue& value) {
  const auto* held = std::get_if<std::int64_t>(&value);
  return held == nullptr ? 0 : *held;
}
bool boolean_of(const CelValue& value) {
  const auto* held = std::get_if<bool>(&value);
  return held != nullptr && *held;
}
std::span<const std::string_view> texts_of(const CelValue& value) {
  const auto* held = std::get_if<std::span<const std::string_view>>(&value);
  return held == nullptr ? std::span<const std::string_view>() : *held;
}

bool same(const CelValue& a, const CelValue& b) {
  if (a.index() != b.index()) return false;
  switch (type_of(a)) {
    case Type::null:
      return true;
    case Type::boolean:
      return boolean_of(a) == boolean_of(b);
    case Type::integer:
      return integer_of(a) == integer_of(b);
    case Type::text:
      return text_of(a) == text_of(b);
    case Type::texts:
      return std::ranges::equal(texts_of(a), texts_of(b));
  }
  return false;
}

/// Negative, zero or positive; texts by their bytes.
int order(const CelValue& a, const CelValue& b) {
  if (type_of(a) == Type::text) return text_of(a).compare(text_of(b));
  const std::int64_t x = integer_of(a);
  const std::int64_t y = integer_of(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/// One run over a tree. Recursion is as deep as the tree, at most kMaxLevels.
class Evaluation {
 public:
  explicit Evaluation(const Facts& facts) : facts_(facts) {}

  Outcome run(const Node& node) {
    if (!spend(1)) return {{}, Fault::steps, &node};
    switch (node.op) {
      case Op::literal:
        return {node.value};
      case Op::fact:
        return declared(node, facts_.fact(node.name));
      case Op::has:
        return {type_of(facts_.fact(node.name)) != Type::null};
      case Op::conjunction:
        return connect(node, false);
      case Op::disjunction:
        return connect(node, true);
      case Op::choose:
        return choose(node);
      default:
        return apply(node);
    }
  }

 private:
  bool spend(std::size_t steps) {
    if (steps > left_) {
      left_ = 0;
      return false;
    }
    left_ -= steps;
    return true;
  }

  /// What a caller of this library hands in is not trusted to be of the type that it declared.
  static Outcome declared(const Node& node, CelValue value) {
    const Type type = type_of(value);
    if (type != node.type && type != Type::null) return {{}, Fault::wrong_type, &node};
    return {value};
  }

  /// A value that may not be null.
  Outcome demand(const Node& node) {
    Outcome out = run(node);
    if (out.fault == Fault::none && type_of(out.value) == Type::null) return {{}, Fault::null_operand, &node};
    return out;
  }

  /// `&&` and `||` in the way of CEL: the side that decides wins over an error of the other, in either order.
  Outcome connect(const Node& node, bool decisive) {
    const Outcome left = demand(*node.operands[0]);
    if (left.fault == Fault::steps) return left;
    if (left.fault == Fault::none && boolean_of(left.value) == decisive) return left;
    const Outcome right = demand(*node.operands[1]);
    if (right.fault == Fault::steps || left.fault == Fault::none) return right;
    return right.fault == Fault::none && boolean_of(right.value) == decisive ? right : left;
  }

  Outcome choose(const Node& node) {
    const Outcome condition = demand(*node.operands[0]);
    if (condition.fault != Fault::none) return condition;
    return run(*node.operands[boolean_of(condition.value) ? 1 : 2]);
  }

  static std::size_t weight_of(const CelValue& value) {
    return texts_of(value).size() + text_of(value).size() / kBytesOfAStep;
  }

  Outcome apply(const Node& node) {
    if (node.op == Op::call) return call(node);
    const bool compares = node.op == Op::equal || node.op == Op::unequal;
    const Outcome a = compares ? run(*node.operands[0]) : demand(*node.operands[0]);
    if (a.fault != Fault::none) return a;
    const bool single = node.operands.size() == 1;
    const Outcome b = single ? Outcome() : compares ? run(*node.operands[1]) : demand(*node.operands[1]);
    if (b.fault != Fault::none) return b;
    if (!spend(weight_of(a.value) + weight_of(b.value))) return {{}, Fault::steps, &node};
    return compute(node, a.value, b.value);
  }

  Outcome call(const Node& node) {
    std::array<CelValue, kMaxArguments> arguments;
    const std::size_t count = node.operands.size();
    std::size_t weight = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Outcome operand = demand(*node.operands[i]);
      if (operand.fault != Fault::none) return operand;
      arguments[i] = operand.value;
      weight += weight_of(operand.value);
    }
    if (!spend(weight)) return {{}, Fault::steps, &node};
    return declared(node, facts_.call(node.name, std::span(arguments).first(count)));
  }

  static Outcome compute(const Node& node, const CelValue& a, const CelValue& b) {
    switch (node.op) {
      case Op::negation:
        return {!boolean_of(a)};
      case Op::equal:
        return {same(a, b)};
      case Op::unequal:
        return {!same(a, b)};
      case Op::less:
        return {order(a, b) < 0};
      case Op::less_equal:
        return {order(a, b) <= 0};
      case Op::greater:
        return {order(a, b) > 0};
      case Op::greater_equal:
        return {order(a, b) >= 0};
      case Op::in:
        return {std::ranges::find(texts_of(b), text_of(a)) != texts_of(b).end()};
      case Op::size:
        if (type_of(a) == Type::texts) return {static_cast<std::int64_t>(texts_of(a).size())};
        return {characters(text_of(a))};
      case Op::min:
        return {std::min(integer_of(a), integer_of(b))};
      case Op::max:
        return {std::max(integer_of(a), integer_of(b))};
      case Op::starts_with:
        return {text_of(a).starts_with(text_of(b))};
      case Op::ends_with:
        return {text_of(a).ends_with(text_of(b))};
      case Op::contains:
        return {text_of(a).find(text_of(b)) != std::string_view::npos};
      case Op::to_integer:
        return type_of(a) == Type::integer ? Outcome{a} : parse_integer(node, text_of(a));
      case Op::to_boolean:
        return type_of(a) == Type::boolean ? Outcome{a} : parse_boolean(node, text_of(a));
      case Op::to_text:
        if (type_of(a) == Type::text) return {a};
        return {boolean_of(a) ? std::string_view("true") : std::string_view("false")};
      default:
        return arithmetic(node, integer_of(a), integer_of(b));
    }
  }

  /// Decimal digits, a sign before them where there is one.
  static Outcome parse_integer(const Node& node, std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return {{}, Fault::conversion, &node};
    return {out};
  }

  static Outcome parse_boolean(const Node& node, std::string_view text) {
    static constexpr std::array<std::string_view, 5> kTrue{"true", "True", "TRUE", "t", "1"};
    static constexpr std::array<std::string_view, 5> kFalse{"false", "False", "FALSE", "f", "0"};
    if (std::ranges::find(kTrue, text) != kTrue.end()) return {true};
    if (std::ranges::find(kFalse, text) != kFalse.end()) return {false};
    return {{}, Fault::conversion, &node};
  }

  static Outcome arithmetic(const Node& node, std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    bool overflow = false;
    switch (node.op) {
      case Op::minus:
        overflow = __builtin_sub_overflow(std::int64_t{0}, a, &out);
        break;
      case Op::add:
        overflow = __builtin_add_overflow(a, b, &out);
        break;
      case Op::subtract:
        overflow = __builtin_sub_overflow(a, b, &out);
        break;
      case Op::multiply:
        overflow = __builtin_mul_overflow(a, b, &out);
        break;
      case Op::divide:
      case Op::modulo:
        if (b == 0) return {{}, Fault::zero, &node};
        overflow = a == INT64_MIN && b == -1;
        if (!overflow) out = node.op == Op::divide ? a / b : a % b;
        break;
      default:
        return {{}, Fault::wrong_type, &node};
    }
    if (overflow) return {{}, Fault::overflow, &node};
    return {out};
  }

  static constexpr std::size_t kBytesOfAStep = 64;

  const Facts& facts_;
  std::size_t left_ = kMaxSteps;
};

std::string named(const Node& node) {
  return "'" + std::string(node.name.empty() ? name_of(node.op) : node.name) + "'";
}

Error refusal(const Outcome& outcome, const std::string& text) {
  const Node& node = *outcome.at;
  std::string message;
  switch (outcome.fault) {
    case Fault::null_operand:
      message = named(node) + " is null where a value is needed";
      break;
    case Fault::overflow:
      message = "the result of " + named(node) + " does not fit in 64 bits";
      break;
    case Fault::zero:
      message = named(node) + " by zero";
      break;
    case Fault::conversion:
      message = "the text given to " + named(node) + " is none that it can take";
      break;
    case Fault::wrong_type:
      message = named(node) + " is not of its declared type";
      break;
    default:
      message = "more than " + std::to_string(kMaxSteps) + " steps";
      break;
  }
  message += ", at column " + std::to_string(node.column) + " of: " + text;
  return Error{ErrorKind::refused, "evaluation", std::move(message), "+" + std::to_string(node.column)};
}

}  // namespace

Result<CelValue> Program::evaluate(const Facts& facts) const {
  if (empty()) return CelValue{};
  const Outcome outcome = Evaluation(facts).run(*root_);
  if (outcome.fault != Fault::none) return refusal(outcome, text());
  return outcome.value;
}

Result<bool> Program::holds(const Facts& facts) const {
  const Result<CelValue> value = evaluate(facts);
  if (!value) return value.error();
  if (const bool* held = std::get_if<bool>(&*value)) return *held;
  return Error{ErrorKind::refused, "evaluation", "is not true or false: " + text(), "+1"};
}

}  // namespace lastkm::rules
