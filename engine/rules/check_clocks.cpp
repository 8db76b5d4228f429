#include <algorithm>
#include <functional>

#include "engine/base/fields.h"
#include "engine/rules/cel_ast.h"
#include "engine/rules/check_parts.h"
#include "engine/rules/event_facts.h"
#include "engine/rules/vocabulary.h"

namespace lastkm::rules {
namespace {

using Kind = ClockOperation::Kind;

void for_each_effects(const ClockRule& clock,
                      const std::function<void(const Effects&, const std::string& pointer)>& act) {
  act(clock.on_due, clock.pointer + "/on_due");
  for (std::size_t i = 0; i < clock.marks.size(); ++i) {
    act(clock.marks[i].effects, child(clock.pointer + "/marks", i));
  }
}

void for_each_operation(const Workflow& workflow,
                        const std::function<void(const ClockOperation&, const std::string& pointer)>& act) {
  const auto each = [&act](const Effects& effects, const std::string& pointer) {
    for (std::size_t i = 0; i < effects.clocks.size(); ++i)
      act(effects.clocks[i], child(pointer + "/clocks", i));
  };
  for (const CommandRule& command : workflow.commands) {
    for (const Transition& transition : command.transitions) each(transition.effects, transition.pointer);
  }
  for (const ClockRule& clock : workflow.clocks) for_each_effects(clock, each);
}

/// A start that a clock causes, of itself or another.
struct Rung {
  const ClockRule* from = nullptr;
  const ClockRule* to = nullptr;
  const ClockOperation* operation = nullptr;
  const Effects* effects = nullptr;  ///< of which the operation is the last
  std::string pointer;
};

/// Clocks that start each other must come to an end by themselves: on every round there is a start which does
/// not come about any more once the round has changed what it changes, or another clock has run out. Taken
/// for granted: events with conditions of their own come about, and what cannot be decided ends.
class Ladders {
 public:
  Ladders(const Workflow& workflow, Findings& findings)
      : workflow_(workflow), findings_(findings), vocabulary_(vocabulary_for(workflow, nullptr)) {}

  void check() {
    for (const ClockRule& clock : workflow_.clocks) {
      for_each_effects(clock, [this, &clock](const Effects& effects, const std::string& pointer) {
        for (std::size_t i = 0; i < effects.clocks.size(); ++i) {
          const ClockOperation& operation = effects.clocks[i];
          if (operation.kind != Kind::start) continue;
          for (const ClockRule& started : workflow_.clocks) {
            if (may_concern(operation, started.id))
              rungs_.push_back({&clock, &started, &operation, &effects, child(pointer + "/clocks", i)});
          }
        }
      });
    }
    std::vector<const Rung*> endless;
    for (const Rung& rung : rungs_) {
      if (!bounded(rung)) endless.push_back(&rung);
    }
    for (const Rung* rung : endless) {
      if (leads(rung->to, rung->from, endless)) {
        const bool told = !findings_.empty() && findings_.back().code == "endless-ladder" &&
                          findings_.back().pointer == rung->pointer;
        if (told) continue;
        add_error(findings_, "endless-ladder", rung->pointer,
                  "clock " + quoted(rung->from->id) + " starts " + quoted(rung->to->id) +
                      " again and again: no condition on the way comes to fail by what happens on it");
      }
    }
  }

 private:
  template <class Rungs>
  static bool leads(const ClockRule* from, const ClockRule* to, const Rungs& rungs) {
    std::set<const ClockRule*> seen{from};
    for (bool grown = true; grown && seen.count(to) == 0;) {
      grown = false;
      for (const Rung* rung : rungs) {
        if (seen.count(rung->from) > 0) grown |= seen.insert(rung->to).second;
      }
    }
    return seen.count(to) > 0;
  }

  /// The clocks of the rounds that a rung is on, none where it is on no round.
  [[nodiscard]] std::set<const ClockRule*> round_of(const Rung& rung) const {
    std::vector<const Rung*> all;
    for (const Rung& each : rungs_) all.push_back(&each);
    std::set<const ClockRule*> out;
    for (const ClockRule& clock : workflow_.clocks) {
      if (leads(rung.to, &clock, all) && leads(&clock, rung.from, all)) out.insert(&clock);
    }
    return out;
  }

  [[nodiscard]] bool bounded(const Rung& rung) const {
    const std::set<const ClockRule*> round = round_of(rung);
    const Changes changed = changed_on(rung, round);
    if (fails_by_unknown(rung, changed)) return true;
    if (!starts(rung, changed.known)) return true;
    // A clock beside the round runs out some time.
    return std::any_of(workflow_.clocks.begin(), workflow_.clocks.end(), [&](const ClockRule& clock) {
      if (round.count(&clock) > 0) return false;
      Narrower known = changed.known;
      known["clock." + clock.id + ".state"] = exactly("breached");
      return !starts(rung, std::move(known));
    });
  }

  /// The ways in which a start can come about: its own condition, and that of one of the limits where it
  /// takes its amount from there.
  static std::vector<std::vector<Demand>> ways_of(const Rung& rung) {
    const Demand own{&rung.operation->when, true};
    if (!rung.operation->n.empty() && !rung.operation->unit.empty()) return {{own}};
    std::vector<std::vector<Demand>> out;
    for (const ClockLimit& limit : rung.to->limits) out.push_back({own, {&limit.when, true}});
    return out;
  }

  /// Whether the start can still come about where this is known of the case.
  [[nodiscard]] bool starts(const Rung& rung, Narrower known) const {
    const Vocabulary vocabulary = narrowed(vocabulary_, std::move(known));
    const std::vector<std::vector<Demand>> ways = ways_of(rung);
    return std::any_of(ways.begin(), ways.end(), [&](const std::vector<Demand>& way) {
      return try_cells(way, vocabulary).verdict == Verdict::possible;
    });
  }

  /// What the facts are once a round has been gone often enough.
  struct Changes {
    Narrower known;
    std::set<std::string> unknown;  ///< changed, and the document does not say to what
  };

  [[nodiscard]] Changes changed_on(const Rung& rung, const std::set<const ClockRule*>& round) const {
    Changes out;
    for (const ClockRule* clock : round) {
      for_each_effects(*clock, [&](const Effects& effects, const std::string&) {
        each_change(effects, [&out](const std::string& fact, const Change& change) {
          if (!change.to) {
            out.unknown.insert(fact);
          } else if (const auto [at, is_new] = out.known.emplace(fact, *change.to); !is_new) {
            at->second = either(at->second, *change.to);
          }
        });
      });
    }
    // Every round has events.
    out.known["case.version"] = grown("case.version");
    for (const std::string& fact : out.unknown) out.known.erase(fact);
    // The start is looked at after what stands with it, which leaves nothing of what was before.
    each_change(*rung.effects, [&out](const std::string& fact, const Change& change) {
      if (!change.to || change.grows) return;
      out.known[fact] = *change.to;
      out.unknown.erase(fact);
    });
    return out;
  }

  /// Whether a fact whose new value the document does not say can be such that the start does not come about.
  [[nodiscard]] bool fails_by_unknown(const Rung& rung, const Changes& changed) const {
    for (const std::vector<Demand>& way : ways_of(rung)) {
      const auto fails = [&](const Demand& demand) {
        const auto& facts = demand.program->facts();
        const bool asks = std::any_of(facts.begin(), facts.end(), [&changed](const auto& fact) {
          return changed.unknown.count(std::string(fact)) > 0;
        });
        const std::vector<Demand> not_met{{demand.program, false}};
        return asks &&
               try_cells(not_met, narrowed(vocabulary_, changed.known)).verdict != Verdict::impossible;
      };
      if (std::none_of(way.begin(), way.end(), fails)) return false;
    }
    return true;
  }

  static Declaration exactly(std::string text) {
    Declaration out;
    out.one_of = {std::move(text)};
    return out;
  }

  static Declaration exactly(std::int64_t number) {
    Declaration out;
    out.type = Type::integer;
    out.min = out.max = number;
    return out;
  }

  /// One value or the other.
  static Declaration either(Declaration one, const Declaration& other) {
    one.one_of.insert(one.one_of.end(), other.one_of.begin(), other.one_of.end());
    if (one.min && other.min) one.min = std::min(*one.min, *other.min);
    if (one.max && other.max) {
      one.max = std::max(*one.max, *other.max);
    } else {
      one.max.reset();
    }
    return one;
  }

  /// What grows with every round is beyond any number some time, or at the most that it can be.
  [[nodiscard]] Declaration grown(const std::string& fact) const {
    constexpr std::int64_t many = 1'000'000;
    Declaration out;
    out.type = Type::integer;
    const auto declared = vocabulary_.fact(fact);
    if (declared) out.max = declared->max;
    out.min = out.max.value_or(many);
    return out;
  }

  struct Change {
    std::optional<Declaration> to;  ///< nullopt: the document does not say
    bool grows = false;             ///< from what it was before
  };

  template <class Note>
  void each_change(const Effects& effects, const Note& note) const {
    if (!effects.to.empty()) note("case.stage", Change{exactly(effects.to)});
    for (const EventRule& event : effects.events) {
      std::string_view facts = facts_changed_by(event.type);
      while (!facts.empty()) {
        const std::string_view fact = facts.substr(0, facts.find(' '));
        facts.remove_prefix(std::min(facts.size(), fact.size() + 1));
        note("case." + std::string(fact), change_of(event, fact));
      }
    }
  }

  [[nodiscard]] Change change_of(const EventRule& event, std::string_view fact) const {
    if (event.type == "YellowCardIssued") return {exactly("yellow")};
    if (event.type == "RedCardIssued") return {exactly("red")};
    const std::string name = "case." + std::string(fact);
    const auto member = std::find_if(event.data.begin(), event.data.end(),
                                     [fact](const auto& each) { return each.first == fact; });
    if (member == event.data.end()) {
      if (event.type == "CaseEscalated" && fact == "level") return {grown(name), true};
      return {};
    }
    if (is_sum(member->second, name)) return {grown(name), true};
    if (member->second.empty() || member->second.root()->op != Op::literal) return {};
    const CelValue& value = member->second.root()->value;
    if (const auto* text = std::get_if<std::string_view>(&value)) return {exactly(std::string(*text))};
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return {exactly(*integer)};
    return {};
  }

  /// Whether the expression is the fact plus a number above 0.
  static bool is_sum(const Program& program, std::string_view fact) {
    const Node* node = program.root();
    if (node == nullptr || node->op != Op::add) return false;
    const Node& first = *node->operands[0];
    const Node& second = *node->operands[1];
    const auto above = [](const Node& each) {
      const auto* n = each.op == Op::literal ? std::get_if<std::int64_t>(&each.value) : nullptr;
      return n != nullptr && *n > 0;
    };
    return (first.op == Op::fact && first.name == fact && above(second)) ||
           (second.op == Op::fact && second.name == fact && above(first));
  }

  const Workflow& workflow_;
  Findings& findings_;
  const Vocabulary vocabulary_;
  std::vector<Rung> rungs_;
};

}  // namespace

bool can_end(const Workflow& workflow, const ClockRule& clock) {
  bool stops = !clock.on_due.to.empty();
  for_each_operation(workflow, [&stops, &clock](const ClockOperation& operation, const std::string&) {
    stops |= operation.kind == Kind::stop && may_concern(operation, clock.id);
  });
  return stops;
}

void check_clocks(const Workflow& workflow, const Reach& reached, Findings& findings) {
  for (const ClockRule& clock : workflow.clocks) {
    if (reached.clocks.at(clock.id).empty()) {
      add_error(findings, "clock-never-started", clock.pointer, "nothing starts clock " + quoted(clock.id));
      continue;
    }
    if (!can_end(workflow, clock)) {
      add_error(findings, "clock-never-ends", clock.pointer,
                "nothing stops clock " + quoted(clock.id) + ": it runs out whatever anybody does");
    }
  }
  for_each_operation(workflow, [&](const ClockOperation& operation, const std::string& pointer) {
    const ClockRule* clock = workflow.find_clock(operation.clock);
    if (operation.kind != Kind::start || clock == nullptr || !clock->limits.empty()) return;
    if (operation.n.empty() || operation.unit.empty()) {
      add_error(findings, "clock-without-limit", pointer,
                "clock " + quoted(clock->id) + " has no limits: give its start 'n' and 'unit'");
    }
  });
}

void check_ladders(const Workflow& workflow, Findings& findings) {
  Ladders(workflow, findings).check();
}

}  // namespace lastkm::rules
