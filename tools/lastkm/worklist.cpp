// lastkm worklist BODY: what waits for a body, by due time.
#include "tools/lastkm/answers.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

Result<Exit> run(Session& session, const std::string& body) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  if ((*engine)->published()->find_body(BodyId(body)) == nullptr) {
    return Error{ErrorKind::not_found, "unknown-body",
                 "There is no body " + body + "; bodies are KIND-PLACE, such as STREET-510108017.", ""};
  }
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto page = (*queries)->worklist(body, (*engine)->now());
  if (!page) return page.error();
  if (session.json()) {
    for (const Value& line : page->lines) session.print(line);
    return Exit::ok;
  }
  if (page->lines.empty()) {
    session.out() << "Nothing waits for " << body << ".\n";
    return Exit::ok;
  }
  Table table({{"due"}, {"ref"}, {"stage"}, {"why"}});
  for (const Value& line : page->lines) {
    table.add({Cell(short_time(line.text("due")), line.flag("overdue") ? Tone::bad : Tone::plain),
               line.text("ref"), line.text("stage"), line.text("why")});
  }
  table.print(session.out(), session.style());
  return Exit::ok;
}

}  // namespace

void add_worklist(Program& program) {
  auto body = std::make_shared<std::string>();
  Verb verb = program.verb("worklist", "What waits for a body, by due time");
  verb.option("BODY", *body, "KIND-PLACE, such as PSC-5101080170060001").required();
  program.on(verb, Needs::folder, [body](Session& session) { return run(session, *body); });
}

}  // namespace lastkm::tool
