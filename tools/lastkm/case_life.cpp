#include "tools/lastkm/case_life.h"

#include <map>

#include "engine/cases/evolve.h"
#include "engine/record/command.h"
#include "engine/record/digest.h"
#include "engine/record/event_text.h"
#include "engine/runtime/each_record.h"
#include "projections/checkpoint.h"
#include "projections/query/case_json.h"

namespace lastkm::tool {

namespace {

/// What is asked about: an aggregate, and one decision of it where `ordinal` is set.
struct About {
  AggregateId id;
  LaneId lane;
  Ordinal ordinal;
};

Error no_such_decision(std::string_view about) {
  return Error{ErrorKind::not_found, "no-such-decision",
               "There is no decision " + std::string(about) +
                   "; LANE:ORDINAL stands in the answer to each command, see also `lastkm log dump`.",
               ""};
}

std::optional<std::int64_t> number(std::string_view digits) {
  std::int64_t out = 0;
  if (digits.empty() || digits.size() > 15) return std::nullopt;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + (c - '0');
  }
  return out;
}

Result<About> decision_named(runtime::Engine& engine, std::string_view about, std::size_t colon) {
  const auto lane = number(about.substr(0, colon));
  const auto ordinal = number(about.substr(colon + 1));
  if (!lane || !ordinal || *lane >= engine.deployment().lanes) return no_such_decision(about);
  About out{AggregateId(""), LaneId(static_cast<std::int32_t>(*lane)), Ordinal(*ordinal)};
  const std::int32_t partition = log::partition_of(out.lane, engine.log().partitions());
  auto read = runtime::each_accepted(engine.log(), partition,
                                     [&](const record::Decision& decision, const log::Record&) {
                                       if (decision.lane != out.lane || decision.ordinal != out.ordinal)
                                         return true;
                                       out.id = decision.aggregate;
                                       return false;
                                     });
  if (!read) return read.error();
  if (out.id.value.empty()) return no_such_decision(about);
  return out;
}

Result<About> resolve(runtime::Engine& engine, std::string_view about) {
  if (const auto colon = about.find(':'); colon != std::string_view::npos)
    return decision_named(engine, about, colon);
  const auto found = engine.find_case(about);
  if (!found && (found.error().kind != ErrorKind::not_found || about.size() != 32)) return found.error();
  // Also where no case was opened: its refusals are decisions too.
  const AggregateId id = found ? found->id : AggregateId(std::string(about));
  return About{id, record::lane_of(id, engine.deployment().lanes), Ordinal(0)};
}

/// The commands of the decisions, by their hash.
Status add_commands(runtime::Engine& engine, const About& about, std::vector<explain::Turn>& turns) {
  const std::int32_t partition = log::partition_of(about.lane, engine.log().partitions());
  std::map<std::string, std::vector<explain::Turn*>> wanted;
  for (explain::Turn& turn : turns) wanted[turn.decision.command_hash].push_back(&turn);
  return runtime::each_record(
      engine.log(), log::Topic::commands, partition, [&](const log::StoredRecord& stored) {
        if (stored.record.key != about.id.value) return true;
        const auto turn = wanted.find(record::hex(record::sha256(stored.record.value)));
        if (turn == wanted.end()) return true;
        auto command = record::decode_command(stored.record.value);
        for (explain::Turn* one : turn->second) {
          if (command) one->command = *command;
        }
        return true;
      });
}

}  // namespace

Result<CaseTurns> case_turns(runtime::Engine& engine, std::string_view about_text) {
  const auto about = resolve(engine, about_text);
  if (!about) return about.error();
  CaseTurns found;
  std::vector<explain::Turn>& turns = found.turns;
  cases::CaseState state;
  state.id = about->id;
  const std::int32_t partition = log::partition_of(about->lane, engine.log().partitions());
  auto read = runtime::each_accepted(engine.log(), partition,
                                     [&](const record::Decision& decision, const log::Record&) {
                                       if (decision.lane == about->lane)
                                         found.positions[about->lane] = decision.ordinal;
                                       if (decision.aggregate != about->id) return true;
                                       if (about->ordinal.value == 0 || decision.ordinal == about->ordinal)
                                         turns.push_back({decision, std::nullopt, state});
                                       for (const record::Event& event : decision.events)
                                         cases::evolve(state, event, decision.lane_time);
                                       return true;
                                     });
  if (!read) return read.error();
  if (turns.empty()) {
    const auto known = engine.find_case(about_text);
    if (!known) return known.error();
    return Error{ErrorKind::integrity, "decisions-missing",
                 "the engine knows the case " + about->id.value + ", and the log holds no decision about it",
                 ""};
  }
  if (auto added = add_commands(engine, *about, turns); !added) return added.error();
  return found;
}

Result<CaseLife> case_life(runtime::Engine& engine, std::string_view id_or_ref) {
  const auto found = engine.find_case(id_or_ref);
  if (!found) return found.error();
  const AggregateId id = found->id;
  const LaneId lane = record::lane_of(id, engine.deployment().lanes);
  CaseLife life;
  cases::CaseState state;
  state.id = id;
  const std::int32_t partition = log::partition_of(lane, engine.log().partitions());
  auto read = runtime::each_accepted(
      engine.log(), partition, [&](const record::Decision& decision, const log::Record&) {
        if (decision.lane == lane) life.positions[lane] = decision.ordinal;
        if (decision.aggregate != id) return true;
        for (const record::Event& event : decision.events) {
          cases::evolve(state, event, decision.lane_time);
          life.steps.push_back({event, decision.lane, decision.ordinal, decision.lane_time, state});
        }
        return true;
      });
  if (!read) return read.error();
  return life;
}

Result<Value> history_line(const Step& step, std::int32_t offset_minutes) {
  auto event = projections::row_value("decisions", step.after.id.value, record::event_text(step.event));
  if (!event) return event.error();
  return projections::history_line(Object{{"event", std::move(*event)},
                                          {"lane", step.lane.value},
                                          {"ordinal", step.ordinal.value},
                                          {"recorded_at", format_utc(step.recorded_at)}},
                                   offset_minutes);
}

}  // namespace lastkm::tool
