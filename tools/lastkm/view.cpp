// lastkm view status|digest|rebuild.
#include "tools/lastkm/program.h"
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
  for (const Value& view : *answer.find("views")->if_array()) {
    std::vector<Cell> row{view.text("name"), view.number("layout"), view.number("rows")};
    if (digests) {
      row.emplace_back(view.text("sha256"));
    } else {
      row.emplace_back(view.number("lag"));
      row.emplace_back(view.text("state"), view.text("state") == "live" ? Tone::good : Tone::bad);
    }
    table.add(std::move(row));
  }
  table.print(session.out(), session.style());
}

Result<Exit> status(Session& session, bool digests) {
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto answer = digests ? (*queries)->digest() : (*queries)->status();
  if (!answer) return answer.error();
  if (session.json()) {
    session.print(*answer);
  } else {
    print_views(session, *answer, digests);
  }
  return Exit::ok;
}

Result<Exit> rebuild(Session& session, const std::string& name) {
  const auto queries = session.queries();
  if (!queries) return queries.error();
  if (auto rebuilt = (*queries)->rebuild(name); !rebuilt) return rebuilt.error();
  return status(session, false);
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
  auto name = std::make_shared<std::string>();
  verb = group.verb("rebuild", "Fold a view anew from the log, beside the rows in use");
  verb.option("NAME", *name, "a view; all where it is left out");
  program.on(verb, Needs::folder, [name](Session& session) { return rebuild(session, *name); });
}

}  // namespace lastkm::tool
