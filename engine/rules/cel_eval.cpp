#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "engine/rules/cel_ast.h"

namespace lastkm::rules {
namespace {

enum class Fault : std::uint8_t { none, null_operand, overflow, zero, wrong_type, conversion, steps };

/// What kept an evaluation from having a value.
struct Failure {
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

/// One run over a tree. Recursion is as deep as the tree, at most kMaxLevels. Each step answers where its
/// value stands: in the tree, or in the room that it was given; nullptr where it has failed.
class Evaluation {
 public:
  explicit Evaluation(const Facts& facts) : facts_(facts) {}

  const CelValue* run(const Node& node, CelValue& room) {
    if (!spend(1)) return fail(Fault::steps, node);
    if (node.op == Op::literal) return &node.value;
    if (node.op != Op::fact) return combine(node, room);
    room = facts_.fact(node.name);
    return declared(node, room);
  }
  /// Of a run that gave nullptr.
  [[nodiscard]] const Failure& failure() const { return failure_; }

 private:
  const CelValue* combine(const Node& node, CelValue& room) {
    switch (node.op) {
      case Op::has:
        room = type_of(facts_.fact(node.name)) != Type::null;
        return &room;
      case Op::conjunction:
        return connect(node, false, room);
      case Op::disjunction:
        return connect(node, true, room);
      case Op::choose:
        return choose(node, room);
      case Op::call:
        return call(node, room);
      default:
        return apply(node, room);
    }
  }

  bool spend(std::size_t steps) {
    if (steps > left_) {
      left_ = 0;
      return false;
    }
    left_ -= steps;
    return true;
  }

  const CelValue* fail(Fault fault, const Node& at) {
    failure_ = {fault, &at};
    return nullptr;
  }

  /// What a caller of this library hands in is not trusted to be of the type that it declared.
  const CelValue* declared(const Node& node, const CelValue& value) {
    const Type type = type_of(value);
    return type == node.type || type == Type::null ? &value : fail(Fault::wrong_type, node);
  }

  /// A value that may not be null.
  const CelValue* demand(const Node& node, CelValue& room) {
    const CelValue* const value = run(node, room);
    return value != nullptr && type_of(*value) == Type::null ? fail(Fault::null_operand, node) : value;
  }

  /// `&&` and `||` in the way of CEL: the side that decides wins over an error of the other, in either order.
  const CelValue* connect(const Node& node, bool decisive, CelValue& room) {
    const CelValue* const left = demand(*node.operands[0], room);
    if (left != nullptr) return boolean_of(*left) == decisive ? left : demand(*node.operands[1], room);
    if (failure_.fault == Fault::steps) return left;
    const Failure of_left = failure_;
    const CelValue* const right = demand(*node.operands[1], room);
    if (right == nullptr && failure_.fault == Fault::steps) return right;
    return right != nullptr && boolean_of(*right) == decisive ? right : fail(of_left.fault, *of_left.at);
  }

  const CelValue* choose(const Node& node, CelValue& room) {
    const CelValue* const condition = demand(*node.operands[0], room);
    return condition == nullptr ? nullptr : run(*node.operands[boolean_of(*condition) ? 1 : 2], room);
  }

  static std::size_t weight_of(const CelValue& value) {
    return texts_of(value).size() + text_of(value).size() / kBytesOfAStep;
  }

  const CelValue* apply(const Node& node, CelValue& room) {
    static const CelValue kNone;
    const bool compares = node.op == Op::equal || node.op == Op::unequal;
    const auto operand = [&](std::size_t i, CelValue& its_room) {
      return compares ? run(*node.operands[i], its_room) : demand(*node.operands[i], its_room);
    };
    const CelValue* const a = operand(0, room);
    if (a == nullptr) return a;
    CelValue second;
    const CelValue* const b = node.operands.size() == 1 ? &kNone : operand(1, second);
    if (b == nullptr) return b;
    if (!spend(weight_of(*a) + weight_of(*b))) return fail(Fault::steps, node);
    const Fault fault = compute(node.op, *a, *b, room);
    return fault == Fault::none ? &room : fail(fault, node);
  }

  const CelValue* call(const Node& node, CelValue& room) {
    std::array<CelValue, kMaxArguments> arguments;
    const std::size_t count = node.operands.size();
    std::size_t weight = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const CelValue* const operand = demand(*node.operands[i], room);
      if (operand == nullptr) return operand;
      arguments[i] = *operand;
      weight += weight_of(*operand);
    }
    if (!spend(weight)) return fail(Fault::steps, node);
    room = facts_.call(node.name, std::span(arguments).first(count));
    return declared(node, room);
  }

  /// `out` may be one of the operands.
  static Fault compute(Op op, const CelValue& a, const CelValue& b, CelValue& out) {
    switch (op) {
      case Op::negation:
        out = !boolean_of(a);
        break;
      case Op::equal:
        out = same(a, b);
        break;
      case Op::unequal:
        out = !same(a, b);
        break;
      case Op::less:
        out = order(a, b) < 0;
        break;
      case Op::less_equal:
        out = order(a, b) <= 0;
        break;
      case Op::greater:
        out = order(a, b) > 0;
        break;
      case Op::greater_equal:
        out = order(a, b) >= 0;
        break;
      case Op::in:
        out = std::ranges::find(texts_of(b), text_of(a)) != texts_of(b).end();
        break;
      case Op::size:
        out = type_of(a) == Type::texts ? static_cast<std::int64_t>(texts_of(a).size())
                                        : characters(text_of(a));
        break;
      case Op::min:
        out = std::min(integer_of(a), integer_of(b));
        break;
      case Op::max:
        out = std::max(integer_of(a), integer_of(b));
        break;
      case Op::starts_with:
        out = text_of(a).starts_with(text_of(b));
        break;
      case Op::ends_with:
        out = text_of(a).ends_with(text_of(b));
        break;
      case Op::contains:
        out = text_of(a).find(text_of(b)) != std::string_view::npos;
        break;
      case Op::to_integer:
        return type_of(a) == Type::integer ? give(a, out) : parse_integer(text_of(a), out);
      case Op::to_boolean:
        return type_of(a) == Type::boolean ? give(a, out) : parse_boolean(text_of(a), out);
      case Op::to_text:
        if (type_of(a) == Type::text) return give(a, out);
        out = boolean_of(a) ? std::string_view("true") : std::string_view("false");
        break;
      default:
        return arithmetic(op, integer_of(a), integer_of(b), out);
    }
    return Fault::none;
  }

  static Fault give(const CelValue& value, CelValue& out) {
    out = value;
    return Fault::none;
  }

  /// Decimal digits, a sign before them where there is one.
  static Fault parse_integer(std::string_view text, CelValue& out) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return Fault::conversion;
    return give(number, out);
  }

  static Fault parse_boolean(std::string_view text, CelValue& out) {
    static constexpr std::array<std::string_view, 5> kTrue{"true", "True", "TRUE", "t", "1"};
    static constexpr std::array<std::string_view, 5> kFalse{"false", "False", "FALSE", "f", "0"};
    if (std::ranges::find(kTrue, text) != kTrue.end()) return give(true, out);
    if (std::ranges::find(kFalse, text) != kFalse.end()) return give(false, out);
    return Fault::conversion;
  }

  static Fault arithmetic(Op op, std::int64_t a, std::int64_t b, CelValue& result) {
    std::int64_t out = 0;
    bool overflow = false;
    switch (op) {
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
        if (b == 0) return Fault::zero;
        overflow = a == INT64_MIN && b == -1;
        if (!overflow) out = op == Op::divide ? a / b : a % b;
        break;
      default:
        return Fault::wrong_type;
    }
    return overflow ? Fault::overflow : give(out, result);
  }

  static constexpr std::size_t kBytesOfAStep = 64;

  const Facts& facts_;
  std::size_t left_ = kMaxSteps;
  Failure failure_;
};

std::string named(const Node& node) {
  return "'" + std::string(node.name.empty() ? name_of(node.op) : node.name) + "'";
}

Error refusal(const Failure& failure, const std::string& text) {
  const Node& node = *failure.at;
  std::string message;
  switch (failure.fault) {
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
  Evaluation evaluation(facts);
  CelValue room;
  const CelValue* const value = evaluation.run(*root_, room);
  if (value == nullptr) return refusal(evaluation.failure(), text());
  return *value;
}

Result<bool> Program::holds(const Facts& facts) const {
  if (!empty()) {
    Evaluation evaluation(facts);
    CelValue room;
    const CelValue* const value = evaluation.run(*root_, room);
    if (value == nullptr) return refusal(evaluation.failure(), text());
    if (const bool* held = std::get_if<bool>(value)) return *held;
  }
  return Error{ErrorKind::refused, "evaluation", "is not true or false: " + text(), "+1"};
}

}  // namespace lastkm::rules
