#include "engine/record/command.h"

#include "engine/record/actor.h"
#include "engine/record/envelope.h"

namespace lastkm::record {

Value to_value(const Actor& actor) {
  Object out{{"body", actor.body.value}, {"role", actor.role}};
  if (!actor.person.empty()) out.set("person", actor.person);
  if (!actor.on_behalf_of.empty()) out.set("on_behalf_of", actor.on_behalf_of);
  return Value(std::move(out));
}

Result<Actor> actor_from(const Value& value) {
  Members members(value, "actor");
  Actor actor;
  actor.body = BodyId(members.demand_text("body"));
  actor.role = members.demand_text("role");
  actor.person = members.text("person");
  actor.on_behalf_of = members.text("on_behalf_of");
  if (!members.good()) return members.error();
  return actor;
}

std::string encode(const Command& command, std::string_view source) {
  Object data;
  data.set("actor", to_value(command.actor));
  if (!command.channel.empty()) data.set("channel", command.channel);
  data.set("client", command.client);
  if (command.clocks_from_business_time) data.set("clocks_from_business_time", true);
  data.set("command", command.name);
  if (!command.correlation.empty()) data.set("correlation", command.correlation);
  if (command.expected_version) data.set("expected_version", *command.expected_version);
  data.set("fingerprint", command.fingerprint);
  if (!command.idempotency_key.empty()) data.set("idempotency_key", command.idempotency_key);
  data.set("input", command.input);
  data.set("lane", static_cast<std::int64_t>(command.lane.value));
  data.set("occurred_at", format_utc(command.occurred_at));
  if (!command.reference.empty()) data.set("reference", command.reference);
  if (!command.trace.empty()) data.set("trace", command.trace);
  return wrap(kCommandType, source, command.id.value, command.aggregate.value, command.recorded_at, std::move(data));
}

Result<Command> decode_command(std::string_view bytes) {
  auto value = unwrap(bytes, kCommandType);
  if (!value) return value.error();
  Members envelope(*value, "command record");
  Command command;
  command.id = CommandId(envelope.demand_text("id"));
  command.aggregate = AggregateId(envelope.demand_text("subject"));
  command.recorded_at = envelope.demand_time("time");
  if (!envelope.good()) return envelope.error();
  const Value& content = *value->find("data");
  Members data(content, "command");
  command.name = data.demand_text("command");
  command.lane = LaneId(static_cast<std::int32_t>(data.demand_number("lane")));
  command.client = data.demand_text("client");
  command.fingerprint = data.demand_text("fingerprint");
  command.idempotency_key = data.text("idempotency_key");
  command.channel = data.text("channel");
  command.reference = data.text("reference");
  command.occurred_at = data.demand_time("occurred_at");
  command.clocks_from_business_time = data.flag("clocks_from_business_time");
  command.correlation = data.text("correlation");
  command.trace = data.text("trace");
  if (data.any("expected_version") != nullptr) command.expected_version = data.demand_number("expected_version");
  const Value* actor = data.any("actor");
  if (actor == nullptr) {
    data.fail("actor");
  } else if (auto read = actor_from(*actor)) {
    command.actor = std::move(*read);
  } else {
    return read.error();
  }
  command.input = data.copy("input");
  if (command.input.if_object() == nullptr) data.fail("input");
  if (!data.good()) return data.error();
  return command;
}

}  // namespace lastkm::record
