#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "engine/rules/cel_ast.h"

namespace lastkm::rules {
namespace {

struct Builtin {
  std::string_view name;
  Op op;
  std::size_t count;  ///< of operands
  Type operand;
  Type result;
};
// size() takes a text or a list, conversions a text or what they give; the check of the operand knows.
constexpr std::array kBuiltins{Builtin{"size", Op::size, 1, Type::text, Type::integer},
                               Builtin{"min", Op::min, 2, Type::integer, Type::integer},
                               Builtin{"max", Op::max, 2, Type::integer, Type::integer},
                               Builtin{"startsWith", Op::starts_with, 2, Type::text, Type::boolean},
                               Builtin{"endsWith", Op::ends_with, 2, Type::text, Type::boolean},
                               Builtin{"contains", Op::contains, 2, Type::text, Type::boolean},
                               Builtin{"int", Op::to_integer, 1, Type::integer, Type::integer},
                               Builtin{"bool", Op::to_boolean, 1, Type::boolean, Type::boolean},
                               Builtin{"string", Op::to_text, 1, Type::boolean, Type::text}};

bool is_conversion(Op op) {
  return op == Op::to_integer || op == Op::to_boolean || op == Op::to_text;
}

std::string quoted(std::string_view name) {
  return "'" + std::string(name) + "'";
}

class Checker {
 public:
  Checker(const Vocabulary& vocabulary, std::vector<std::string>& facts)
      : vocabulary_(vocabulary), facts_(facts) {}

  /// Types the operands, then the node itself.
  Status check(Node& node) {
    for (const NodePtr& operand : node.operands) {
      if (Status status = check(*operand); !status) return status;
    }
    switch (node.op) {
      case Op::literal:
        return done();
      case Op::fact:
      case Op::has:
        return check_fact(node);
      case Op::call:
        return check_call(node);
      case Op::negation:
      case Op::conjunction:
      case Op::disjunction:
        return demand_all(node, Type::boolean, Type::boolean);
      case Op::equal:
      case Op::unequal:
        return check_equal(node);
      case Op::less:
      case Op::less_equal:
      case Op::greater:
      case Op::greater_equal:
        return check_order(node);
      case Op::in:
        return check_in(node);
      case Op::choose:
        return check_choose(node);
      default:
        return demand_all(node, Type::integer, Type::integer);
    }
  }

 private:
  static Error wrong_type(const std::string& what, const std::string& expected, const Node& found) {
    return cel_error("cel-type",
                     what + ": expected " + expected + ", found " + std::string(name_of(found.type)),
                     found.column);
  }
  static Status demand(const Node& node, std::string_view what, Type type) {
    if (node.type == type) return done();
    return wrong_type(quoted(what), std::string(name_of(type)), node);
  }
  static Status demand_all(Node& node, Type operand, Type result) {
    for (const NodePtr& each : node.operands) {
      if (Status status = demand(*each, name_of(node.op), operand); !status) return status;
    }
    node.type = result;
    return done();
  }

  Status check_fact(Node& node) {
    const auto declaration = vocabulary_.fact ? vocabulary_.fact(node.name) : std::nullopt;
    if (!declaration) {
      const std::string hint = vocabulary_.hint ? vocabulary_.hint(node.name) : "";
      return cel_error(
          "cel-unknown-fact",
          "expected a declared fact, found " + quoted(node.name) + (hint.empty() ? "" : ": " + hint),
          node.column);
    }
    const bool has = node.op == Op::has;
    if (declaration->personal && !has) {
      return cel_error(
          "cel-personal-data",
          quoted(node.name) + " is personal data: expected has(" + node.name + "), found its value",
          node.column);
    }
    facts_.push_back(node.name);
    node.type = has ? Type::boolean : declaration->type;
    node.nullable = !has && declaration->nullable;
    return done();
  }

  /// Two of one type, or null beside what may be null.
  static Status check_alike(const Node& node, const Node& a, const Node& b) {
    if (a.type == b.type) return done();
    if (b.type == Type::null ? a.nullable : a.type == Type::null && b.nullable) return done();
    const std::string what = quoted(name_of(node.op));
    if (a.type == Type::null) return wrong_type(what, "a value that may be null", b);
    const std::string expected(name_of(a.type));
    return wrong_type(what, b.type == Type::null ? expected + ", which is never null" : expected, b);
  }

  static Status check_equal(Node& node) {
    node.type = Type::boolean;
    return check_alike(node, *node.operands[0], *node.operands[1]);
  }

  static Status check_order(Node& node) {
    const Node& first = *node.operands[0];
    if (first.type != Type::integer && first.type != Type::text) {
      return wrong_type(quoted(name_of(node.op)), "an integer or a text", first);
    }
    return demand_all(node, first.type, Type::boolean);
  }

  static Status check_in(Node& node) {
    if (Status status = demand(*node.operands[0], "in", Type::text); !status) return status;
    node.type = Type::boolean;
    return demand(*node.operands[1], "in", Type::texts);
  }

  static Status check_choose(Node& node) {
    if (Status status = demand(*node.operands[0], "?:", Type::boolean); !status) return status;
    const Node& then = *node.operands[1];
    const Node& otherwise = *node.operands[2];
    if (then.type != otherwise.type && then.type != Type::null && otherwise.type != Type::null) {
      return wrong_type("'?:'", std::string(name_of(then.type)), otherwise);
    }
    node.type = then.type == Type::null ? otherwise.type : then.type;
    node.nullable = then.nullable || otherwise.nullable;
    return done();
  }

  Status check_call(Node& node) {
    const auto* builtin = std::find_if(kBuiltins.begin(), kBuiltins.end(),
                                       [&](const Builtin& each) { return each.name == node.name; });
    if (builtin != kBuiltins.end()) return check_builtin(node, *builtin);
    const auto signature =
        vocabulary_.function && !node.method ? vocabulary_.function(node.name) : std::nullopt;
    if (!signature) {
      const std::string expected =
          node.method ? "startsWith, endsWith, contains or size" : "a declared function";
      return cel_error("cel-unknown-function", "expected " + expected + ", found " + quoted(node.name),
                       node.column);
    }
    if (Status status = check_count(node, signature->parameters.size()); !status) return status;
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      if (Status status = demand(*node.operands[i], node.name, signature->parameters[i]); !status)
        return status;
    }
    node.type = signature->result;
    node.nullable = signature->nullable;
    return done();
  }

  static Status check_builtin(Node& node, const Builtin& builtin) {
    if (node.method && (builtin.op == Op::min || builtin.op == Op::max || is_conversion(builtin.op))) {
      return cel_error("cel-unknown-function",
                       "expected " + node.name + (builtin.count == 1 ? "(a)" : "(a, b)") + ", found a method",
                       node.column);
    }
    if (Status status = check_count(node, builtin.count); !status) return status;
    node.op = builtin.op;
    if (is_conversion(builtin.op)) {
      const Node& given = *node.operands[0];
      node.type = builtin.result;
      if (given.type == Type::text || given.type == builtin.operand) return done();
      return wrong_type(quoted(node.name), "a text or " + std::string(name_of(builtin.operand)), given);
    }
    if (builtin.op != Op::size) return demand_all(node, builtin.operand, builtin.result);
    const Node& measured = *node.operands[0];
    if (measured.type != Type::text && measured.type != Type::texts) {
      return wrong_type("'size'", "a text or a list of texts", measured);
    }
    node.type = builtin.result;
    return done();
  }

  static Status check_count(const Node& node, std::size_t count) {
    if (node.operands.size() == count && count <= kMaxArguments) return done();
    const std::size_t receiver = node.method ? 1 : 0;
    const std::size_t found = node.operands.size() - receiver;
    return cel_error("cel-type",
                     quoted(node.name) + ": expected " +
                         std::to_string(std::min(count, kMaxArguments) - receiver) + " arguments, found " +
                         std::to_string(found),
                     node.column);
  }

  const Vocabulary& vocabulary_;
  std::vector<std::string>& facts_;
};

}  // namespace

Status check_cel(Node& node, const Vocabulary& vocabulary, std::vector<std::string>& facts) {
  return Checker(vocabulary, facts).check(node);
}

}  // namespace lastkm::rules
