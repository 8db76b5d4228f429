// lastkm view status|digest|rebuild.
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "tools/lastkm/program.h"
#include "tools/lastkm/progress.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

void print_views(Session& session, const Value& answer, bool digests) {
  Table table(digests ? std::vector<Column>{{"view"},
                                            {"layout", Align::right},
                                            {"rows", Align::right},
                                            {"sha256", Align::left, 64}}
                      : std::vector<Column>{{"view"},
                                            {"layout", Align::right},
                                            {"rows", Align::right},
                                            {"lag", Align::right},
                                            {"state"}});
  std::vector<std::pair<std::string, std::string>> told;  // what befell some, and which
  for (const Value& view : *answer.find("views")->if_array()) {
    std::vector<Cell> row{view.text("name"), view.number("layout"), view.number("rows")};
    if (digests) {
      row.emplace_back(view.text("sha256"));
    } else {
      row.emplace_back(view.find("lag")->is_null() ? Cell("not known", Tone::bad) : Cell(view.number("lag")));
      row.emplace_back(view.text("state"), view.text("state") == "live" ? Tone::good : Tone::bad);
      const std::string_view why = view.text("why").empty() ? view.text("incident") : view.text("why");
      if (!why.empty()) {
        if (told.empty() || told.back().first != why) told.emplace_back(why, "");
        told.back().second += (told.back().second.empty() ? "" : ", ") + std::string(view.text("name"));
      }
    }
    table.add(std::move(row));
  }
  table.print(session.out(), session.style());
  for (const auto& [why, names] : told) session.out() << session.style().dim(names + ": " + why) << '\n';
  if (!answer.text("lag_unknown").empty())
    session.out() << "How far the views lag is not known: " << answer.text("lag_unknown") << '\n';
  const Value* building = answer.find("building");
  if (building == nullptr || building->is_null()) return;
  session.out() << "Rebuilding: " << building->number("percent") << " %, " << building->number("done")
                << " of " << building->number("of") << " records folded";
  if (!building->find("remaining_s")->is_null())
    session.out() << ", " << building->number("remaining_s") << " s to go";
  session.out() << ".\n";
}

Result<Exit> status(Session& session, bool digests) {
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto answer = digests ? (*queries)->digest() : (*queries)->status();
  if (!answer) return answer.error();
  session.reflects(*answer->find("positions"));
  if (session.json()) {
    session.print(*answer);
  } else {
    print_views(session, *answer, digests);
  }
  return Exit::ok;
}

/// Shows how far it is while it runs.
Result<std::vector<projections::Compared>> rebuild_watched(Session& session,
                                                           projections::Projector& projector,
                                                           const std::string& name) {
  std::optional<Result<std::vector<projections::Compared>>> outcome;
  std::atomic<bool> ended = false;
  Progress progress(session.err(), session.shows_progress(), "rebuilding", 100);
  const std::jthread work([&] {
    outcome.emplace(projector.rebuild(name));
    ended = true;
    ended.notify_all();
  });
  while (!ended) {
    if (const auto now = projector.building(); now && now->of > 0) {
      progress.at(now->percent, now->left ? std::to_string(now->left->count()) + " s to go" : "");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return std::move(*outcome);
}

/// A rebuild that somebody asked for ends what was to be told; so it is told here, for the last time. Whether
/// there is something new.
bool keep_incidents(const std::map<std::string, std::string>& before, Value& after) {
  bool found = false;
  for (Value& view : *after.if_object()->find("views")->if_array()) {
    const auto known = before.find(std::string(view.text("name")));
    const std::string_view now = view.text("incident");
    const std::string_view then = known == before.end() ? std::string_view() : known->second;
    found = found || (!now.empty() && now != then);
    if (now.empty() && !then.empty()) view.if_object()->set("incident", then);
  }
  return found;
}

Result<Exit> rebuild(Session& session, const std::optional<std::string>& name) {
  if (name && name->empty())
    return Error{ErrorKind::bad_input, "usage", "Which view? Leave NAME out to rebuild all.", ""};
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto folder = session.folder();
  if (!folder) return folder.error();
  const auto side = (*folder)->read_side();
  if (!side) return side.error();
  const auto before = (*side)->projector().incidents();
  const auto compared = rebuild_watched(session, (*side)->projector(), name.value_or(""));
  if (!compared) return compared.error();
  auto answer = (*queries)->status();
  if (!answer) return answer.error();
  Exit exit = keep_incidents(before, *answer) ? Exit::difference : Exit::ok;
  Array lines;
  for (const projections::Compared& one : *compared) {
    if (one.different > 0 || !one.unreadable.empty()) exit = Exit::difference;
    lines.emplace_back(Object{{"view", one.view},
                              {"rows", one.rows},
                              {"different", one.different},
                              {"first", one.different == 0 ? Value() : Value(one.first)},
                              {"unreadable", one.unreadable.empty() ? Value() : Value(one.unreadable)}});
  }
  answer->if_object()->set("compared", std::move(lines));
  if (session.json()) {
    session.print(*answer);
    return exit;
  }
  session.reflects(*answer->find("positions"));
  print_views(session, *answer, false);
  std::int64_t equal = 0;
  for (const projections::Compared& one : *compared) {
    equal += one.rows - one.different;
    if (!one.unreadable.empty()) {
      session.out() << one.view << ": its rows could not be read and were made anew (" << one.unreadable
                    << ").\n";
    }
    if (one.different > 0) {
      session.out() << one.view << ": " << one.different << " of " << one.rows
                    << " rows were not what the log says; the first is '" << one.first
                    << "'. They are now.\n";
    }
  }
  if (!compared->empty()) session.out() << equal << " rows are what they were before.\n";
  return exit;
}

}  // namespace

void add_view(Program& program) {
  Verb group =
      program.verb("view", "The read models: how far they are, their digests, and to fold them anew");
  group.needs_verb();
  Verb verb = group.verb("status", "Rows, lag and state of each view");
  program.on(verb, Needs::folder, [](Session& session) { return status(session, false); });
  verb = group.verb("digest", "A hash over the rows of each view: equal history, equal digest");
  program.on(verb, Needs::folder, [](Session& session) { return status(session, true); });
  auto name = std::make_shared<std::optional<std::string>>();
  verb = group.verb("rebuild", "Fold a view anew from the log, beside the rows in use");
  verb.option("NAME", *name, "a view; all where it is left out");
  program.on(verb, Needs::folder, [name](Session& session) { return rebuild(session, *name); });
}

}  // namespace lastkm::tool
