#include "tests/simulation/checker.h"

#include <algorithm>
#include <set>

namespace lastkm::simulation {

namespace {

record::Decision decoded(const std::string& bytes) {
  auto decision = record::decode_decision(bytes);
  if (!decision) FAIL("an accepted decision cannot be decoded: " + decision.error().message);
  return std::move(*decision);
}

std::string name_of(const record::Decision& decision) {
  return "decision " + std::to_string(decision.lane.value) + ":" + std::to_string(decision.ordinal.value);
}

/// The commands of the life in a new log with other partitions, decided by a new engine.
runtime::Sequences afresh(Life& life) {
  runtime::Bed bed(life.lanes, life.partitions == 1 ? 3 : 1, life.bed.deployment.virtual_clock);
  bed.time = life.bed.time;
  auto from = log::open_simulated_log(life.bed.storage);
  auto to = log::open_simulated_log(bed.storage);
  std::vector<log::Append> appends;
  for (const auto& stored : runtime::all_records(*from, log::Topic::directory, 0)) {
    appends.push_back({log::Topic::directory, 0, stored.record});
  }
  for (std::int32_t partition = 0; partition < from->partitions(); ++partition) {
    for (const auto& stored : runtime::all_records(*from, log::Topic::commands, partition)) {
      const LaneId lane = record::lane_of(AggregateId(stored.record.key), life.lanes);
      appends.push_back({log::Topic::commands, log::partition_of(lane, to->partitions()), stored.record});
    }
  }
  REQUIRE(to->append(appends, log::Durability::synced).has_value());
  { const auto engine = bed.open(); }
  return bed.sequences();
}

Complaints check_state(runtime::Engine& engine, const runtime::Sequences& sequences) {
  std::map<AggregateId, cases::CaseState> folded;
  for (const auto& [lane, decisions] : sequences.decisions) {
    for (const std::string& bytes : decisions) {
      const record::Decision decision = decoded(bytes);
      if (record::is_lane_aggregate(decision.aggregate)) continue;
      cases::CaseState& state = folded[decision.aggregate];
      for (const record::Event& event : decision.events) cases::evolve(state, event, decision.lane_time);
      if (state.version > 0) state.last_decision = record::hex(record::sha256(bytes));
    }
  }
  Complaints out;
  for (auto& [id, state] : folded) {
    auto held = engine.find_case(id.value);
    if (held.has_value() != (state.version > 0))
      out.push_back("state: case " + id.value + " is there and is not");
    if (!held) continue;
    state.id = id;
    held->remembered.clear();
    if (!(*held == state)) out.push_back("state: case " + id.value + " is not the fold of its events");
  }
  return out;
}

/// Once nothing is under way, a case is merged into one that knows it and is merged nowhere itself, and every
/// follow-up has been taken once.
Complaints check_links(runtime::Engine& engine, const runtime::Sequences& sequences) {
  Complaints out;
  std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> made, taken;
  std::map<AggregateId, cases::CaseState> states;
  for (const auto& [lane, decisions] : sequences.decisions) {
    const auto& commands = sequences.commands.at(lane);
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const record::Decision decision = decoded(decisions[i]);
      for (const record::FollowUp& asked : decision.follow_ups) {
        if (asked.number != ++made[{lane, asked.target.value}])
          out.push_back("follow-ups: " + name_of(decision) + " does not number them one after the other");
      }
      const auto command = record::decode_command(commands[i]);
      const Value* origin = command ? command->input.find("follow_up") : nullptr;
      const bool out_of_turn =
          decision.duplicate_of || (decision.rejection && decision.rejection->code.starts_with("follow-up-"));
      if (origin != nullptr && !out_of_turn) {
        const auto source = static_cast<std::int32_t>(origin->number("lane"));
        if (origin->number("number") != ++taken[{source, lane}])
          out.push_back("follow-ups: " + name_of(decision) + " takes one out of turn");
      }
      if (record::is_lane_aggregate(decision.aggregate)) continue;
      if (auto held = engine.find_case(decision.aggregate.value))
        states[decision.aggregate] = std::move(*held);
    }
  }
  if (made != taken) out.push_back("follow-ups: what was asked and what was taken are not the same");
  const auto has = [](const std::vector<std::string>& list, const AggregateId& id) {
    return std::find(list.begin(), list.end(), id.value) != list.end();
  };
  for (const auto& [id, state] : states) {
    if (!state.merging.empty()) out.push_back("links: case " + id.value + " still waits for an answer");
    if (!state.master.empty()) {
      const auto master = states.find(AggregateId(state.master));
      const bool held =
          master != states.end() && has(master->second.merged, id) && master->second.master.empty();
      if (!held) out.push_back("links: case " + id.value + " is merged into one that does not hold it");
    }
    for (const std::string& child : state.merged) {
      const auto found = states.find(AggregateId(child));
      if (found == states.end() || found->second.master != id.value)
        out.push_back("links: case " + id.value + " holds one that is not merged into it");
    }
  }
  return out;
}

void add(Complaints& out, const Complaints& more) {
  out.insert(out.end(), more.begin(), more.end());
}

}  // namespace

Complaints check_decisions(const runtime::Sequences& sequences) {
  Complaints out;
  std::map<CommandId, int> effects;
  std::map<AggregateId, std::int64_t> versions;
  for (const auto& [lane, decisions] : sequences.decisions) {
    std::int64_t ordinal = 0;
    for (const std::string& bytes : decisions) {
      const record::Decision decision = decoded(bytes);
      if (decision.ordinal.value != ++ordinal)
        out.push_back("ordinals: " + name_of(decision) + " is not the next of its lane");
      if (!decision.events.empty() && ++effects[decision.command] > 1) {
        out.push_back("P2: " + name_of(decision) + " is a second effect of command " +
                      decision.command.value);
      }
      for (const record::Event& event : decision.events) {
        if (event.seq != ++versions[decision.aggregate])
          out.push_back("P5: " + name_of(decision) + " has a gap in its numbers");
      }
    }
  }
  return out;
}

Complaints check_answers(const std::vector<Asked>& asked, const runtime::Sequences& sequences) {
  Complaints out;
  std::set<CommandId> decided;
  for (const auto& [lane, decisions] : sequences.decisions) {
    for (const std::string& bytes : decisions) decided.insert(decoded(bytes).command);
  }
  for (const Asked& one : asked) {
    if (one.acknowledged && !decided.contains(one.command))
      out.push_back("P1: acknowledged command " + one.command.value + " has no decision");
    for (const runtime::Outcome& answer : one.answers) {
      const auto lane = sequences.decisions.find(answer.lane.value);
      if (lane == sequences.decisions.end() || answer.ordinal.value < 1 ||
          answer.ordinal.value > static_cast<std::int64_t>(lane->second.size())) {
        out.push_back("answers: command " + one.command.value +
                      " was answered by a decision that is not there");
        continue;
      }
      const record::Decision decision =
          decoded(lane->second[static_cast<std::size_t>(answer.ordinal.value - 1)]);
      if (decision.command != answer.command || decision.events != answer.events ||
          decision.rejection != answer.rejection) {
        out.push_back("answers: command " + one.command.value + " was told other than " + name_of(decision) +
                      " says");
      }
    }
  }
  return out;
}

Complaints check(Life& life) {
  Complaints out = life.complaints;
  auto healed = life.bed.open();
  const runtime::Sequences sequences = life.bed.sequences();
  add(out, check_decisions(sequences));
  add(out, check_answers(life.asked, sequences));
  add(out, check_state(*healed, sequences));
  add(out, check_links(*healed, sequences));
  for (const auto& [lane, commands] : sequences.commands) {
    const auto decisions = sequences.decisions.find(lane);
    if (decisions == sequences.decisions.end() || decisions->second.size() != commands.size()) {
      out.push_back("lane " + std::to_string(lane) + " has a command without a decision after healing");
    }
  }
  healed.reset();
  const runtime::Redecided audited = life.bed.redecided();
  if (audited.different > 0) {
    out.push_back("P3: re-deciding differs at " + std::to_string(audited.first->lane.value) + ":" +
                  std::to_string(audited.first->ordinal.value));
  }
  // What an operator has given follows from no command.
  if (audited.given == 0 && afresh(life).decisions != sequences.decisions)
    out.push_back("P3: a fresh run over the same commands decides otherwise");
  return out;
}

}  // namespace lastkm::simulation
