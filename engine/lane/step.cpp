#include "engine/lane/step.h"

#include <algorithm>

#include "engine/cases/decide.h"
#include "engine/cases/evolve.h"
#include "engine/lane/repeat.h"
#include "engine/record/digest.h"
#include "engine/record/envelope.h"

namespace lastkm::lane {

namespace {

using record::Command;
using record::Decision;
using record::Rejection;

constexpr std::string_view kOperatorRule = "engine/operator";
constexpr std::string_view kFollowUpRepeat = "follow-up-repeat";
constexpr std::string_view kFollowUpGap = "follow-up-gap";

Rejection refuse(std::string_view code, std::string text, std::string_view path = {}) {
  return Rejection{std::string(code), std::move(text), std::string(path), "engine", Value()};
}

record::Event lane_event(const LaneState& state, const Command& command, std::string_view type, Object data) {
  record::Event event;
  event.seq = state.version + 1;
  event.type = type;
  event.occurred_at = command.occurred_at;
  event.actor = command.actor;
  event.rule = "engine/lane";
  event.data = Value(std::move(data));
  return event;
}

void activate(const LaneState& state, const Command& command, Decision& decision) {
  const std::int64_t directory = command.input.number("directory");
  const std::int64_t decider = command.input.number("decider");
  if (directory > 0) {
    if (directory <= decision.context.value) {
      decision.rejection =
          refuse("already-active", "directory ordinal " + std::to_string(directory) + " is not above " +
                                       std::to_string(decision.context.value) + ", which is in force");
      return;
    }
    if (const std::string_view text = command.input.text("from"); !text.empty()) {
      const auto from = parse_instant(text);
      if (!from) {
        decision.rejection =
            refuse("bad-data", "'from' is a time with a zone, such as 2026-07-01T00:00:00+08:00", "/from");
        return;
      }
      if (*from > decision.lane_time) {
        decision.events.push_back(lane_event(state, command, "DirectoryScheduled",
                                             Object{{"from", format_utc(*from)}, {"ordinal", directory}}));
        return;
      }
    }
    decision.events.push_back(
        lane_event(state, command, "DirectoryActivated", Object{{"ordinal", directory}}));
  } else if (decider > 0) {
    if (decider <= state.decider) {
      decision.rejection =
          refuse("already-active", "decider " + std::to_string(decider) + " is not above " +
                                       std::to_string(state.decider) + ", which is in force");
      return;
    }
    decision.events.push_back(lane_event(state, command, "DeciderActivated", Object{{"version", decider}}));
  } else {
    decision.rejection =
        refuse("bad-data", "Activate needs 'directory' or 'decider', a number above 0", "/directory");
  }
}

void answer_lane_command(const LaneState& state, const Command& command, Decision& decision) {
  if (command.name == kActivate) {
    activate(state, command, decision);
  } else if (command.name == kAdvanceClock) {
    decision.events.push_back(lane_event(state, command, "ClockAdvanced", Object{}));
  } else if (command.name == kFollowUpsSent) {
    const auto target = static_cast<std::int32_t>(command.input.number("lane", -1));
    const std::int64_t number = command.input.number("number");
    const auto made = state.made.find(target);
    const auto sent = state.sent.find(target);
    if (made == state.made.end() || number > made->second ||
        (sent != state.sent.end() && number <= sent->second)) {
      decision.rejection = refuse("bad-data", "no follow-ups up to that number are waiting", "/number");
      return;
    }
    decision.events.push_back(
        lane_event(state, command, "FollowUpsNoted",
                   Object{{"lane", static_cast<std::int64_t>(target)}, {"number", number}}));
  } else {
    decision.rejection = refuse("unknown-command", "'" + command.name + "' is no command to a lane");
  }
}

/// Where the command is a follow-up: its number, {"lane", "number"}. nullptr: it came from outside.
const Value* origin_of(const Command& command) {
  return command.client == record::kEngineClient ? command.input.find("follow_up") : nullptr;
}

/// Numbers what is asked of another aggregate, after what the decision asks already.
void ask(const LaneState& state, std::int32_t lanes, AggregateId of, std::string_view command, Object input,
         Decision& decision) {
  const LaneId target = record::lane_of(of, lanes);
  const auto made = state.made.find(target.value);
  std::int64_t number = made == state.made.end() ? 1 : made->second + 1;
  for (const record::FollowUp& before : decision.follow_ups) {
    if (before.target == target) number = before.number + 1;
  }
  decision.follow_ups.push_back(
      {target, number, std::move(of), std::string(command), Value(std::move(input))});
}

void take_answer(const LaneState& state, std::int32_t lanes, cases::Answer answer, Decision& decision) {
  decision.events = std::move(answer.events);
  decision.rejection = std::move(answer.rejection);
  for (cases::Request& request : answer.requests) {
    Object input{{"from", decision.aggregate.value}, {"input", std::move(request.input)}};
    if (!request.refused.empty()) input.set("refused", request.refused);
    ask(state, lanes, std::move(request.aggregate), request.command, std::move(input), decision);
  }
}

/// A follow-up is sent once, so it is not refused until clocks have fired: the lane sends it to itself.
void ask_again(const LaneState& state, std::int32_t lanes, const Command& command, Decision& decision) {
  decision.rejection.reset();
  Object input = *command.input.if_object();
  input.erase("follow_up");
  ask(state, lanes, command.aggregate, command.name, std::move(input), decision);
}

bool out_of_turn(const Decision& decision) {
  return decision.rejection &&
         (decision.rejection->code == kFollowUpRepeat || decision.rejection->code == kFollowUpGap);
}

/// Who asked hears of a refusal, where a command for that was named.
void tell_refusal(const LaneState& state, std::int32_t lanes, const Command& command, Decision& decision) {
  const std::string_view tell = command.input.text("refused");
  if (origin_of(command) == nullptr || !decision.rejection || out_of_turn(decision) || tell.empty()) return;
  Value answer(Object{{"case", decision.aggregate.value}, {"reason", decision.rejection->code}});
  ask(state, lanes, AggregateId(std::string(command.input.text("from"))), tell,
      Object{{"from", decision.aggregate.value}, {"input", std::move(answer)}}, decision);
}

void answer_case_command(const LaneState& state, const Command& given_command, std::int32_t lanes,
                         const directory::Context& context, Memory& memory, Decision& decision) {
  static const cases::CaseState kNone;
  const cases::CaseState* found = memory.find_case(given_command.aggregate);
  const cases::CaseState& before = found == nullptr ? kNone : *found;
  decision.prev = before.last_decision;
  if (is_repeat(given_command, before, memory, decision)) return;

  const Command* command = &given_command;
  Command unwrapped;
  const Value* const origin = origin_of(given_command);
  if (origin != nullptr) {
    const auto source = static_cast<std::int32_t>(origin->number("lane", -1));
    const std::int64_t number = origin->number("number");
    const auto seen = state.seen.find(source);
    const std::int64_t last = seen == state.seen.end() ? 0 : seen->second;
    if (number != last + 1) {
      decision.rejection =
          refuse(number <= last ? kFollowUpRepeat : kFollowUpGap,
                 "follow-up " + std::to_string(number) + " of lane " + std::to_string(source) + " came, " +
                     std::to_string(last + 1) + " is next");
      return;
    }
    unwrapped = given_command;
    const Value* input = given_command.input.find("input");
    unwrapped.input = input == nullptr ? Value(Object{}) : *input;
    command = &unwrapped;
  }

  if (!command->reference.empty() && before.version > 0) {
    const auto same =
        std::find_if(before.remembered.begin(), before.remembered.end(), [&](const cases::Remembered& r) {
          return r.fingerprint == command->fingerprint && !is_forgotten(before, r, decision.lane_time);
        });
    if (same != before.remembered.end()) {
      decision.duplicate_of = same->ordinal;
      return;
    }
  }
  const bool may_open = before.version == 0;
  const cases::Moment moment{decision.lane_time,
                             may_open ? reference_number(state.lane, state.opened + 1) : std::string(),
                             state.decider, origin != nullptr};
  cases::Answer answer = command->name == kClockDue ? cases::fire(before, context, moment)
                                                    : cases::decide(before, *command, context, moment);
  const bool wait = answer.clocks_pending && origin != nullptr;
  take_answer(state, lanes, std::move(answer), decision);
  if (wait) ask_again(state, lanes, given_command, decision);
}

/// A decision that would be too large becomes a rejection: visible, and the same on every machine. What a
/// small command causes in a few events cannot reach the limit, so only the others are measured.
void keep_within_limits(const Taken& taken, Decision& decision) {
  if (taken.bytes.size() < 8192 && decision.events.size() <= 8 && decision.follow_ups.size() <= 8) return;
  const bool too_many = decision.events.size() > record::kMaxDecisionEvents;
  if (!too_many && encode(decision, "").size() <= record::kMaxDecisionBytes) return;
  decision.events.clear();
  decision.follow_ups.clear();
  decision.rejection =
      refuse("too-large", "the command would cause more than " + std::to_string(record::kMaxDecisionEvents) +
                              " events or " + std::to_string(record::kMaxDecisionBytes) + " bytes at once");
}

Decision open_decision(const LaneState& state, const Taken& taken) {
  Decision decision;
  decision.lane = state.lane;
  decision.ordinal = next(state.ordinal);
  decision.decider = state.decider;
  decision.command_hash = record::hex(record::sha256(taken.bytes));
  decision.lane_time = state.time;
  if (taken.command) {
    decision.command = taken.command->id;
    decision.command_name = taken.command->name;
    decision.aggregate = taken.command->aggregate;
    decision.lane_time = std::max(state.time, taken.command->recorded_at);
  } else {
    decision.aggregate = record::lane_aggregate(state.lane);
  }
  if (record::is_lane_aggregate(decision.aggregate)) decision.prev = state.last_own;
  decision.context = context_at(state, decision.lane_time);
  return decision;
}

}  // namespace

Taken take(std::string_view key, std::string_view bytes, std::int32_t lanes, LaneId in) {
  Taken taken{bytes, std::nullopt, ""};
  if (bytes.size() > record::kMaxCommandBytes) {
    taken.why_not = "the record is larger than " + std::to_string(record::kMaxCommandBytes) + " bytes";
    return taken;
  }
  const record::Command& command = taken.command.emplace();
  if (auto decoded = record::decode_command(bytes, *taken.command); !decoded) {
    taken.why_not = decoded.error().message;
    taken.unknown_type = decoded.error().code == "unknown-type" && !record::own_type(bytes).empty();
    taken.command.reset();
  } else if (command.aggregate.value != key || command.lane != in ||
             command.lane != record::lane_of(command.aggregate, lanes)) {
    taken.why_not = "the record's key, lane and aggregate do not belong together";
    taken.command.reset();
  }
  return taken;
}

namespace {

/// A decider of the future, named by a sentence without its end.
Error beyond(const std::string& what) {
  return Error{ErrorKind::integrity, "upgrade-required",
               what + ", this program knows " + std::to_string(kOldestDecider) + " to " +
                   std::to_string(kNewestDecider) + ": install a newer program",
               ""};
}

}  // namespace

Result<Decision> step(const LaneState& state, const Taken& taken, std::int32_t lanes, Memory& memory) {
  if (state.decider < kOldestDecider || state.decider > kNewestDecider) {
    return beyond("lane " + std::to_string(state.lane.value) + " runs at decider " +
                  std::to_string(state.decider));
  }
  if (taken.unknown_type && state.decider >= 2) {
    return Error{ErrorKind::integrity, "upgrade-required",
                 "lane " + std::to_string(state.lane.value) + " is asked what this program does not know: " +
                     taken.why_not + "; or pass it over: 'lastkm quarantine skip'",
                 ""};
  }
  Decision decision = open_decision(state, taken);
  if (!taken.command) {
    decision.rejection = refuse("undecodable", taken.why_not);
    return decision;
  }
  const Command& command = *taken.command;
  if (record::is_lane_aggregate(command.aggregate)) {
    if (command.name == kActivate && command.input.number("directory") <= 0 &&
        command.input.number("decider") > kNewestDecider) {
      return beyond("lane " + std::to_string(state.lane.value) + " is to run at decider " +
                    std::to_string(command.input.number("decider")));
    }
    if (command.name == kActivate && command.input.number("directory") > decision.context.value &&
        memory.context(DirectoryOrdinal(command.input.number("directory"))) == nullptr) {
      return Error{ErrorKind::integrity, "document-missing",
                   "lane " + std::to_string(state.lane.value) + " is to use the directory up to ordinal " +
                       std::to_string(command.input.number("directory")) +
                       ", which cannot be read here: restore the directory log",
                   ""};
    }
    if (!is_repeat(command, {}, memory, decision)) answer_lane_command(state, command, decision);
    return decision;
  }
  const auto context = memory.context(decision.context);
  if (context == nullptr) {
    return Error{ErrorKind::integrity, "document-missing",
                 "lane " + std::to_string(state.lane.value) + " uses the directory up to ordinal " +
                     std::to_string(decision.context.value) +
                     ", which cannot be read here: restore the directory log",
                 ""};
  }
  answer_case_command(state, command, lanes, *context, memory, decision);
  keep_within_limits(taken, decision);
  tell_refusal(state, lanes, command, decision);
  return decision;
}

namespace {

/// An operator has skipped what was asked again: the answer to the first asking stays.
bool is_skip_of_repeat(const Command& command, const Decision& decision, Memory& memory) {
  if (!is_given(decision)) return false;
  const auto before = memory.find_answered(decision.aggregate, command.id);
  if (!before) return false;
  const cases::CaseState* about = memory.find_case(decision.aggregate);
  return about == nullptr || !is_forgotten(*about, *before, decision.lane_time);
}

}  // namespace

Status check_known(const Decision& decision) {
  if (decision.decider > kNewestDecider) {
    return beyond("decider " + std::to_string(decision.decider) + " made this decision");
  }
  for (const record::Event& event : decision.events) {
    if (cases::is_known(decision.aggregate, event)) continue;
    return Error{ErrorKind::integrity, "upgrade-required",
                 "version " + std::to_string(event.version) + " of the event '" + event.type +
                     "' is not known to this program: install a newer program",
                 ""};
  }
  return done();
}

void fold(LaneState& state, Books& books, const Taken& taken, const Decision& decision,
          std::string_view decision_bytes) {
  const std::string hash = record::hex(record::sha256(decision_bytes));
  state.ordinal = decision.ordinal;
  state.time = decision.lane_time;
  state.last_hash = hash;
  state.context = std::max(state.context, decision.context);
  for (const record::FollowUp& follow_up : decision.follow_ups)
    state.made[follow_up.target.value] = follow_up.number;

  if (record::is_lane_aggregate(decision.aggregate)) {
    state.last_own = hash;
    for (const record::Event& event : decision.events) {
      state.version = event.seq;
      if (event.type == "DirectoryActivated") {
        state.context = DirectoryOrdinal(event.data.number("ordinal"));
      } else if (event.type == "DirectoryScheduled") {
        if (const auto from = parse_instant(event.data.text("from")))
          state.scheduled[event.data.number("ordinal")] = *from;
      } else if (event.type == "DeciderActivated") {
        state.decider = static_cast<std::int32_t>(event.data.number("version"));
      } else if (event.type == "FollowUpsNoted") {
        state.sent[static_cast<std::int32_t>(event.data.number("lane"))] = event.data.number("number");
      }
    }
  }
  std::erase_if(state.scheduled, [&state](const auto& entry) { return entry.first <= state.context.value; });
  if (!taken.command) return;
  const Command& command = *taken.command;
  const bool too_early_or_late = out_of_turn(decision);
  if (const Value* origin = origin_of(command);
      origin != nullptr && !decision.duplicate_of && !too_early_or_late) {
    state.seen[static_cast<std::int32_t>(origin->number("lane", -1))] = origin->number("number");
  }
  // A follow-up that came too early must be taken when it comes again.
  const bool out_of_memory = decision.duplicate_of || too_early_or_late ||
                             (decision.rejection && decision.rejection->code == "key-reused") ||
                             is_skip_of_repeat(command, decision, books);
  const auto answered = [&] {
    return cases::Remembered{command.id, command.fingerprint, command.idempotency_key, decision.ordinal,
                             decision.lane_time};
  };
  if (!out_of_memory) books.remember(decision.aggregate, answered());
  if (record::is_lane_aggregate(decision.aggregate)) return;

  cases::CaseState& changed = books.edit_case(decision.aggregate);
  const bool is_new = changed.version == 0;
  for (const record::Event& event : decision.events) {
    cases::evolve(changed, event, decision.lane_time);
  }
  if (changed.version == 0) return;  // nothing was opened: there is no case to keep
  changed.id = decision.aggregate;
  changed.last_decision = hash;
  if (is_new) ++state.opened;
  const bool told_of_it =
      is_new || std::any_of(decision.events.begin(), decision.events.end(),
                            [](const record::Event& e) { return e.type == "SupplementReceived"; });
  if (!command.reference.empty() && told_of_it) changed.remembered.push_back(answered());
  books.keep_case();
}

Decision given(const LaneState& state, const Taken& taken, std::int32_t lanes, Memory& memory,
               std::string_view by, std::string_view reason) {
  Decision decision = open_decision(state, taken);
  if (const cases::CaseState* about = memory.find_case(decision.aggregate))
    decision.prev = about->last_decision;
  decision.rejection =
      Rejection{"skipped", std::string(reason), "", std::string(kOperatorRule), Value(Object{{"by", by}})};
  if (taken.command && !record::is_lane_aggregate(decision.aggregate))
    tell_refusal(state, lanes, *taken.command, decision);
  return decision;
}

bool is_given(const Decision& decision) {
  return decision.rejection && decision.rejection->rule == kOperatorRule;
}

}  // namespace lastkm::lane
