#include "projections/explain/opening_words.h"

#include "engine/cases/facts.h"
#include "projections/explain/condition_words.h"

namespace lastkm::explain {

std::optional<NotTaken> not_taken(const Names& names, const Turn& turn, const directory::Context& context) {
  const auto& rejection = turn.decision.rejection;
  const bool by_applies = rejection && rejection->code == "guard-failed" && rejection->rule.empty();
  if (!by_applies || turn.before.version > 0 || !turn.command) return std::nullopt;
  NotTaken out;
  Listing list(names.language(), Listing::Between::clauses);
  for (const rules::Workflow* workflow : context.newest_workflows()) {
    const rules::CommandRule* rule = workflow->find_command(turn.command->name);
    if (rule == nullptr || !rule->opens || workflow->applies.empty()) continue;
    const cases::CaseFacts facts(turn.before, context, turn.decision.lane_time, turn.decision.decider,
                                 &*turn.command, rule);
    for (const Member& fact : facts.values(workflow->applies)) out.facts.add(fact.name, fact.value);
    list.add(workflow->id + "@" + std::to_string(workflow->version) + ": " +
             in_words_and_quoted(names, workflow->applies));
  }
  if (list.empty()) return std::nullopt;
  out.needed = fill(names.say({"须有一个生效流程的受理条件成立：{0}。",
                               "A workflow in force would have had to take it: {0}."}),
                    {list.text()});
  return out;
}

}  // namespace lastkm::explain
