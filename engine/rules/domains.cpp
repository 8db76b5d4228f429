#include "engine/rules/domains.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace lastkm::rules {
namespace {

constexpr std::size_t kMaxOthers = 4;      // texts beside the mentioned ones
constexpr std::size_t kMaxMembers = 4;     // of lists of which every selection is tried
constexpr std::int64_t kMaxSize = 8;       // of a list or a text that is measured
constexpr std::uint64_t kSmallRange = 64;  // of integers that are tried one by one

using Range = std::numeric_limits<std::int64_t>;

std::int64_t moved(std::int64_t from, std::int64_t by) {
  std::int64_t out = 0;
  if (__builtin_add_overflow(from, by, &out)) return by < 0 ? Range::min() : Range::max();
  return out;
}

bool compares(Op op) {
  switch (op) {
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::in:
    case Op::starts_with:
    case Op::ends_with:
    case Op::contains:
      return true;
    default:
      return false;
  }
}

/// Host functions that follow from their arguments alone.
bool is_relation(const Node& node) {
  return node.op == Op::call && (node.name == "under" || node.name == "same");
}

bool orders(Op op) {
  return op == Op::less || op == Op::less_equal || op == Op::greater || op == Op::greater_equal;
}

}  // namespace

void Domains::learn(const Node& node) {
  if (compares(node.op) || is_relation(node)) {
    Group group;
    group.affixes = (node.op == Op::call && node.name == "under") || node.op == Op::starts_with;
    group.bagged = node.op == Op::call && node.name == "same";
    group.ordered = (node.op == Op::equal || node.op == Op::unequal) && node.operands[0]->type == Type::texts;
    group.loose = node.op == Op::ends_with || node.op == Op::contains ||
                  (orders(node.op) && node.operands[0]->type == Type::text);
    for (const NodePtr& operand : node.operands) gather(*operand, group);
    join(std::move(group));
  } else if (node.op == Op::fact || node.op == Op::has || node.op == Op::call) {
    Group group;
    gather(node, group);
    join(std::move(group));
  } else {
    for (const NodePtr& operand : node.operands) learn(*operand);
  }
}

void Domains::gather(const Node& node, Group& group) {
  switch (node.op) {
    case Op::literal:
      if (const auto* text = std::get_if<std::string_view>(&node.value)) group.texts.emplace(*text);
      if (const auto* integer = std::get_if<std::int64_t>(&node.value)) group.integers.insert(*integer);
      for (const std::string& text : node.owned_texts) group.texts.insert(text);
      if (node.type == Type::texts) group.lists.insert(node.owned_texts);
      return;
    case Op::fact:
    case Op::has:
      group.variables.insert(node.name);
      return;
    case Op::call:
      if (is_relation(node)) {
        learn(node);
        return;
      }
      group.variables.insert(node.name + "()");
      for (const NodePtr& operand : node.operands) learn(*operand);
      return;
    case Op::choose:
      learn(*node.operands[0]);
      gather(*node.operands[1], group);
      gather(*node.operands[2], group);
      return;
    case Op::size:
      group.measured = true;
      break;
    case Op::minus:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
      group.arithmetic = true;
      break;
    case Op::to_integer:
    case Op::to_boolean:
      group.converted = true;
      break;
    case Op::to_text:
    case Op::min:
    case Op::max:
      break;
    default:
      learn(node);
      return;
  }
  for (const NodePtr& operand : node.operands) gather(*operand, group);
}

void Domains::join(Group group) {
  const auto related = [&group](const Group& other) {
    return std::any_of(other.variables.begin(), other.variables.end(),
                       [&group](const std::string& name) { return group.variables.count(name) > 0; });
  };
  // What is merged in may relate to more: each round takes one group away.
  for (auto at = groups_.begin(); at != groups_.end();) {
    if (!related(*at)) {
      ++at;
      continue;
    }
    group.variables.merge(at->variables);
    group.texts.merge(at->texts);
    group.integers.merge(at->integers);
    group.lists.merge(at->lists);
    group.ordered |= at->ordered;
    group.bagged |= at->bagged;
    group.converted |= at->converted;
    group.affixes |= at->affixes;
    group.arithmetic |= at->arithmetic;
    group.loose |= at->loose;
    group.measured |= at->measured;
    groups_.erase(at);
    at = groups_.begin();
  }
  groups_.push_back(std::move(group));
}

Domains::Kind Domains::kind_of(const std::string& variable) const {
  Kind out;
  if (variable.ends_with("()")) {
    const auto signature = vocabulary_.function(std::string_view(variable).substr(0, variable.size() - 2));
    if (!signature) return out;
    out.type = signature->result;
    out.declaration.nullable = signature->nullable;
  } else if (auto declaration = vocabulary_.fact(variable)) {
    out.type = declaration->type;
    out.declaration = *std::move(declaration);
  }
  return out;
}

const std::vector<CelValue>& Domains::values(const std::string& variable) {
  if (const auto known = values_.find(variable); known != values_.end()) return known->second;
  const auto group = std::find_if(groups_.begin(), groups_.end(), [&variable](const Group& each) {
    return each.variables.count(variable) > 0;
  });
  static const Group alone;
  return values_[variable] = make(kind_of(variable), group == groups_.end() ? alone : *group);
}

std::vector<CelValue> Domains::make(const Kind& kind, const Group& group) {
  std::vector<CelValue> out;
  if (kind.declaration.nullable) out.emplace_back();
  switch (kind.type) {
    case Type::null:
      break;
    case Type::boolean:
      out.emplace_back(false);
      out.emplace_back(true);
      break;
    case Type::integer:
      add_integers(kind, group, out);
      break;
    case Type::text:
      add_texts(kind, group, out);
      break;
    case Type::texts:
      add_lists(group, out);
      break;
  }
  if (out.empty()) out.emplace_back();
  return out;
}

void Domains::add_texts(const Kind& kind, const Group& group, std::vector<CelValue>& out) {
  if (!kind.declaration.one_of.empty()) {
    for (const std::string& text : kind.declaration.one_of) out.emplace_back(keep(text));
    return;
  }
  for (const std::string& text : pool(group)) out.emplace_back(keep(text));
  if (group.measured) {
    for (std::int64_t size = 1; size <= kMaxSize; ++size) {
      out.emplace_back(keep(std::string(static_cast<std::size_t>(size), kOther)));
    }
    exact_ = false;
  }
}

/// What the texts of a group have to be: all that are mentioned, none, and as many others as may have to
/// differ.
std::set<std::string> Domains::pool(const Group& group) {
  std::set<std::string> out = group.texts;
  if (group.converted) {
    exact_ = false;
    for (const std::int64_t n : group.integers) {
      for (const std::int64_t by : {-1, 0, 1}) out.insert(std::to_string(moved(n, by)));
    }
    out.insert({"true", "false"});
  }
  std::size_t open = 0;
  for (const std::string& variable : group.variables) {
    const Kind kind = kind_of(variable);
    if (kind.type != Type::text && kind.type != Type::texts) continue;
    const std::vector<std::string>& closed = kind.declaration.one_of;
    out.insert(closed.begin(), closed.end());
    if (closed.empty())
      open += variable.ends_with("()") && group.variables.size() == 1 ? 1 : variable.ends_with("()") ? 2 : 1;
  }
  if (group.loose || open > kMaxOthers || (group.affixes && open > 2)) exact_ = false;
  for (std::size_t i = 0; i < std::min(open, kMaxOthers); ++i)
    out.insert(std::string(1, kOther) + std::to_string(i));
  if (group.affixes || group.loose) {
    const std::set<std::string> bare = out;
    for (const std::string& text : bare) {
      out.insert(text + kOther);
      if (group.loose) {
        out.insert(kOther + text);
        out.insert(kOther + text + kOther);
      }
    }
  }
  out.insert("");
  return out;
}

void Domains::add_integers(const Kind& kind, const Group& group, std::vector<CelValue>& out) {
  const std::int64_t least = kind.declaration.min.value_or(Range::min());
  const std::int64_t most = std::max(least, kind.declaration.max.value_or(Range::max()));
  const bool small = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) <= kSmallRange;
  std::set<std::int64_t> points;
  if (group.arithmetic && small) {
    for (std::int64_t value = least;; ++value) {
      points.insert(value);
      if (value == most) break;
    }
  } else {
    const auto wide = static_cast<std::int64_t>(std::max<std::size_t>(group.variables.size(), 1));
    std::set<std::int64_t> marks = group.integers;
    if (group.arithmetic) {
      for (const std::int64_t a : group.integers) {
        for (const std::int64_t b : group.integers) {
          marks.insert(moved(a, b));
          marks.insert(moved(a, -std::max(b, -Range::max())));
        }
      }
      exact_ = false;
    }
    marks.insert(std::clamp<std::int64_t>(0, least, most));
    if (kind.declaration.min) marks.insert(least);
    if (kind.declaration.max) marks.insert(most);
    for (const std::int64_t mark : marks) {
      for (std::int64_t by = -wide; by <= wide; ++by) points.insert(std::clamp(moved(mark, by), least, most));
    }
  }
  for (const std::int64_t value : points) out.emplace_back(value);
}

void Domains::add_lists(const Group& group, std::vector<CelValue>& out) {
  std::vector<std::string_view> members;
  for (const std::string& text : pool(group)) {
    if (!text.empty()) members.push_back(keep(text));
  }
  const auto keep_list = [this, &out](std::vector<std::string_view> list) {
    lists_.push_back(std::move(list));
    out.emplace_back(std::span<const std::string_view>(lists_.back()));
  };
  // Lists of the same members may still differ, by a member that stands there twice and by their order.
  const auto add = [&](const std::vector<std::string_view>& list) {
    keep_list(list);
    if (list.empty() || (!group.ordered && !group.bagged)) return;
    std::vector<std::string_view> twice = list;
    twice.push_back(list.front());
    keep_list(std::move(twice));
    if (group.ordered && list.size() > 1) keep_list({list.rbegin(), list.rend()});
  };
  if (group.ordered || group.bagged) {
    const auto lists_of = [this](const std::string& name) { return kind_of(name).type == Type::texts; };
    exact_ = exact_ && std::count_if(group.variables.begin(), group.variables.end(), lists_of) <= 2;
    for (const std::vector<std::string>& list : group.lists) {
      std::vector<std::string_view> kept;
      kept.reserve(list.size());
      for (const std::string& text : list) kept.push_back(keep(text));
      keep_list(std::move(kept));
    }
  }
  if (members.size() <= kMaxMembers) {
    for (std::size_t selection = 0; selection < (std::size_t{1} << members.size()); ++selection) {
      std::vector<std::string_view> list;
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (((selection >> i) & 1U) != 0) list.push_back(members[i]);
      }
      add(list);
    }
  } else {
    exact_ = false;
    add({});
    add(members);
    for (const std::string_view one : members) {
      add({one});
      std::vector<std::string_view> rest = members;
      std::erase(rest, one);
      add(rest);
    }
  }
  if (!group.measured) return;
  exact_ = false;
  for (std::int64_t size = 1; size <= kMaxSize; ++size) {
    std::vector<std::string_view> list;
    for (std::int64_t i = 0; i < size; ++i) list.push_back(keep(std::string(2, kOther) + std::to_string(i)));
    add(list);
  }
}

std::string_view Domains::keep(std::string text) {
  return texts_.emplace_back(std::move(text));
}

}  // namespace lastkm::rules
