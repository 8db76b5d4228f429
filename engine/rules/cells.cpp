#include "engine/rules/cells.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/rules/domains.h"

namespace lastkm::rules {
namespace {

std::string shown(const CelValue& value) {
  struct Show {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool held) const { return held ? "true" : "false"; }
    std::string operator()(std::int64_t held) const { return std::to_string(held); }
    std::string operator()(std::string_view held) const { return "'" + std::string(held) + "'"; }
    std::string operator()(std::span<const std::string_view> held) const {
      std::string out = "[";
      for (const std::string_view each : held) out += (out.size() > 1 ? ", " : "") + (*this)(each);
      return out + "]";
    }
  };
  return std::visit(Show(), value);
}

/// The cell under evaluation. A fact that is asked for the first time is a choice: it takes its first value
/// now and its others in later turns, so that what no evaluation asks for multiplies nothing.
class Cell final : public Facts {
 public:
  explicit Cell(Domains& domains) : domains_(domains) {}

  [[nodiscard]] CelValue fact(std::string_view name) const override {
    // Only what has run out is overdue.
    constexpr std::string_view clock = "clock.", overdue = ".overdue";
    if (name.starts_with(clock) && name.ends_with(overdue)) {
      const std::string state = std::string(name.substr(0, name.size() - overdue.size())) + ".state";
      const CelValue held = take(state, state);
      const auto* text = std::get_if<std::string_view>(&held);
      if (text == nullptr || *text != "breached") return false;
    }
    return take(name, name);
  }

  [[nodiscard]] CelValue call(std::string_view function, std::span<const CelValue> arguments) const override {
    if (const auto known = compute(function, arguments)) return *known;
    std::string key = std::string(function) + "(";
    for (const CelValue& argument : arguments) key += (key.ends_with('(') ? "" : ", ") + shown(argument);
    return take(key + ")", std::string(function) + "()");
  }

  /// To the next cell; false after the last one.
  bool advance() {
    while (!choices_.empty() && choices_.back().at + 1 == choices_.back().values->size()) choices_.pop_back();
    if (choices_.empty()) return false;
    ++choices_.back().at;
    return true;
  }

  [[nodiscard]] std::string show() const {
    std::string out;
    for (const Choice& choice : choices_) {
      out += (out.empty() ? "" : ", ") + choice.key + " = " + shown((*choice.values)[choice.at]);
    }
    return out;
  }

 private:
  struct Choice {
    std::string key;
    const std::vector<CelValue>* values;
    std::size_t at = 0;
  };

  CelValue take(std::string_view key, std::string_view variable) const {
    const auto known =
        std::find_if(choices_.begin(), choices_.end(), [key](const Choice& each) { return each.key == key; });
    if (known != choices_.end()) return (*known->values)[known->at];
    const std::vector<CelValue>& values = domains_.values(std::string(variable));
    choices_.push_back({std::string(key), &values});
    return values.front();
  }

  /// What follows from the arguments alone.
  static std::optional<CelValue> compute(std::string_view function, std::span<const CelValue> arguments) {
    if (arguments.size() != 2) return std::nullopt;
    if (function == "same") {
      const auto* one = std::get_if<std::span<const std::string_view>>(&arguments[0]);
      const auto* other = std::get_if<std::span<const std::string_view>>(&arguments[1]);
      if (one == nullptr || other == nullptr) return std::nullopt;
      return CelValue(one->size() == other->size() &&
                      std::is_permutation(one->begin(), one->end(), other->begin()));
    }
    if (function != "under") return std::nullopt;
    const auto* place = std::get_if<std::string_view>(&arguments[0]);
    const auto* ancestor = std::get_if<std::string_view>(&arguments[1]);
    if (place == nullptr || ancestor == nullptr) return std::nullopt;
    return CelValue(!ancestor->empty() && place->starts_with(*ancestor));
  }

  Domains& domains_;
  mutable std::vector<Choice> choices_;
};

}  // namespace

Answer try_cells(std::span<const Demand> demands, const Vocabulary& vocabulary, std::size_t max_cells) {
  Domains domains(vocabulary);
  for (const Demand& demand : demands) {
    if (!demand.program->empty()) domains.learn(*demand.program->root());
  }
  Cell cell(domains);
  const auto met = [&cell](const Demand& demand) {
    if (demand.program->empty()) return demand.holds;
    const auto held = demand.program->holds(cell);
    return held && *held == demand.holds;
  };
  for (std::size_t cells = 0; cells < max_cells; ++cells) {
    if (std::all_of(demands.begin(), demands.end(), met)) return {Verdict::possible, cell.show()};
    if (!cell.advance()) return {domains.exact() ? Verdict::impossible : Verdict::undecided, ""};
  }
  return {Verdict::undecided, ""};
}

}  // namespace lastkm::rules
