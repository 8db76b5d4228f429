#include <algorithm>
#include <utility>

#include "engine/base/fields.h"
#include "engine/rules/check_parts.h"
#include "engine/rules/vocabulary.h"

namespace lastkm::rules {
namespace {

Declaration one_of(std::vector<std::string> texts) {
  Declaration out;
  out.one_of = std::move(texts);
  return out;
}

bool acts(const Transition& transition) {
  return !transition.effects.to.empty() || !transition.effects.clocks.empty();
}

class Conditions {
 public:
  Conditions(const Workflow& workflow, Findings& findings, Never& never)
      : workflow_(workflow), findings_(findings), never_(never) {}

  void check() {
    check_one(workflow_.applies, openings(), "/applies");
    for (const CommandRule& command : workflow_.commands) {
      for (const Transition& transition : command.transitions) check_transition(command, transition);
      check_overlaps(command);
    }
    const Vocabulary quiet = vocabulary_for(workflow_, nullptr);
    for (const ClockRule& clock : workflow_.clocks) check_clock(clock, quiet);
  }

 private:
  /// `applies` is asked of any command that opens a case.
  [[nodiscard]] Vocabulary openings() {
    for (const CommandRule& command : workflow_.commands) {
      if (!command.opens) continue;
      for (Field field : command.fields) {
        field.required = false;
        opening_fields_.push_back(std::move(field));
      }
    }
    return vocabulary_for(workflow_, &opening_fields_);
  }

  [[nodiscard]] Vocabulary of(const CommandRule& command, const std::vector<std::string>& stages) const {
    Narrower known;
    if (!command.from_cases) known["actor.role"] = one_of(command.roles);
    if (!stages.empty()) known["case.stage"] = one_of(stages);
    return narrowed(vocabulary_for(workflow_, &command.fields), std::move(known));
  }

  /// False where it can never hold; a finding then.
  bool check_one(const Program& program, const Vocabulary& vocabulary, const std::string& pointer) {
    if (program.empty()) return true;
    const Demand demand{&program};
    const Answer answer = try_cells(std::span(&demand, 1), vocabulary);
    if (answer.verdict == Verdict::impossible) {
      add_error(findings_, "contradictory-guard", pointer, "this can never hold: " + program.text());
    }
    return answer.verdict != Verdict::impossible;
  }

  void check_transition(const CommandRule& command, const Transition& transition) {
    const Vocabulary here = of(command, transition.from);
    bool good = check_one(transition.when, here, transition.pointer + "/when");
    std::vector<Demand> all{{&transition.when}};
    for (std::size_t i = 0; i < transition.require.size(); ++i) {
      const Program& condition = transition.require[i].condition;
      good = check_one(condition, here, child(transition.pointer + "/require", i) + "/if") && good;
      all.push_back({&condition});
    }
    if (good && acts(transition) && try_cells(all, here).verdict == Verdict::impossible) {
      add_error(findings_, "contradictory-guard", transition.pointer,
                "transition " + quoted(transition.id) + " is never taken: its conditions exclude each other");
      good = false;
    }
    note_never(command, transition, good, all);
    check_effects(transition.effects, of(command, {}), transition.pointer);
  }

  /// A condition on the stage may shut one stage out and not the others.
  void note_never(const CommandRule& command, const Transition& transition, bool good,
                  const std::vector<Demand>& all) {
    if (!good && command.opens) never_.insert({&transition, ""});
    const bool by_stage = std::any_of(all.begin(), all.end(), [](const Demand& demand) {
      const std::vector<std::string>& facts = demand.program->facts();
      return std::binary_search(facts.begin(), facts.end(), "case.stage");
    });
    for (const std::string& from : transition.from) {
      if (!good || (by_stage && try_cells(all, of(command, {from})).verdict == Verdict::impossible))
        never_.insert({&transition, from});
    }
  }

  void check_effects(const Effects& effects, const Vocabulary& vocabulary, const std::string& pointer) {
    for (std::size_t i = 0; i < effects.events.size(); ++i) {
      check_one(effects.events[i].when, vocabulary, child(pointer + "/events", i) + "/when");
    }
    for (std::size_t i = 0; i < effects.clocks.size(); ++i) {
      check_one(effects.clocks[i].when, vocabulary, child(pointer + "/clocks", i) + "/when");
    }
    for (std::size_t i = 0; i < effects.asks.size(); ++i) {
      check_one(effects.asks[i].when, vocabulary, child(pointer + "/asks", i) + "/when");
    }
  }

  void check_clock(const ClockRule& clock, const Vocabulary& vocabulary) {
    std::vector<Demand> none_before;
    for (std::size_t i = 0; i < clock.limits.size(); ++i) {
      const Program& when = clock.limits[i].when;
      const std::string pointer = child(clock.pointer + "/limits", i);
      if (check_one(when, vocabulary, pointer + "/when")) {
        std::vector<Demand> demands = none_before;
        demands.push_back({&when});
        if (try_cells(demands, vocabulary).verdict == Verdict::impossible) {
          add_error(findings_, "dead-limit", pointer, "a limit before it always holds where this one does");
        }
      }
      none_before.push_back({&when, false});
    }
    for (std::size_t i = 0; i < clock.marks.size(); ++i) {
      const std::string pointer = child(clock.pointer + "/marks", i);
      check_one(clock.marks[i].when, vocabulary, pointer + "/when");
      check_effects(clock.marks[i].effects, vocabulary, pointer);
    }
    check_effects(clock.on_due, vocabulary, clock.pointer + "/on_due");
  }

  void check_overlaps(const CommandRule& command) {
    for (std::size_t b = 1; b < command.transitions.size(); ++b) {
      for (std::size_t a = 0; a < b; ++a) check_pair(command, command.transitions[a], command.transitions[b]);
    }
  }

  void check_pair(const CommandRule& command, const Transition& first, const Transition& second) {
    std::vector<std::string> shared;
    for (const std::string& stage : first.from) {
      if (std::find(second.from.begin(), second.from.end(), stage) != second.from.end())
        shared.push_back(stage);
    }
    if (shared.empty() && !command.opens) return;
    const std::vector<Demand> both{{&first.when}, {&second.when}};
    const Answer answer = try_cells(both, of(command, shared));
    const std::string pair = quoted(first.id) + " and " + quoted(second.id);
    const std::string place = shared.empty() ? "" : " in stage " + quoted(shared.front());
    if (answer.verdict == Verdict::possible) {
      add_error(
          findings_, "overlap", second.pointer,
          pair + " can both fire" + place + (answer.example.empty() ? "" : ", where " + answer.example));
    } else if (answer.verdict == Verdict::undecided) {
      add_warning(
          findings_, "undecided", second.pointer,
          "whether " + pair + " can both fire" + place + " is not decided: simplify their conditions");
    }
  }

  const Workflow& workflow_;
  Findings& findings_;
  Never& never_;
  std::vector<Field> opening_fields_;
};

}  // namespace

Vocabulary narrowed(Vocabulary base, Narrower facts) {
  Vocabulary out = base;
  out.fact = [inner = std::move(base.fact),
              known = std::move(facts)](std::string_view name) -> std::optional<Declaration> {
    const auto found = known.find(name);
    return found == known.end() ? inner(name) : found->second;
  };
  return out;
}

void check_conditions(const Workflow& workflow, Findings& findings, Never& never) {
  Conditions(workflow, findings, never).check();
}

}  // namespace lastkm::rules
