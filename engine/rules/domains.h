// Which values a fact has to take so that every outcome of some expressions is met: the values that they
// compare it with, those beside them, and some that they do not mention.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/cel.h"
#include "engine/rules/cel_ast.h"

namespace lastkm::rules {

class Domains {
 public:
  explicit Domains(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  /// Reads an expression. All are read before the first values are asked for.
  void learn(const Node& node);
  /// Values of a fact, or of the results of a function: "kind_of()". Valid as long as this object.
  const std::vector<CelValue>& values(const std::string& variable);
  /// Whether the values that were asked for stand for all others.
  [[nodiscard]] bool exact() const { return exact_; }

 private:
  /// What is compared with each other, however indirectly.
  struct Group {
    std::set<std::string> variables;
    std::set<std::string> texts;
    std::set<std::int64_t> integers;
    std::set<std::vector<std::string>> lists;  ///< literal lists
    bool affixes = false;                      ///< startsWith, under
    bool ordered = false;                      ///< lists that == compares: their order tells them apart
    bool bagged = false;     ///< lists that same() compares: how often a member stands there tells them apart
    bool converted = false;  ///< int() and bool() of a text
    bool arithmetic = false;  ///< + - * / %
    bool loose = false;       ///< anything of which a few values do not stand for all
    bool measured = false;    ///< size
  };
  struct Kind {
    Type type = Type::null;
    Declaration declaration;
  };

  void gather(const Node& node, Group& group);
  void join(Group group);
  [[nodiscard]] Kind kind_of(const std::string& variable) const;
  std::vector<CelValue> make(const Kind& kind, const Group& group);
  void add_texts(const Kind& kind, const Group& group, std::vector<CelValue>& out);
  void add_integers(const Kind& kind, const Group& group, std::vector<CelValue>& out);
  void add_lists(const Group& group, std::vector<CelValue>& out);
  [[nodiscard]] std::set<std::string> pool(const Group& group);
  std::string_view keep(std::string text);

  const Vocabulary& vocabulary_;
  std::vector<Group> groups_;
  std::map<std::string, std::vector<CelValue>> values_;
  std::deque<std::string> texts_;
  std::deque<std::vector<std::string_view>> lists_;
  bool exact_ = true;
};

/// The mark of a text that no expression mentions.
inline constexpr char kOther = '~';

}  // namespace lastkm::rules
