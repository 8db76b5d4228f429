// lastkm audit replay|redecide|explain: what an auditor asks, answered from the logs alone.
#include <algorithm>

#include "engine/runtime/redecide.h"
#include "tools/lastkm/answers.h"
#include "tools/lastkm/case_life.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/progress.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Replay {
  std::string id;
  std::string as_of;
  std::string clock = "record";
};

Result<Exit> replay(Session& session, const Replay& given) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const std::int32_t offset = Session::offset_of(**engine);
  Instant as_of = (*engine)->now();
  if (!given.as_of.empty()) {
    const auto parsed = parse_instant(given.as_of);
    if (!parsed) return parsed.error();
    as_of = *parsed;
  }
  const auto steps = case_life(**engine, given.id);
  if (!steps) return steps.error();
  if (given.clock == "business") {
    std::vector<const Step*> happened;
    for (const Step& step : *steps) {
      if (step.event.occurred_at <= as_of) happened.push_back(&step);
    }
    std::stable_sort(happened.begin(), happened.end(), [](const Step* a, const Step* b) {
      return a->event.occurred_at < b->event.occurred_at;
    });
    Table table({{"seq", Align::right}, {"occurred"}, {"recorded"}, {"event"}, {"by"}});
    for (const Step* step : happened) {
      const Value line = history_line(*step, offset);
      if (session.json()) {
        session.print(line);
      } else {
        table.add({line.number("seq"), short_time(line.text("occurred_at")),
                   short_time(line.text("recorded_at")), line.text("type"), step->event.actor.body.value});
      }
    }
    if (!session.json()) table.print(session.out(), session.style());
    return Exit::ok;
  }
  const Step* last = nullptr;
  for (const Step& step : *steps) {
    if (step.recorded_at <= as_of) last = &step;
  }
  if (last == nullptr) {
    return Error{ErrorKind::not_found, "not-yet",
                 "The case " + given.id + " was not recorded by " + format_at_offset(as_of, offset) + ".",
                 ""};
  }
  const Value shown = show(last->after, last->lane, last->ordinal, offset);
  Object out = *shown.if_object();
  out.set("as_of", format_at_offset(as_of, offset));
  if (session.json()) {
    session.print(out);
    return Exit::ok;
  }
  session.out() << last->after.ref << " as of " << format_at_offset(as_of, offset) << ": "
                << last->after.stage << ", lead " << (last->after.lead.empty() ? "nobody" : last->after.lead)
                << ", version " << last->after.version << '\n';
  Table clocks({{"clock"}, {"state"}, {"due"}});
  for (const cases::Clock& clock : last->after.clocks) {
    const std::string_view state = cases::name_of(clock.state);
    clocks.add({clock.name, Cell(state, tone_of_clock(state)), format_at_offset(clock.due, offset)});
  }
  clocks.print(session.out(), session.style(), 2);
  return Exit::ok;
}

Result<Exit> redecide_all(Session& session) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto sum = [&] {
    const runtime::Deployment& deployment = (*engine)->deployment();
    Progress progress(session.err(), session.shows_progress(), "re-deciding", deployment.lanes);
    return runtime::redecide((*engine)->log(), deployment, [&](std::int32_t lanes) { progress.at(lanes); });
  }();
  if (!sum) return sum.error();
  Array deciders;
  for (const std::int32_t decider : sum->deciders) deciders.emplace_back(std::int64_t{decider});
  Value first;
  if (sum->first) {
    first = Object{{"lane", std::int64_t{sum->first->lane.value}},
                   {"ordinal", sum->first->ordinal.value},
                   {"byte", sum->first->byte}};
  }
  if (session.json()) {
    session.print(Object{{"commands", sum->commands},
                         {"equal", sum->equal},
                         {"different", sum->different},
                         {"given", sum->given},
                         {"undecided", sum->undecided},
                         {"deciders", std::move(deciders)},
                         {"first", std::move(first)}});
  } else {
    const Style style = session.style();
    session.out() << sum->commands
                  << " commands decided again: " << style.green(std::to_string(sum->equal) + " equal") << ", "
                  << (sum->different > 0 ? style.red(std::to_string(sum->different) + " different")
                                         : "0 different")
                  << ", " << sum->given << " given by an operator";
    if (sum->undecided > 0) session.out() << ", " << sum->undecided << " not decided yet";
    session.out() << ".\n";
    if (sum->first) {
      session.out() << "First difference: lane " << sum->first->lane.value << ", ordinal "
                    << sum->first->ordinal.value << ", byte " << sum->first->byte << ": " << sum->first->what
                    << '\n';
    }
  }
  return sum->different > 0 ? Exit::difference : Exit::ok;
}

Result<Exit> explain(Session& session, const std::string& id) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto steps = case_life(**engine, id);
  if (!steps) return steps.error();
  const std::int32_t offset = Session::offset_of(**engine);
  const Style style = session.style();
  for (const Step& step : *steps) {
    const Value line = explain_line(step, offset);
    if (session.json()) {
      session.print(line);
      continue;
    }
    session.out() << style.bold(std::to_string(step.event.seq) + "  " + short_time(line.text("when")) + "  " +
                                step.event.type)
                  << '\n'
                  << "    " << line.text("text") << '\n';
    for (const Value& clock : *line.find("clocks")->if_array()) {
      session.out() << "    clock " << clock.text("name") << ' ' << clock.text("change");
      if (!clock.text("due").empty()) session.out() << ", due " << clock.text("due");
      if (!clock.text("how").empty()) session.out() << style.dim(" (" + std::string(clock.text("how")) + ")");
      session.out() << '\n';
    }
  }
  return Exit::ok;
}

}  // namespace

void add_audit(Program& program) {
  Verb group = program.verb("audit", "Replay a case, decide everything again, explain each step");
  group.needs_verb();

  auto given = std::make_shared<Replay>();
  Verb verb =
      group.verb("replay", "A case as it was known at a time, folded from the decisions");
  verb.option("CASE", given->id, "case id or reference number").required();
  verb.option("--as-of", given->as_of, "RFC 3339; now where left out");
  verb.option("--clock", given->clock,
                   "record: what was known by then; business: what had happened by then")
      .one_of({"record", "business"})
      .with_default();
  program.on(verb, Needs::folder, [given](Session& session) { return replay(session, *given); });

  verb = group.verb("redecide",
                       "Make every decision again and compare bytes (exit 8 where one differs)");
  program.on(verb, Needs::folder, [](Session& session) { return redecide_all(session); });

  auto id = std::make_shared<std::string>();
  verb = group.verb("explain", "Why each step of a case was taken: rule, facts, clocks");
  verb.option("CASE", *id, "case id or reference number").required();
  program.on(verb, Needs::folder, [id](Session& session) { return explain(session, *id); });
}

}  // namespace lastkm::tool
