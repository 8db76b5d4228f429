// lastkm rules try|migrate: what a draft would have made of the cases of a folder, and open cases moved to a
// version that is in force.
#include <algorithm>
#include <map>

#include "engine/base/fields.h"
#include "engine/runtime/what_if.h"
#include "tools/lastkm/answers.h"
#include "tools/lastkm/progress.h"
#include "tools/lastkm/rules_verbs.h"

namespace lastkm::tool {

namespace {

struct Try {
  std::string file;
  std::uint64_t examples = 20;
  std::int32_t threads = 2;
};

Value side(const cases::CaseState& state, std::int32_t offset) {
  Array clocks;
  for (const cases::Clock& clock : state.clocks) {
    clocks.push_back(Object{{"name", clock.name},
                            {"state", cases::name_of(clock.state)},
                            {"due", format_at_offset(clock.due, offset)}});
  }
  return Object{{"stage", state.stage},     {"ended", state.ended},       {"level", state.level},
                {"lead", state.lead},       {"card", state.card},         {"supervision", state.supervision},
                {"version", state.version}, {"clocks", std::move(clocks)}};
}

/// "stage CLOSED → PARKED; level 1 → 2; clock handle breached 05-21 → running 05-25".
std::string in_words(const runtime::Differing& one, std::int32_t offset) {
  std::string out;
  const auto say = [&out](const std::string& what, const std::string& was, const std::string& would) {
    if (was == would) return;
    out += (out.empty() ? "" : "; ") + what + " " + (was.empty() ? "-" : was) + " → " +
           (would.empty() ? "-" : would);
  };
  if (one.was.version == 0) return "would be opened";
  if (one.would.version == 0) return "would not be opened";
  say("stage", one.was.stage, one.would.stage);
  say("level", std::to_string(one.was.level), std::to_string(one.would.level));
  say("lead", one.was.lead, one.would.lead);
  say("card", one.was.card, one.would.card);
  say("supervision", std::to_string(one.was.supervision), std::to_string(one.would.supervision));
  std::map<std::string, std::pair<std::string, std::string>> clocks;
  const auto shown = [offset](const cases::Clock& clock) {
    return clock.state == cases::ClockState::met ? std::string("met")
                                                 : std::string(cases::name_of(clock.state)) + " " +
                                                       short_time(format_at_offset(clock.due, offset));
  };
  for (const cases::Clock& clock : one.was.clocks) clocks[clock.name].first = shown(clock);
  for (const cases::Clock& clock : one.would.clocks) clocks[clock.name].second = shown(clock);
  for (const auto& [name, both] : clocks) say("clock " + name, both.first, both.second);
  return out;
}

Result<Exit> try_draft(Session& session, const Try& given) {
  const auto draft = read_workflow_file(session, given.file);
  if (!draft) return draft.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const std::int32_t offset = Session::offset_of(**engine);
  const runtime::Deployment& deployment = (*engine)->deployment();
  std::optional<Progress> progress;
  progress.emplace(session.err(), session.shows_progress(), "trying", deployment.lanes);
  const auto tried = runtime::what_if((*engine)->log(), deployment, draft->document,
                                      {.examples = given.examples, .threads = given.threads},
                                      [&progress](std::int32_t lanes_done) { progress->at(lanes_done); });
  progress.reset();
  if (!tried) return tried.error();
  const bool same = tried->differing == 0 && tried->newly_refused == 0 && tried->newly_taken == 0;
  const Exit exit = same ? Exit::ok : Exit::difference;
  if (session.json()) {
    Array examples;
    for (const runtime::Differing& one : tried->examples) {
      const cases::CaseState& known = one.was.version > 0 ? one.was : one.would;
      examples.push_back(Object{{"case", known.id.value},
                                {"ref", known.ref},
                                {"ended", one.ended},
                                {"waited", one.waited},
                                {"escalated", one.escalated},
                                {"was", side(one.was, offset)},
                                {"would", side(one.would, offset)}});
    }
    session.print(Object{{"commands", tried->commands},
                         {"cases", tried->cases},
                         {"differing", tried->differing},
                         {"ended", tried->ended},
                         {"waited", tried->waited},
                         {"escalated", tried->escalated},
                         {"newly_refused", tried->newly_refused},
                         {"newly_taken", tried->newly_taken},
                         {"examples", std::move(examples)}});
    return exit;
  }
  Table sums({{"under the draft"}, {"cases", Align::right}});
  sums.add({"all", tried->cases});
  sums.add({"would be another", tried->differing});
  sums.add({"  ended in another stage, or not at all", tried->ended});
  sums.add({"  waited otherwise (a clock due or broken at another time)", tried->waited});
  sums.add({"  escalated otherwise (level, lead, card, supervision)", tried->escalated});
  sums.print(session.out(), session.style());
  session.out() << "Of " << tried->commands << " commands " << tried->newly_refused
                << " would be refused that were taken, " << tried->newly_taken
                << " taken that were refused.\n";
  if (tried->examples.empty()) return exit;
  Table table({{"ref"}, {"what would be different", Align::left, 110}});
  for (const runtime::Differing& one : tried->examples) {
    table.add({one.was.version > 0 ? one.was.ref : one.would.ref, in_words(one, offset)});
  }
  session.out() << '\n';
  table.print(session.out(), session.style());
  if (tried->differing > static_cast<std::int64_t>(tried->examples.size())) {
    session.out() << "The first " << tried->examples.size() << " of " << tried->differing
                  << "; --examples N shows more.\n";
  }
  return exit;
}

struct Migrate {
  std::string to;  ///< ID@VERSION
  std::string reason;
  std::string by;
  std::vector<std::string> map;
  std::vector<std::string> cases;
  bool dry_run = false;
};

/// What becomes of one case.
struct Move {
  cases::CaseState state;
  std::string stage;                ///< in the new version
  std::vector<std::string> clocks;  ///< that the new version lacks
  std::string problem;              ///< a code; empty: it can be moved
  std::string text;
  std::string status;
};

Result<std::pair<std::string, std::int64_t>> target_of(const std::string& text) {
  const auto at = text.rfind('@');
  std::int64_t version = 0;
  for (const char c : text.substr(at == std::string::npos ? text.size() : at + 1)) {
    if (c < '0' || c > '9' || version > 1'000'000'000)
      return Error{ErrorKind::bad_input, "usage", "'" + text + "' is no ID@VERSION.", ""};
    version = version * 10 + (c - '0');
  }
  if (at == std::string::npos || at == 0 || version == 0)
    return Error{ErrorKind::bad_input, "usage", "'" + text + "' is no ID@VERSION, such as three-party@2.",
                 ""};
  return std::pair(text.substr(0, at), version);
}

Result<std::map<std::string, std::string>> mapping_of(const Migrate& given, const rules::Workflow& to) {
  std::map<std::string, std::string> out;
  for (const std::string& pair : given.map) {
    const auto equals = pair.find('=');
    const std::string stage = equals == std::string::npos ? "" : pair.substr(equals + 1);
    if (to.find_stage(stage) == nullptr) {
      return Error{ErrorKind::bad_input, "unknown-stage",
                   "--map " + pair + ": give OLD=NEW, where NEW is a stage of " + to.id + "@" +
                       std::to_string(to.version) + ".",
                   ""};
    }
    out[pair.substr(0, equals)] = stage;
  }
  return out;
}

Result<std::vector<Move>> plan(Session& session, const Migrate& given, const rules::Workflow& to) {
  const auto mapping = mapping_of(given, to);
  if (!mapping) return mapping.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  std::vector<std::string> ids = given.cases;
  if (ids.empty()) {
    const auto queries = session.queries();
    if (!queries) return queries.error();
    projections::CaseFilter filter;
    filter.workflow = to.id;
    filter.open = true;
    const auto page = (*queries)->list(filter, projections::CaseOrder::ref, {}, (*engine)->now());
    if (!page) return page.error();
    for (const Value& line : page->lines) ids.emplace_back(line.text("case"));
  }
  std::vector<Move> out;
  for (const std::string& id : ids) {
    auto state = (*engine)->find_case(id);
    if (!state) return state.error();
    if (state->workflow == to.id && state->workflow_version == to.version) continue;
    Move& move = out.emplace_back();
    move.state = std::move(*state);
    const auto mapped = mapping->find(move.state.stage);
    move.stage = mapped == mapping->end() ? move.state.stage : mapped->second;
    for (const cases::Clock& clock : move.state.clocks) {
      const bool over = clock.state == cases::ClockState::met;
      if (!over && to.find_clock(clock.name) == nullptr) move.clocks.push_back(clock.name);
    }
    if (move.state.workflow != to.id) {
      move.problem = "other-workflow";
      move.text = "is under " + move.state.workflow;
    } else if (to.find_stage(move.stage) == nullptr) {
      move.problem = "unknown-stage";
      move.text = "the new version has no stage " + move.stage + ": give --map " + move.stage + "=NEW";
    }
  }
  return out;
}

Value line_of(const Move& move, const rules::Workflow& to) {
  return Object{
      {"case", move.state.id.value},
      {"ref", move.state.ref},
      {"from", move.state.workflow_version},
      {"to", to.version},
      {"stage", move.state.stage},
      {"new_stage", move.stage},
      {"clocks_ended", Array(move.clocks.begin(), move.clocks.end())},
      {"status", move.status},
      {"reason",
       move.problem.empty() ? Value() : Value(Object{{"code", move.problem}, {"text", move.text}})}};
}

void carry_out(runtime::Engine& engine, const Migrate& given, const rules::Workflow& to,
               std::vector<Move>& moves) {
  std::vector<runtime::Engine::Migration> asked;
  for (const Move& move : moves) {
    Object input{{"workflow", to.id}, {"version", to.version}, {"reason", given.reason}};
    if (!given.by.empty()) input.set("by", given.by);
    if (move.stage != move.state.stage) input.set("stage", move.stage);
    asked.push_back({move.state.id, std::move(input)});
  }
  const auto outcomes = engine.migrate(asked);
  for (std::size_t i = 0; i < moves.size(); ++i) {
    Move& move = moves[i];
    move.status = "migrated";
    if (!outcomes[i]) {
      move.status = "unknown";
      move.problem = outcomes[i].error().code;
      move.text = outcomes[i].error().message;
    } else if (outcomes[i]->rejection) {
      move.status = "refused";
      move.problem = outcomes[i]->rejection->code;
      move.text = outcomes[i]->rejection->text;
    }
  }
}

void print_moves(Session& session, const std::vector<Move>& moves, const rules::Workflow& to) {
  if (session.json()) {
    for (const Move& move : moves) session.print(line_of(move, to));
    return;
  }
  Table table({{"ref"}, {"from"}, {"stage"}, {"clocks that end"}, {"", Align::left, 80}});
  for (const Move& move : moves) {
    std::string clocks;
    for (const std::string& clock : move.clocks) clocks += (clocks.empty() ? "" : " ") + clock;
    const bool same = move.stage == move.state.stage;
    table.add({move.state.ref, move.state.workflow + "@" + std::to_string(move.state.workflow_version),
               move.state.stage + (same ? "" : " → " + move.stage), clocks,
               move.problem.empty() ? Cell(move.status, Tone::good)
                                    : Cell(move.problem + ": " + move.text, Tone::bad)});
  }
  table.print(session.out(), session.style());
}

Result<Exit> migrate(Session& session, const Migrate& given) {
  const auto target = target_of(given.to);
  if (!target) return target.error();
  if (!given.dry_run && !is_code(given.reason)) {
    return Error{ErrorKind::bad_input, "usage",
                 "Say why with --reason CODE (a code: letters, digits, _.:/@-).", ""};
  }
  if (!given.by.empty() && !is_code(given.by))
    return Error{ErrorKind::bad_input, "usage", "--by is the reference of a person: letters, digits, _.:/@-.",
                 ""};
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto published = (*engine)->published();
  const rules::Workflow* to = published->find_workflow(target->first, target->second);
  if (to == nullptr) {
    return Error{ErrorKind::not_found, "no-such-document",
                 "There is no workflow " + given.to + " here; `lastkm directory list` has them all.", ""};
  }
  auto moves = plan(session, given, *to);
  if (!moves) return moves.error();
  const auto problems =
      std::count_if(moves->begin(), moves->end(), [](const Move& move) { return !move.problem.empty(); });
  const bool acts = !given.dry_run && problems == 0;
  for (Move& move : *moves) move.status = move.problem.empty() ? "would-migrate" : "cannot";
  if (acts) carry_out(**engine, given, *to, *moves);
  print_moves(session, *moves, *to);
  const auto failed =
      std::count_if(moves->begin(), moves->end(), [](const Move& move) { return !move.problem.empty(); });
  const bool unknown =
      std::any_of(moves->begin(), moves->end(), [](const Move& move) { return move.status == "unknown"; });
  if (!session.json() && !session.options().quiet) {
    session.out() << moves->size() << " cases"
                  << (acts            ? " asked"
                      : given.dry_run ? ", a dry run: nothing was changed"
                                      : "")
                  << ", " << failed << " that cannot be moved"
                  << (!acts && !given.dry_run ? ": nothing was changed" : "") << ".\n";
  }
  if (unknown) return Exit::unknown_outcome;
  if (failed == 0) return Exit::ok;
  return given.dry_run ? Exit::difference : Exit::refused;
}

}  // namespace

void add_rules_cases(Program& program, Verb group) {
  auto tried = std::make_shared<Try>();
  Verb verb = group.verb(
      "try", "Play all commands of the folder again under a draft: what would differ (exit 8 if anything)");
  verb.option("DRAFT", tried->file, "a workflow with the id of the one that it is to replace").required();
  verb.option("--examples", tried->examples, "cases to show").with_default();
  verb.option("--threads", tried->threads, "lanes at a time").between(1, 64).with_default();
  program.on(verb, Needs::folder, [tried](Session& session) { return try_draft(session, *tried); });

  auto given = std::make_shared<Migrate>();
  verb = group.verb("migrate", "Move open cases to another version of their workflow, a command for each");
  verb.option("ID@VERSION", given->to, "the version to move to, in force").required();
  verb.option("--reason", given->reason, "why: a code that stands in every case's history").called("CODE");
  verb.option("--by", given->by, "who ordered it: a person's reference").called("PERSON");
  verb.option("--map", given->map, "the new stage for a stage that the new version lacks").called("OLD=NEW");
  verb.option("--case", given->cases, "only these cases (default: all open ones of the workflow)")
      .called("ID");
  verb.flag("--dry-run", given->dry_run,
            "only say what would become of each case (exit 8 where one cannot be moved)");
  program.on(verb, Needs::folder, [given](Session& session) { return migrate(session, *given); });
}

}  // namespace lastkm::tool
