// lastkm worklist BODY, due: what waits for a body or a person, and what falls due, by due time.
#include "projections/views/work_row.h"
#include "tools/lastkm/answers.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Given {
  std::string body, person;
  std::uint64_t limit = 0;
  std::string cursor;
  std::string before;
  [[nodiscard]] projections::PageRequest page() const { return {.limit = limit, .cursor = cursor}; }
};

std::string_view why_of(const Value& line) {
  if (line.text("why") == projections::kCoHandler) return "co-handler";
  return line.text("why") == projections::kWhistle ? "whistle" : "holder";
}

enum class Of : std::uint8_t { somebody, everybody };

Exit print_work(Session& session, const projections::Page& page, Of list, const std::string& nothing) {
  session.reflects(page.positions);
  if (session.json()) {
    print_page(session, page);
    return Exit::ok;
  }
  if (page.lines.empty()) {
    session.out() << nothing << '\n';
    return Exit::ok;
  }
  const bool says_why = list == Of::somebody;
  Table table(says_why ? std::vector<Column>{{"due"}, {"ref"}, {"stage"}, {"why"}, {"with"}}
                       : std::vector<Column>{{"due"}, {"ref"}, {"stage"}, {"with"}});
  for (const Value& line : page.lines) {
    std::vector<Cell> cells{
        Cell(short_time(line.text("due")), line.flag("overdue") ? Tone::bad : Tone::plain), line.text("ref"),
        line.text("stage")};
    if (says_why) cells.emplace_back(why_of(line));
    cells.emplace_back(joined(*line.find("holders")));
    table.add(std::move(cells));
  }
  table.print(session.out(), session.style());
  session.out() << page.lines.size() << " of " << page.count << '\n';
  if (!page.next.empty()) session.out() << "More: the same with --cursor " << page.next << '\n';
  return Exit::ok;
}

Result<Exit> worklist(Session& session, const Given& given) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  if (given.body.empty() == given.person.empty()) {
    return Error{ErrorKind::bad_input, "whose-list",
                 given.body.empty() ? "Say whose list: a BODY, or --person REFERENCE."
                                    : "A list is of a BODY or of a --person, and not of both: leave one out.",
                 ""};
  }
  if (given.person.empty() && (*engine)->published()->find_body(BodyId(given.body)) == nullptr) {
    return Error{ErrorKind::not_found, "unknown-body",
                 "There is no body " + given.body + "; bodies are KIND-PLACE, such as STREET-510108017.", ""};
  }
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto page = given.person.empty()
                        ? (*queries)->worklist(given.body, (*engine)->now(), given.page())
                        : (*queries)->worklist_of(given.person, (*engine)->now(), given.page());
  if (!page) return page.error();
  return print_work(session, *page, Of::somebody,
                    given.person.empty() ? "Nothing waits for " + given.body + "."
                                         : "Nothing waits for " + given.person +
                                               ": this person acted last in nothing that a body holds.");
}

Result<Exit> due(Session& session, const Given& given) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const Instant now = (*engine)->now();
  Instant before = now + 1;  // overdue from the due instant on
  if (!given.before.empty()) {
    const auto at = projections::parse_time(given.before, Session::offset_of(**engine));
    if (!at) return at.error();
    before = *at;
  }
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto page = (*queries)->due(before, now, given.page());
  if (!page) return page.error();
  return print_work(session, *page, Of::everybody,
                    given.before.empty() ? "Nothing is overdue." : "Nothing falls due by then.");
}

void paged(Verb& verb, Given& given) {
  verb.option("--limit", given.limit, "at most so many (0: all)");
  verb.option("--cursor", given.cursor, "go on where an earlier page ended").may_be_empty();
}

}  // namespace

void add_worklist(Program& program) {
  auto given = std::make_shared<Given>();
  Verb verb = program.verb("worklist", "What waits for a body or a person, by due time");
  verb.option("BODY", given->body, "KIND-PLACE, such as PSC-5101080170060001");
  verb.option("--person", given->person, "the work of bodies for which this person has acted last");
  paged(verb, *given);
  program.on(verb, Needs::folder, [given](Session& session) { return worklist(session, *given); });

  auto when = std::make_shared<Given>();
  verb =
      program.verb("due", "Open cases that are overdue, or with --before those that are due before a time");
  verb.option("--before", when->before, "a date or a time; left out: what is overdue now");
  paged(verb, *when);
  program.on(verb, Needs::folder, [when](Session& session) { return due(session, *when); });
}

}  // namespace lastkm::tool
