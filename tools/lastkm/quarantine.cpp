// lastkm quarantine list|skip|redrive: lanes that have stopped at a command that the engine cannot decide.
#include <charconv>

#include "engine/base/fields.h"
#include "engine/privacy/vault.h"
#include "engine/record/command.h"
#include "engine/runtime/each_record.h"
#include "engine/runtime/lane_reader.h"
#include "tools/lastkm/answers.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Place {
  LaneId lane;
  Ordinal ordinal;
};

Result<Place> read_place(const std::string& text) {
  const auto colon = text.find(':');
  Place place;
  const char* end = text.data() + text.size();
  if (colon != std::string::npos) {
    const auto lane = std::from_chars(text.data(), text.data() + colon, place.lane.value);
    const auto ordinal = std::from_chars(text.data() + colon + 1, end, place.ordinal.value);
    if (lane.ec == std::errc() && lane.ptr == text.data() + colon && ordinal.ec == std::errc() &&
        ordinal.ptr == end)
      return place;
  }
  return Error{ErrorKind::bad_input, "usage", "Give LANE:ORDINAL, such as 17:42, not " + text + ".", ""};
}

Result<Exit> list(Session& session) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto stopped = (*engine)->stopped();
  Table table({{"lane:ordinal"}, {"code"}, {"why", Align::left, 100}});
  for (const runtime::Engine::Stopped& lane : stopped) {
    if (session.json()) {
      session.print(Object{{"lane", std::int64_t{lane.lane.value}},
                           {"ordinal", lane.at.value},
                           {"code", lane.why.code},
                           {"text", lane.why.message}});
    }
    table.add({std::to_string(lane.lane.value) + ":" + std::to_string(lane.at.value), lane.why.code,
               lane.why.message});
  }
  if (session.json()) return Exit::ok;
  if (stopped.empty()) {
    session.out() << "No lane has stopped.\n";
  } else {
    table.print(session.out(), session.style());
  }
  return Exit::ok;
}

struct Skip {
  std::string place;
  std::string reason;
  std::string by = "operator";
};

Result<Exit> skip(Session& session, const Skip& given) {
  const auto place = read_place(given.place);
  if (!place) return place.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  if (auto skipped = (*engine)->skip(place->lane, place->ordinal, given.by, given.reason); !skipped)
    return skipped.error();
  if (session.json()) {
    session.print(Object{{"lane", std::int64_t{place->lane.value}},
                         {"ordinal", place->ordinal.value},
                         {"given_by", given.by}});
  } else {
    session.out() << "Skipped " << given.place << "; audits count its decision as given. The lane goes on.\n";
  }
  return Exit::ok;
}

/// The command at an ordinal of a lane.
Result<record::Command> find_command(runtime::Engine& engine, Place place) {
  const Error none{
      ErrorKind::not_found, "no-such-command",
      "lane " + std::to_string(place.lane.value) + " has no command " + std::to_string(place.ordinal.value),
      ""};
  const std::int32_t lanes = engine.deployment().lanes;
  if (place.lane.value < 0 || place.lane.value >= lanes || place.ordinal.value < 1) return none;
  runtime::LaneReader commands(engine.log(), log::Topic::commands, place.lane, lanes);
  for (Ordinal at(1);; at = next(at)) {
    const auto stored = commands.next();
    if (!stored) return stored.error();
    if (!*stored) return none;
    if (at == place.ordinal) return record::decode_command((*stored)->record.value);
  }
}

/// Whether an operator has decided there. A command that was decided has nothing to be sent again for.
Status check_skipped(runtime::Engine& engine, Place place, const std::string& text) {
  bool skipped = false;
  const Status read = runtime::each_accepted(
      engine.log(), log::partition_of(place.lane, engine.log().partitions()),
      [&](const record::Decision& decision, const log::Record& /*record*/) -> Result<bool> {
        if (decision.lane != place.lane || decision.ordinal != place.ordinal) return true;
        skipped = lane::is_given(decision);
        return false;
      });
  if (!read || skipped) return read;
  return Error{ErrorKind::refused, "not-skipped",
               "The command at " + text + " was not skipped: `lastkm audit explain " + text +
                   "` says what became of it.",
               ""};
}

/// The value with every sealed box opened. Each was bound to where it stands: a JSON pointer into the input.
Result<Value> opened(const Value& value, privacy::Vault& vault, const privacy::Place& place) {
  if (privacy::is_sealed(value)) return vault.open(value, place);
  if (const Object* object = value.if_object()) {
    Object out;
    for (const Member& member : *object) {
      auto plain =
          opened(member.value, vault, {place.aggregate, place.command, child(place.field, member.name)});
      if (!plain) return plain.error();
      out.set(member.name, std::move(*plain));
    }
    return Value(std::move(out));
  }
  if (const Array* array = value.if_array()) {
    Array out;
    for (std::size_t i = 0; i < array->size(); ++i) {
      auto plain = opened((*array)[i], vault, {place.aggregate, place.command, child(place.field, i)});
      if (!plain) return plain.error();
      out.push_back(std::move(*plain));
    }
    return Value(std::move(out));
  }
  return value;
}

Result<Exit> redrive(Session& session, const std::string& text) {
  const auto place = read_place(text);
  if (!place) return place.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto old = find_command(**engine, *place);
  if (!old) return old.error();
  if (auto skipped = check_skipped(**engine, *place, text); !skipped) return skipped.error();
  auto data = opened(old->input, (*engine)->vault(), {old->aggregate, old->id, ""});
  if (!data) return data.error();
  intake::Submission submission;
  submission.name = old->name;
  submission.case_id = old->aggregate.value;
  submission.case_from_log = true;
  submission.channel = old->channel;
  submission.reference = old->reference;
  submission.actor = old->actor;
  submission.occurred_at = old->occurred_at;
  submission.idempotency_key = "redrive-" + old->id.value;
  submission.client = "quarantine";
  submission.correlation = old->id.value;
  submission.data = std::move(*data);
  const auto outcomes = (*engine)->submit(std::span(&submission, 1));
  if (!outcomes.front()) return outcomes.front().error();
  const runtime::Outcome& outcome = *outcomes.front();
  if (session.json()) {
    session.print(to_value(outcome, Session::offset_of(**engine)));
  } else {
    session.out() << "Sent again as a new command that names " << old->id.value << ": "
                  << name_of(outcome.status);
    if (outcome.rejection)
      session.out() << ", " << outcome.rejection->code << ": " << outcome.rejection->text;
    session.out() << ".\n";
  }
  return exit_of(outcome);
}

}  // namespace

void add_quarantine(Program& program) {
  Verb group =
      program.verb("quarantine", "Lanes that have stopped: list them, skip a command, send one again");
  group.needs_verb();
  Verb verb = group.verb("list", "Which lanes have stopped, where and why");
  program.on(verb, Needs::folder, [](Session& session) { return list(session); });

  auto given = std::make_shared<Skip>();
  verb =
      group.verb("skip", "Write an operator's decision where a lane has stopped; audits count it as given");
  verb.option("LANE:ORDINAL", given->place, "as quarantine list shows it").required();
  verb.option("--reason", given->reason, "why: a short code or sentence without personal data").required();
  verb.option("--by", given->by, "who decides it (a person reference)").with_default();
  program.on(verb, Needs::folder, [given](Session& session) { return skip(session, *given); });

  auto place = std::make_shared<std::string>();
  verb = group.verb("redrive", "Send a skipped command again, as a new one that names the old");
  verb.option("LANE:ORDINAL", *place, "the command's place").required();
  program.on(verb, Needs::folder, [place](Session& session) { return redrive(session, *place); });
}

}  // namespace lastkm::tool
