#include "engine/record/decision.h"

#include "engine/record/actor.h"
#include "engine/record/canonical.h"
#include "engine/record/envelope.h"

namespace lastkm::record {

namespace {

Value to_value(const Event& event) {
  Object out{{"actor", record::to_value(event.actor)},
             {"data", event.data},
             {"occurred_at", format_utc(event.occurred_at)},
             {"rule", event.rule},
             {"seq", event.seq},
             {"type", event.type},
             {"version", static_cast<std::int64_t>(event.version)}};
  if (!event.stage.empty()) out.set("stage", event.stage);
  if (event.ended) out.set("ended", true);
  if (!event.holders.is_null()) out.set("holders", event.holders);
  if (!event.clocks.is_null()) out.set("clocks", event.clocks);
  if (!event.facts.is_null()) out.set("facts", event.facts);
  return Value(std::move(out));
}

Result<Event> event_from(const Value& value) {
  Members members(value, "event");
  Event event;
  event.seq = members.demand_number("seq");
  event.type = members.demand_text("type");
  event.version = static_cast<std::int32_t>(members.demand_number("version"));
  event.occurred_at = members.demand_time("occurred_at");
  event.rule = members.demand_text("rule");
  event.stage = members.text("stage");
  event.ended = members.flag("ended");
  event.holders = members.copy("holders");
  event.clocks = members.copy("clocks");
  event.facts = members.copy("facts");
  event.data = members.copy("data");
  const Value* actor = members.any("actor");
  if (actor == nullptr) {
    members.fail("actor");
  } else if (auto read = actor_from(*actor)) {
    event.actor = std::move(*read);
  } else {
    return read.error();
  }
  if (!members.good()) return members.error();
  return event;
}

Value to_value(const Rejection& rejection) {
  Object out{{"code", rejection.code}, {"text", rejection.text}};
  if (!rejection.path.empty()) out.set("path", rejection.path);
  if (!rejection.rule.empty()) out.set("rule", rejection.rule);
  if (!rejection.facts.is_null()) out.set("facts", rejection.facts);
  return Value(std::move(out));
}

Value to_value(const FollowUp& follow_up) {
  return Value(Object{{"aggregate", follow_up.aggregate.value},
                      {"command", follow_up.command},
                      {"input", follow_up.input},
                      {"lane", static_cast<std::int64_t>(follow_up.target.value)},
                      {"number", follow_up.number}});
}

Result<FollowUp> follow_up_from(const Value& value) {
  Members members(value, "follow-up");
  FollowUp out;
  out.aggregate = AggregateId(members.demand_text("aggregate"));
  out.command = members.demand_text("command");
  out.input = members.copy("input");
  out.target = LaneId(static_cast<std::int32_t>(members.demand_number("lane")));
  out.number = members.demand_number("number");
  if (!members.good()) return members.error();
  return out;
}

}  // namespace

std::string encode(const Decision& decision, std::string_view source) {
  Object data;
  data.set("command", decision.command.value);
  data.set("command_hash", decision.command_hash);
  data.set("command_name", decision.command_name);
  data.set("context", decision.context.value);
  data.set("decider", static_cast<std::int64_t>(decision.decider));
  if (decision.duplicate_of) data.set("duplicate_of", decision.duplicate_of->value);
  Array events;
  events.reserve(decision.events.size());
  for (const Event& event : decision.events) events.push_back(to_value(event));
  data.set("events", std::move(events));
  if (!decision.follow_ups.empty()) {
    Array follow_ups;
    for (const FollowUp& follow_up : decision.follow_ups) follow_ups.push_back(to_value(follow_up));
    data.set("follow_ups", std::move(follow_ups));
  }
  data.set("lane", static_cast<std::int64_t>(decision.lane.value));
  data.set("ordinal", decision.ordinal.value);
  data.set("prev", decision.prev);
  if (decision.rejection) data.set("rejection", to_value(*decision.rejection));
  const std::string id = std::to_string(decision.lane.value) + ":" + std::to_string(decision.ordinal.value);
  return wrap(kDecisionType, source, id, decision.aggregate.value, decision.lane_time, std::move(data));
}

Result<Decision> decode_decision(std::string_view bytes) {
  auto value = unwrap(bytes, kDecisionType);
  if (!value) return value.error();
  Members envelope(*value, "decision record");
  Decision decision;
  decision.aggregate = AggregateId(envelope.demand_text("subject"));
  decision.lane_time = envelope.demand_time("time");
  if (!envelope.good()) return envelope.error();
  const Value& content = *value->find("data");
  Members data(content, "decision");
  decision.command = CommandId(data.demand_text("command"));
  decision.command_hash = data.demand_text("command_hash");
  decision.command_name = data.demand_text("command_name");
  decision.context = DirectoryOrdinal(data.demand_number("context"));
  decision.decider = static_cast<std::int32_t>(data.demand_number("decider"));
  decision.lane = LaneId(static_cast<std::int32_t>(data.demand_number("lane")));
  decision.ordinal = Ordinal(data.demand_number("ordinal"));
  decision.prev = data.text("prev");
  if (data.any("duplicate_of") != nullptr) decision.duplicate_of = Ordinal(data.demand_number("duplicate_of"));
  if (const Value* rejection = data.any("rejection")) {
    Members members(*rejection, "rejection");
    decision.rejection = Rejection{members.demand_text("code"), members.demand_text("text"), members.text("path"),
                                   members.text("rule"), members.copy("facts")};
    if (!members.good()) return members.error();
  }
  const Value* events = data.any("events");
  if (events == nullptr || events->if_array() == nullptr) {
    data.fail("events");
    return data.error();
  }
  for (const Value& item : *events->if_array()) {
    auto event = event_from(item);
    if (!event) return event.error();
    decision.events.push_back(std::move(*event));
  }
  if (const Value* follow_ups = data.any("follow_ups"); follow_ups != nullptr && follow_ups->if_array() != nullptr) {
    for (const Value& item : *follow_ups->if_array()) {
      auto follow_up = follow_up_from(item);
      if (!follow_up) return follow_up.error();
      decision.follow_ups.push_back(std::move(*follow_up));
    }
  }
  if (!data.good()) return data.error();
  return decision;
}

std::string encode(const OwnerStarted& started, std::string_view source) {
  return wrap(kOwnerStartedType, source, "owner-" + std::to_string(started.epoch) + "-" + started.owner, "owner", started.at,
              Object{{"epoch", started.epoch}, {"owner", started.owner}});
}

DecisionRecordKind kind_of(std::string_view bytes) {
  // Canonical records end with their type.
  const auto ends_with_type = [bytes](std::string_view type) {
    const std::string tail = "\"type\":\"" + std::string(type) + "\"}";
    return bytes.ends_with(tail);
  };
  if (ends_with_type(kDecisionType)) return DecisionRecordKind::decision;
  if (ends_with_type(kOwnerStartedType)) return DecisionRecordKind::owner_started;
  return DecisionRecordKind::unknown;
}

std::string encode(const Document& document, std::string_view source) {
  Object data{{"content", document.content},
              {"document", document.id},
              {"kind", document.kind},
              {"ordinal", document.ordinal.value},
              {"sha256", document.sha256},
              {"version", document.version}};
  return wrap(kDocumentType, source, "document-" + std::to_string(document.ordinal.value), document.kind + "/" + document.id,
              document.published_at, std::move(data));
}

Result<Document> decode_document(std::string_view bytes) {
  auto value = unwrap(bytes, kDocumentType);
  if (!value) return value.error();
  Members envelope(*value, "document record");
  Document document;
  document.published_at = envelope.demand_time("time");
  if (!envelope.good()) return envelope.error();
  const Value& content = *value->find("data");
  Members data(content, "document");
  document.content = data.copy("content");
  document.id = data.demand_text("document");
  document.kind = data.demand_text("kind");
  document.ordinal = DirectoryOrdinal(data.demand_number("ordinal"));
  document.sha256 = data.demand_text("sha256");
  document.version = data.demand_number("version");
  if (!data.good()) return data.error();
  return document;
}

}  // namespace lastkm::record
