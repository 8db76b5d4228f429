// lastkm decider activate: a version of the rules that are in the program itself, put into force.
#include "engine/lane/state.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

Result<Exit> activate(Session& session, std::int32_t decider) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const std::int32_t lanes = (*engine)->deployment().lanes;
  for (std::int32_t lane = 0; decider >= lane::kOldestDecider && lane < lanes; ++lane) {
    if (const std::int32_t in_force = (*engine)->decider(LaneId(lane)); in_force > decider) {
      return Error{ErrorKind::refused, "not-above",
                   "The decider " + std::to_string(in_force) + " is in force, and nothing goes back.", ""};
    }
  }
  if (auto active = (*engine)->activate_decider(decider); !active) return active.error();
  if (session.json()) {
    session.print(Object{{"decider", std::int64_t{decider}}, {"lanes", std::int64_t{lanes}}});
  } else {
    session.out() << "The decider " << decider << " is in force in " << lanes << " lanes.\n";
  }
  return Exit::ok;
}

}  // namespace

void add_decider(Program& program) {
  Verb group = program.verb("decider", "Put a version of the decider, the program's own rules, into force");
  group.needs_verb();
  auto given = std::make_shared<std::int32_t>(lane::kNewestDecider);
  Verb verb = group.verb("activate", "From the next decision of each lane on; every engine must know it");
  verb.option("N", *given, "a version that `lastkm config` lists").with_default();
  program.on(verb, Needs::folder, [given](Session& session) { return activate(session, *given); });
}

}  // namespace lastkm::tool
