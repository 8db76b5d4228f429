#include "engine/record/decision.h"

#include <cstring>

#include "engine/record/actor.h"
#include "engine/record/canonical.h"
#include "engine/record/envelope.h"
#include "engine/record/event_text.h"
#include "engine/record/ordered.h"

namespace lastkm::record {

namespace {

void append_event(Writer& out, const Event& event) {
  out.put(R"({"actor":)");
  append_actor(out, event.actor);
  append_present(out, R"(,"clocks":)", event.clocks);
  out.put(R"(,"data":)");
  append_canonical(out, event.data);
  if (event.ended) out.put(R"(,"ended":true)");
  append_present(out, R"(,"facts":)", event.facts);
  append_present(out, R"(,"holders":)", event.holders);
  out.put(R"(,"occurred_at":)");
  append_time(out, event.occurred_at);
  out.put(R"(,"rule":)");
  append_string(out, event.rule);
  out.put(R"(,"seq":)");
  append_number(out, event.seq);
  append_present(out, R"(,"stage":)", event.stage);
  out.put(R"(,"type":)");
  append_string(out, event.type);
  out.put(R"(,"version":)");
  append_number(out, event.version);
  out.put('}');
}

Result<Event> event_from(const Value& value, Facts facts) {
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
  if (facts == Facts::read) event.facts = members.copy("facts");
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

void append_rejection(Writer& out, const Rejection& rejection) {
  out.put(R"({"code":)");
  append_string(out, rejection.code);
  append_present(out, R"(,"facts":)", rejection.facts);
  append_present(out, R"(,"path":)", rejection.path);
  append_present(out, R"(,"rule":)", rejection.rule);
  out.put(R"(,"text":)");
  append_string(out, rejection.text);
  out.put('}');
}

void append_follow_up(Writer& out, const FollowUp& follow_up) {
  out.put(R"({"aggregate":)");
  append_string(out, follow_up.aggregate.value);
  out.put(R"(,"command":)");
  append_string(out, follow_up.command);
  out.put(R"(,"input":)");
  append_canonical(out, follow_up.input);
  out.put(R"(,"lane":)");
  append_number(out, follow_up.target.value);
  out.put(R"(,"number":)");
  append_number(out, follow_up.number);
  out.put('}');
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

bool read_event(const simdjson::dom::element& element, Facts facts, Event& out) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return false;
  Ordered members(object);
  const auto read_facts = [&] {
    simdjson::dom::element passed;
    return facts == Facts::read ? members.maybe_value("facts", out.facts)
                                : !members.is_next("facts") || members.next("facts", passed);
  };
  return read_actor(members, out.actor) && members.maybe_value("clocks", out.clocks) &&
         members.value("data", out.data) && members.maybe_flag("ended", out.ended) && read_facts() &&
         members.maybe_value("holders", out.holders) && members.time("occurred_at", out.occurred_at) &&
         members.text("rule", out.rule) && members.number("seq", out.seq) &&
         members.maybe_text("stage", out.stage) && members.text("type", out.type) &&
         members.number("version", out.version) && members.done();
}

bool read_follow_up(const simdjson::dom::element& element, FollowUp& out) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return false;
  Ordered members(object);
  return members.text("aggregate", out.aggregate.value) && members.text("command", out.command) &&
         members.value("input", out.input) && members.number("lane", out.target) &&
         members.number("number", out.number) && members.done();
}

bool read_rejection(Ordered& of, std::optional<Rejection>& out) {
  if (!of.is_next("rejection")) return true;
  simdjson::dom::object object;
  if (!of.object("rejection", object)) return false;
  Ordered members(object);
  Rejection& rejection = out.emplace();
  return members.text("code", rejection.code) && members.maybe_value("facts", rejection.facts) &&
         members.maybe_text("path", rejection.path) && members.maybe_text("rule", rejection.rule) &&
         members.text("text", rejection.text) && members.done();
}

bool read_ordered(std::string_view bytes, Facts facts, Decision& out) {
  simdjson::dom::object object;
  std::string id;
  if (!read_envelope(bytes, kDecisionType, object, id, out.aggregate.value, out.lane_time)) return false;
  Ordered data(object);
  if (!data.text("command", out.command.value) || !data.text("command_hash", out.command_hash) ||
      !data.text("command_name", out.command_name) || !data.number("context", out.context) ||
      !data.number("decider", out.decider))
    return false;
  if (data.is_next("duplicate_of") && !data.number("duplicate_of", out.duplicate_of.emplace())) return false;
  simdjson::dom::array items;
  if (!data.array("events", items)) return false;
  out.events.reserve(items.size());
  for (const auto item : items) {
    if (!read_event(item, facts, out.events.emplace_back())) return false;
  }
  if (data.is_next("follow_ups")) {
    if (!data.array("follow_ups", items)) return false;
    for (const auto item : items) {
      if (!read_follow_up(item, out.follow_ups.emplace_back())) return false;
    }
  }
  return data.number("lane", out.lane) && data.number("ordinal", out.ordinal) &&
         data.text("prev", out.prev) && read_rejection(data, out.rejection) && data.done();
}

/// Of a record that read_ordered() has read: before the events and behind them it has no list then. A quote
/// inside a text is escaped, so what is looked for lies in none.
std::string_view only_event_of(std::string_view bytes, const Decision& ordered) {
  if (ordered.events.size() != 1 || !ordered.follow_ups.empty() || ordered.rejection) return {};
  const std::size_t from = bytes.find('[') + 1;
  const void* const end = ::memrchr(bytes.data(), ']', bytes.size());
  if (from == 0 || end == nullptr) return {};
  const auto to = static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data());
  if (!bytes.substr(0, from).ends_with(R"("events":[)") || !bytes.substr(to).starts_with(R"(],"lane":)"))
    return {};
  const std::string_view event = bytes.substr(from, to - from);
  return event.starts_with('{') && event.ends_with('}') ? event : std::string_view();
}

}  // namespace

std::string encode(const Decision& decision, std::string_view source) {
  Writer out(kRecordBytes);
  begin_record(out);
  out.put(R"({"command":)");
  append_string(out, decision.command.value);
  out.put(R"(,"command_hash":)");
  append_string(out, decision.command_hash);
  out.put(R"(,"command_name":)");
  append_string(out, decision.command_name);
  out.put(R"(,"context":)");
  append_number(out, decision.context.value);
  out.put(R"(,"decider":)");
  append_number(out, decision.decider);
  if (decision.duplicate_of) {
    out.put(R"(,"duplicate_of":)");
    append_number(out, decision.duplicate_of->value);
  }
  out.put(R"(,"events":[)");
  for (const Event& event : decision.events) {
    if (out.back() == '}') out.put(',');
    append_event(out, event);
  }
  out.put(']');
  if (!decision.follow_ups.empty()) {
    out.put(R"(,"follow_ups":[)");
    for (const FollowUp& follow_up : decision.follow_ups) {
      if (out.back() == '}') out.put(',');
      append_follow_up(out, follow_up);
    }
    out.put(']');
  }
  out.put(R"(,"lane":)");
  append_number(out, decision.lane.value);
  out.put(R"(,"ordinal":)");
  append_number(out, decision.ordinal.value);
  out.put(R"(,"prev":)");
  append_string(out, decision.prev);
  if (decision.rejection) {
    out.put(R"(,"rejection":)");
    append_rejection(out, *decision.rejection);
  }
  out.put('}');
  const std::string id = std::to_string(decision.lane.value) + ":" + std::to_string(decision.ordinal.value);
  return end_record(out, kDecisionType, source, id, decision.aggregate.value, decision.lane_time);
}

std::string event_text(const Event& event) {
  Writer out(kRecordBytes);
  append_event(out, event);
  return out.take();
}

Result<Decision> decode_decision(std::string_view bytes, Facts facts) {
  std::string_view only_event;
  return decode_decision(bytes, facts, only_event);
}

Result<Decision> decode_decision(std::string_view bytes, Facts facts, std::string_view& only_event) {
  only_event = {};
  if (Decision ordered; read_ordered(bytes, facts, ordered)) {
    only_event = only_event_of(bytes, ordered);
    return ordered;
  }
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
  if (data.any("duplicate_of") != nullptr)
    decision.duplicate_of = Ordinal(data.demand_number("duplicate_of"));
  if (const Value* rejection = data.any("rejection")) {
    Members members(*rejection, "rejection");
    decision.rejection = Rejection{members.demand_text("code"), members.demand_text("text"),
                                   members.text("path"), members.text("rule"), members.copy("facts")};
    if (!members.good()) return members.error();
  }
  const Value* events = data.any("events");
  if (events == nullptr || events->if_array() == nullptr) {
    data.fail("events");
    return data.error();
  }
  for (const Value& item : *events->if_array()) {
    auto event = event_from(item, facts);
    if (!event) return event.error();
    decision.events.push_back(std::move(*event));
  }
  if (const Value* follow_ups = data.any("follow_ups");
      follow_ups != nullptr && follow_ups->if_array() != nullptr) {
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
  return wrap(kOwnerStartedType, source, "owner-" + std::to_string(started.epoch) + "-" + started.owner,
              "owner", started.at, Object{{"epoch", started.epoch}, {"owner", started.owner}});
}

DecisionRecordKind kind_of(std::string_view bytes) {
  // Canonical records end with their type.
  const auto ends_with_type = [bytes](std::string_view type) {
    constexpr std::string_view end = R"("})";
    constexpr std::string_view begin = R"("type":")";
    if (!bytes.ends_with(end)) return false;
    const std::string_view rest = bytes.substr(0, bytes.size() - end.size());
    return rest.ends_with(type) && rest.substr(0, rest.size() - type.size()).ends_with(begin);
  };
  if (ends_with_type(kDecisionType)) return DecisionRecordKind::decision;
  if (ends_with_type(kOwnerStartedType)) return DecisionRecordKind::owner_started;
  return DecisionRecordKind::unknown;
}

std::string encode(const Document& document, std::string_view source) {
  Object data{{"content", document.content}, {"document", document.id},
              {"kind", document.kind},       {"ordinal", document.ordinal.value},
              {"sha256", document.sha256},   {"version", document.version}};
  return wrap(kDocumentType, source, "document-" + std::to_string(document.ordinal.value),
              document.kind + "/" + document.id, document.published_at, std::move(data));
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
