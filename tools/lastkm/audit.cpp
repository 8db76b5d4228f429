// lastkm audit replay|redecide|explain: what an auditor asks, answered from the logs alone.
#include <algorithm>

#include "engine/runtime/redecide.h"
#include "projections/query/case_json.h"
#include "tools/lastkm/answers.h"
#include "tools/lastkm/audit_explain.h"
#include "tools/lastkm/case_life.h"
#include "tools/lastkm/named_case.h"
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

Error not_yet(const std::string& id, Instant as_of, std::int32_t offset) {
  return Error{ErrorKind::not_found, "not-yet",
               "There was nothing of the case " + id + " by " + format_at_offset(as_of, offset) + ".", ""};
}

/// What falls due up to then is decided when the time has come, and not foretold.
void warn_of_future(Session& session, Instant as_of, Instant now, std::int32_t offset) {
  if (session.options().quiet) return;
  session.err() << session.error_style().yellow(
                       format_at_offset(as_of, offset) + " lies ahead: it is now " +
                       format_at_offset(now, offset) +
                       ". This is the case as it is known now; what falls due until then is not foretold.")
                << '\n';
}

Result<Exit> what_had_happened(Session& session, const std::string& id, const std::vector<Step>& steps,
                               Instant as_of, std::int32_t offset) {
  std::vector<const Step*> happened;
  for (const Step& step : steps) {
    if (step.event.occurred_at <= as_of) happened.push_back(&step);
  }
  if (happened.empty()) return not_yet(id, as_of, offset);
  std::stable_sort(happened.begin(), happened.end(),
                   [](const Step* a, const Step* b) { return a->event.occurred_at < b->event.occurred_at; });
  Table table({{"seq", Align::right}, {"occurred"}, {"recorded"}, {"event"}, {"by"}});
  for (const Step* step : happened) {
    const auto line = history_line(*step, offset);
    if (!line) return line.error();
    if (session.json()) {
      session.print(*line);
    } else {
      table.add({line->number("seq"), short_time(line->text("occurred_at")),
                 short_time(line->text("recorded_at")), line->text("type"), step->event.actor.body.value});
    }
  }
  if (!session.json()) table.print(session.out(), session.style());
  return Exit::ok;
}

Result<Exit> replay(Session& session, const Replay& given) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const std::int32_t offset = Session::offset_of(**engine);
  const Instant now = (*engine)->now();
  Instant as_of = now;
  if (!given.as_of.empty()) {
    const auto parsed = projections::parse_time(given.as_of, offset);
    if (!parsed) return parsed.error();
    as_of = *parsed;
  }
  const auto id = case_named(**engine, given.id);
  if (!id) return id.error();
  const auto life = case_life(**engine, *id);
  if (!life) return life.error();
  session.reflects_apart(projections::to_value(life->positions));
  if (as_of > now) warn_of_future(session, as_of, now, offset);
  if (given.clock == "business") return what_had_happened(session, given.id, life->steps, as_of, offset);
  const Step* last = nullptr;
  std::optional<Instant> closed_at;
  for (const Step& step : life->steps) {
    if (step.recorded_at > as_of) continue;
    last = &step;
    projections::follow_closing(closed_at, step.event);
  }
  if (last == nullptr) return not_yet(given.id, as_of, offset);
  const Value shown =
      projections::case_show({last->lane, last->after, closed_at}, last->ordinal, offset, as_of);
  Object out = *shown.if_object();
  out.set("as_of", format_at_offset(as_of, offset));
  if (as_of > now) out.set("ahead", true);
  if (session.json()) {
    session.print(out);
    return Exit::ok;
  }
  session.out() << last->after.ref << " as of " << format_at_offset(as_of, offset) << ": "
                << last->after.stage << ", lead " << (last->after.lead.empty() ? "nobody" : last->after.lead)
                << ", version " << last->after.version << '\n';
  print_clocks(session, shown);
  return Exit::ok;
}

/// In this process alone, also beside one that serves the folder: only the log is opened, and only for
/// reading.
Result<runtime::Redecided> redecided(Session& session) {
  const auto where = session.data();
  if (!where) return where.error();
  const auto place = session.log_place();
  if (!place) return place.error();
  const auto log = runtime::open_log_to_read(*where, *place);
  if (!log) return log.error();
  const auto deployment = runtime::read_deployment(**log);
  if (!deployment) return deployment.error();
  Progress progress(session.err(), session.shows_progress(), "re-deciding", deployment->lanes);
  return runtime::redecide(**log, *deployment, [&](std::int32_t lanes) { progress.at(lanes); });
}

Result<Exit> redecide_all(Session& session) {
  const auto sum = redecided(session);
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
    session.out() << "; decider";
    for (const std::int32_t decider : sum->deciders) session.out() << ' ' << decider;
    session.out() << ".\n";
    if (sum->first) {
      session.out() << "First difference: lane " << sum->first->lane.value << ", ordinal "
                    << sum->first->ordinal.value << ", byte " << sum->first->byte << ": " << sum->first->what
                    << '\n';
    }
  }
  return sum->different > 0 ? Exit::difference : Exit::ok;
}

}  // namespace

void add_audit(Program& program) {
  Verb group = program.verb("audit", "Replay a case, decide everything again, explain each step");
  group.needs_verb();

  auto given = std::make_shared<Replay>();
  Verb verb = group.verb("replay", "A case as it was known at a time, folded from the decisions");
  verb.option("CASE", given->id, kNamesCase).required();
  verb.option("--as-of", given->as_of,
              "a date, which means its beginning, or an RFC 3339 time; now where left out");
  verb.option("--clock", given->clock, "record: what was known by then; business: what had happened by then")
      .one_of({"record", "business"})
      .with_default();
  program.on(verb, Needs::folder, [given](Session& session) { return replay(session, *given); });

  verb = group.verb(
      "redecide",
      "Make every decision again, in a process of its own, and compare bytes (exit 8 where one differs)");
  program.on(verb, Needs::own_folder, [](Session& session) { return redecide_all(session); });

  auto about = std::make_shared<std::string>();
  auto language = std::make_shared<std::string>();
  verb = group.verb("explain", "Why each step of a case was taken or refused: rule, facts, clocks");
  verb.option("CASE", *about, std::string(kNamesCase) + "; LANE:ORDINAL for one decision").required();
  verb.option("--lang", *language, "zh or en; by the locale where left out").one_of({"zh", "en"});
  program.on(verb, Needs::folder,
             [about, language](Session& session) { return explain_case(session, *about, *language); });
}

}  // namespace lastkm::tool
