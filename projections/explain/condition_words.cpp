#include "projections/explain/condition_words.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/cases/facts.h"
#include "engine/rules/cel_ast.h"

namespace lastkm::explain {

namespace {

using rules::Node;
using rules::Op;

struct Pattern {
  std::string_view name;
  Both holds;
  Both fails;  ///< where it is denied; empty for what is no condition
};

/// {0}, {1}: the operands.
constexpr auto kFunctions = std::to_array<Pattern>({
    {"body", {"{1}的{0}", "the {0} of {1}"}, {}},
    {"days_until", {"距{0}的天数", "the days until {0}"}, {}},
    {"future", {"{0}在将来", "{0} lies ahead"}, {"{0}不在将来", "{0} does not lie ahead"}},
    {"kind_of", {"{0}的类别", "the kind of {0}"}, {}},
    {"known_place", {"{0}所属的在册地点", "the registered place of {0}"}, {}},
    {"list", {"{0}和{1}", "{0} and {1}"}, {}},
    {"maker_of", {"第{0}号事件的办理单位", "who made event {0}"}, {}},
    {"minutes_between", {"{0}与{1}相隔的分钟数", "the minutes between {0} and {1}"}, {}},
    {"place_of", {"{0}的辖区", "the area of {0}"}, {}},
    {"same",
     {"{0}与{1}一致", "{0} and {1} are the same"},
     {"{0}与{1}不一致", "{0} and {1} are not the same"}},
    {"under", {"{0}位于{1}之内", "{0} lies within {1}"}, {"{0}不在{1}之内", "{0} does not lie within {1}"}},
});

struct Comparison {
  Op op;
  Both holds;
  Both fails;
};
constexpr auto kComparisons = std::to_array<Comparison>({
    {Op::equal, {"{0}为{1}", "{0} is {1}"}, {"{0}不为{1}", "{0} is not {1}"}},
    {Op::unequal, {"{0}不为{1}", "{0} is not {1}"}, {"{0}为{1}", "{0} is {1}"}},
    {Op::less, {"{0}小于{1}", "{0} below {1}"}, {"{0}不小于{1}", "{0} at least {1}"}},
    {Op::less_equal, {"{0}不大于{1}", "{0} at most {1}"}, {"{0}大于{1}", "{0} above {1}"}},
    {Op::greater, {"{0}大于{1}", "{0} above {1}"}, {"{0}不大于{1}", "{0} at most {1}"}},
    {Op::greater_equal, {"{0}不小于{1}", "{0} at least {1}"}, {"{0}小于{1}", "{0} below {1}"}},
    {Op::in, {"{0}在{1}之列", "{0} is among {1}"}, {"{0}不在{1}之列", "{0} is not among {1}"}},
    {Op::starts_with,
     {"{0}以{1}开头", "{0} begins with {1}"},
     {"{0}不以{1}开头", "{0} does not begin with {1}"}},
    {Op::ends_with, {"{0}以{1}结尾", "{0} ends with {1}"}, {"{0}不以{1}结尾", "{0} does not end with {1}"}},
    {Op::contains, {"{0}含有{1}", "{0} contains {1}"}, {"{0}不含{1}", "{0} does not contain {1}"}},
});

std::string_view sign_of(Op op) {
  if (op == Op::multiply) return "×";
  if (op == Op::divide) return "÷";
  return rules::name_of(op);
}

class Speaker {
 public:
  explicit Speaker(const Names& names) : names_(names) {}

  /// What is true where the node is `wanted`.
  std::string claim(const Node& node, bool wanted) const {
    switch (node.op) {
      case Op::negation:
        return claim(*node.operands[0], !wanted);
      case Op::conjunction:
      case Op::disjunction:
        return joined(node, wanted);
      case Op::has:
        return say(wanted ? Both{"已填{0}", "{0} is given"} : Both{"未填{0}", "{0} is left out"},
                   {field(node.name)});
      case Op::choose:
        return say({"若{0}则{1}，否则{2}", "{1} where {0}, otherwise {2}"},
                   {claim(*node.operands[0], true), claim(*node.operands[1], wanted),
                    claim(*node.operands[2], wanted)});
      case Op::equal:
      case Op::unequal:
        if (auto text = presence(node, (node.op == Op::equal) == wanted)) return *std::move(text);
        break;
      case Op::in:
        if (const auto list = literal_list(*node.operands[1])) {
          return say(wanted ? Both{"{0}为{1}", "{0} is {1}"} : Both{"{0}不为{1}", "{0} is not {1}"},
                     {value(*node.operands[0]), *list});
        }
        break;
      default:
        break;
    }
    for (const Comparison& one : kComparisons) {
      if (one.op == node.op)
        return say(wanted ? one.holds : one.fails, {value(*node.operands[0]), value(*node.operands[1])});
    }
    if (node.op == Op::call) return call(node, wanted);
    return say(wanted ? Both{"{0}为是", "{0}: yes"} : Both{"{0}为否", "{0}: no"}, {value(node)});
  }

 private:
  std::string say(const Both& pattern, std::initializer_list<std::string_view> values) const {
    return fill(names_.say(pattern), values);
  }

  std::string field(std::string_view name) const {
    return say({"“{0}”", "“{0}”"}, {names_.field(name.starts_with("cmd.") ? name.substr(4) : name)});
  }

  /// `case.lead == ''`: nobody, nothing. `none`: what is said is that there is none.
  std::optional<std::string> presence(const Node& node, bool none) const {
    const Node& right = *node.operands[1];
    const auto* text = std::get_if<std::string_view>(&right.value);
    const bool empty =
        right.op == Op::literal && (right.value.index() == 0 || (text != nullptr && text->empty()));
    if (!empty) return std::nullopt;
    return say(
        none ? Both{"没有{0}", "there is no value for {0}"} : Both{"有{0}", "there is a value for {0}"},
        {value(*node.operands[0])});
  }

  /// "A, B or C" of a list that stands in the expression.
  std::optional<std::string> literal_list(const Node& node) const {
    const auto* items = std::get_if<std::span<const std::string_view>>(&node.value);
    if (node.op != Op::literal || items == nullptr) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (i > 0) out += i + 1 == items->size() ? names_.say({"或", " or "}) : names_.say({"、", ", "});
      out += names_.value(Value((*items)[i]));
    }
    return out;
  }

  /// Chains of one sort are told in one breath.
  void flatten(const Node& node, Op op, bool wanted, std::string& out) const {
    for (const rules::NodePtr& operand : node.operands) {
      if (operand->op == op) {
        flatten(*operand, op, wanted, out);
        continue;
      }
      const bool both = (op == Op::conjunction) == wanted;
      if (!out.empty()) out += both ? names_.say({"，且", ", and "}) : names_.say({"，或", ", or "});
      const bool nested =
          operand->op == Op::conjunction || operand->op == Op::disjunction || operand->op == Op::choose;
      out += nested ? say({"（{0}）", "({0})"}, {claim(*operand, wanted)}) : claim(*operand, wanted);
    }
  }
  std::string joined(const Node& node, bool wanted) const {
    std::string out;
    flatten(node, node.op, wanted, out);
    return out;
  }

  std::string call(const Node& node, bool wanted) const {
    const auto known = std::find_if(kFunctions.begin(), kFunctions.end(),
                                    [&node](const Pattern& p) { return p.name == node.name; });
    const std::string first = node.operands.empty() ? "" : value(*node.operands[0]);
    const std::string second = node.operands.size() < 2 ? "" : value(*node.operands[1]);
    if (known == kFunctions.end())
      return node.name + "(" + first + (second.empty() ? "" : ", " + second) + ")";
    return say(wanted ? known->holds : known->fails, {first, second});
  }

  /// In parentheses, where it is not one thing: words do not tell what is counted first.
  std::string term(const Node& node) const {
    switch (node.op) {
      case Op::to_integer:
      case Op::to_boolean:
      case Op::to_text:
        return term(*node.operands[0]);
      case Op::literal:
      case Op::fact:
      case Op::call:
        return value(node);
      default:
        return "(" + value(node) + ")";
    }
  }

  std::string value(const Node& node) const {
    const auto operand = [&](std::size_t i) { return value(*node.operands[i]); };
    switch (node.op) {
      case Op::literal:
        return literal_list(node).value_or(names_.value(cases::to_value(node.value)));
      case Op::fact:
        return names_.fact(node.name);
      case Op::size:
        return say({"{0}的数目", "the number of {0}"}, {operand(0)});
      case Op::min:
        return say({"{0}与{1}中较小者", "the smaller of {0} and {1}"}, {operand(0), operand(1)});
      case Op::max:
        return say({"{0}与{1}中较大者", "the larger of {0} and {1}"}, {operand(0), operand(1)});
      case Op::minus:
        return "-" + term(*node.operands[0]);
      case Op::choose:
        return say({"{1}（若{0}，否则{2}）", "{1} (where {0}, otherwise {2})"},
                   {claim(*node.operands[0], true), operand(1), operand(2)});
      case Op::add:
      case Op::subtract:
      case Op::multiply:
      case Op::divide:
      case Op::modulo:
        return term(*node.operands[0]) + " " + std::string(sign_of(node.op)) + " " + term(*node.operands[1]);
      case Op::to_integer:
      case Op::to_boolean:
      case Op::to_text:
        return operand(0);
      case Op::call:
        return call(node, true);
      default:
        return claim(node, true);
    }
  }

  const Names& names_;
};

}  // namespace

std::string in_words(const Names& names, const rules::Program& condition) {
  return condition.empty() ? std::string() : Speaker(names).claim(*condition.root(), true);
}

std::string in_words_and_quoted(const Names& names, const rules::Program& condition) {
  return fill(names.say({"{0}（{1}）", "{0} (`{1}`)"}), {in_words(names, condition), condition.text()});
}

}  // namespace lastkm::explain
