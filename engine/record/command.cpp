#include "engine/record/command.h"

#include "engine/record/actor.h"
#include "engine/record/canonical.h"
#include "engine/record/envelope.h"
#include "engine/record/ordered.h"

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

void append_actor(Writer& out, const Actor& actor) {
  out.put(R"({"body":)");
  append_string(out, actor.body.value);
  append_present(out, R"(,"on_behalf_of":)", actor.on_behalf_of);
  append_present(out, R"(,"person":)", actor.person);
  out.put(R"(,"role":)");
  append_string(out, actor.role);
  out.put('}');
}

std::string encode(const Command& command, std::string_view source) {
  Writer out(kRecordBytes);
  begin_record(out);
  // In canonical order, as in everything that is written by hand here.
  out.put(R"({"actor":)");
  append_actor(out, command.actor);
  append_present(out, R"(,"channel":)", command.channel);
  out.put(R"(,"client":)");
  append_string(out, command.client);
  if (command.clocks_from_business_time) out.put(R"(,"clocks_from_business_time":true)");
  out.put(R"(,"command":)");
  append_string(out, command.name);
  append_present(out, R"(,"correlation":)", command.correlation);
  if (command.expected_version) {
    out.put(R"(,"expected_version":)");
    append_number(out, *command.expected_version);
  }
  out.put(R"(,"fingerprint":)");
  append_string(out, command.fingerprint);
  append_present(out, R"(,"idempotency_key":)", command.idempotency_key);
  out.put(R"(,"input":)");
  append_canonical(out, command.input);
  out.put(R"(,"lane":)");
  append_number(out, command.lane.value);
  out.put(R"(,"occurred_at":)");
  append_time(out, command.occurred_at);
  append_present(out, R"(,"reference":)", command.reference);
  append_present(out, R"(,"trace":)", command.trace);
  out.put('}');
  return end_record(out, kCommandType, source, command.id.value, command.aggregate.value,
                    command.recorded_at);
}

namespace {

bool read_ordered(std::string_view bytes, Command& out) {
  simdjson::dom::object object;
  if (!read_envelope(bytes, kCommandType, object, out.id.value, out.aggregate.value, out.recorded_at))
    return false;
  Ordered data(object);
  if (!read_actor(data, out.actor) || !data.maybe_text("channel", out.channel) ||
      !data.text("client", out.client) ||
      !data.maybe_flag("clocks_from_business_time", out.clocks_from_business_time) ||
      !data.text("command", out.name) || !data.maybe_text("correlation", out.correlation))
    return false;
  if (data.is_next("expected_version") && !data.number("expected_version", out.expected_version.emplace()))
    return false;
  return data.text("fingerprint", out.fingerprint) &&
         data.maybe_text("idempotency_key", out.idempotency_key) && data.value("input", out.input) &&
         out.input.if_object() != nullptr && data.number("lane", out.lane) &&
         data.time("occurred_at", out.occurred_at) && data.maybe_text("reference", out.reference) &&
         data.maybe_text("trace", out.trace) && data.done();
}

}  // namespace

Result<Command> decode_command(std::string_view bytes) {
  Result<Command> out{Command()};
  if (auto decoded = decode_command(bytes, *out); !decoded) return decoded.error();
  return out;
}

Status decode_command(std::string_view bytes, Command& out) {
  if (read_ordered(bytes, out)) return done();
  Command command;
  auto value = unwrap(bytes, kCommandType);
  if (!value) return value.error();
  Members envelope(*value, "command record");
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
  if (data.any("expected_version") != nullptr)
    command.expected_version = data.demand_number("expected_version");
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
  out = std::move(command);
  return done();
}

}  // namespace lastkm::record
