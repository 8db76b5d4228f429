#include "engine/lane/step.h"

#include "engine/record/digest.h"

namespace lastkm::lane {

record::Command engine_command(std::string_view name, AggregateId aggregate, LaneId lane, CommandId id,
                               Object input, Instant now) {
  record::Command command;
  command.id = std::move(id);
  command.aggregate = std::move(aggregate);
  command.lane = lane;
  command.name = name;
  command.client = record::kEngineClient;
  command.actor = record::Actor{BodyId("SYSTEM"), "SYSTEM", "", ""};
  command.occurred_at = now;
  command.recorded_at = now;
  command.input = Value(std::move(input));
  return command;
}

record::Command follow_up_command(const record::Decision& decision, const record::FollowUp& follow_up,
                                  Instant now) {
  // The id follows from what is asked, so that two owners that send it send one command.
  const std::string name = "follow-up/" + std::to_string(decision.lane.value) + "/" +
                           std::to_string(follow_up.target.value) + "/" + std::to_string(follow_up.number) +
                           "/" + decision.command.value;
  Object input = *follow_up.input.if_object();
  input.set("follow_up", Value(Object{{"lane", static_cast<std::int64_t>(decision.lane.value)},
                                      {"number", follow_up.number}}));
  record::Command command =
      engine_command(follow_up.command, follow_up.aggregate, follow_up.target,
                     CommandId(record::hex(record::sha256(name)).substr(0, 32)), std::move(input), now);
  // Whoever asked the first case asks the other through it; a clock does so as the system.
  if (!decision.events.empty()) command.actor = decision.events.back().actor;
  command.correlation = decision.command.value;
  return command;
}

}  // namespace lastkm::lane
