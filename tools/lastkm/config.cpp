// lastkm config: what this deployment is, and what this program would use.
#include <algorithm>

#include "engine/lane/state.h"
#include "engine/record/command.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/remote.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

/// Where lanes differ an activation is still on its way.
std::int32_t oldest_in_force(const runtime::Engine& engine) {
  std::int32_t oldest = engine.decider(LaneId(0));
  for (std::int32_t lane = 1; lane < engine.deployment().lanes; ++lane)
    oldest = std::min(oldest, engine.decider(LaneId(lane)));
  return oldest;
}

Result<Exit> run(Session& session) {
  const auto folder = session.folder();
  if (!folder) return folder.error();
  runtime::Engine& engine = (*folder)->engine();
  const runtime::Deployment& deployment = engine.deployment();
  const auto context = engine.published();
  Array deciders;
  for (std::int64_t one = lane::kOldestDecider; one <= lane::kNewestDecider; ++one)
    deciders.emplace_back(one);
  const Value value = Object{{"program", LASTKM_VERSION},
                             {"folder", (*folder)->path()},
                             {"log", engine.log().cluster_id().empty() ? "embedded" : "kafka"},
                             {"log_id", deployment.log_id},
                             {"vault_id", deployment.vault_id},
                             {"lanes", std::int64_t{deployment.lanes}},
                             {"partitions", std::int64_t{engine.log().partitions()}},
                             {"clock", deployment.virtual_clock ? "virtual" : "system"},
                             {"now", format_at_offset(engine.now(), context->offset_minutes())},
                             {"made_at", format_at_offset(deployment.made_at, context->offset_minutes())},
                             {"documents", static_cast<std::int64_t>(engine.documents().size())},
                             {"decider", std::int64_t{oldest_in_force(engine)}},
                             {"deciders", std::move(deciders)},
                             {"socket", socket_path((*folder)->path())},
                             {"command_bytes_max", static_cast<std::int64_t>(record::kMaxCommandBytes)}};
  if (session.json()) {
    session.print(value);
    return Exit::ok;
  }
  Table table({{"setting"}, {"value", Align::left, 100}});
  for (const Member& member : *value.if_object()) {
    std::string text;
    if (const std::string* string = member.value.if_string()) text = *string;
    if (const std::int64_t* number = member.value.if_int()) text = std::to_string(*number);
    if (const Array* list = member.value.if_array()) {
      for (const Value& one : *list) text += (text.empty() ? "" : ", ") + std::to_string(*one.if_int());
    }
    table.add({member.name, text});
  }
  table.print(session.out(), session.style());
  return Exit::ok;
}

}  // namespace

void add_config(Program& program) {
  Verb verb = program.verb("config", "What this deployment is: constants, clock, limits");
  program.on(verb, Needs::folder, [](Session& session) { return run(session); });
}

}  // namespace lastkm::tool
