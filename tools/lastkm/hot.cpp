// lastkm hot, duplicates, integrity: what many cases together show.
#include "tools/lastkm/answers.h"
#include "tools/lastkm/known_codes.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/rates.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Hot {
  std::string by = "category";
  std::string month;
  std::uint64_t top = 10;
  std::optional<std::string> cases;
};

void print_lines(Session& session, const Array& lines) {
  for (const Value& line : lines) session.print(line);
}

/// A key that no line has: it may be misspelt, or be one of the other dimension.
Error no_such_key(Session& session, const Hot& given, const Error& found) {
  if (found.kind != ErrorKind::not_found) return found;
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const Status known = check_term(**engine, given.by + "=" + *given.cases);
  return known ? found : known.error();
}

Result<Exit> hot(Session& session, const Hot& given) {
  if (!given.month.empty() && !parse_date(given.month + "-01"))
    return Error{ErrorKind::bad_input, "bad-month", "'" + given.month + "': say a month such as 2026-05", ""};
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto found = given.cases
                         ? (*queries)->hot_cases(given.by, projections::meant_key(*given.cases), given.month)
                         : (*queries)->hot(given.by, given.month, given.top);
  if (!found) return given.cases ? no_such_key(session, given, found.error()) : found.error();
  session.reflects(found->positions);
  if (session.json()) {
    print_lines(session, found->lines);
    return Exit::ok;
  }
  if (given.cases) {
    Table cases({{"month"}, {"ref"}, {"case"}});
    for (const Value& line : found->lines)
      cases.add({line.text("month"), line.text("ref"), line.text("case")});
    cases.print(session.out(), session.style());
    session.out() << found->lines.size() << " cases\n";
    return Exit::ok;
  }
  Table table({{"month"}, {given.by}, {"cases", Align::right}, {"of the mean before", Align::right}});
  for (const Value& line : found->lines)
    table.add({line.text("month"), projections::shown_key(line.text("key")), line.number("count"),
               percent(line.find("growth"))});
  table.print(session.out(), session.style());
  return Exit::ok;
}

Result<Exit> duplicates(Session& session, std::size_t most) {
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto found = (*queries)->duplicates(most);
  if (!found) return found.error();
  session.reflects(found->positions);
  if (session.json()) {
    print_lines(session, found->lines);
    return Exit::ok;
  }
  if (found->lines.empty()) {
    session.out() << "No new case is of the place, category and time of an open one.\n";
    return Exit::ok;
  }
  Table table({{"new"},
               {"may repeat"},
               {"category"},
               {"place"},
               {"hours", Align::right},
               {"text alike", Align::right}});
  for (const Value& line : found->lines) {
    table.add({line.text("ref"), line.text("master_ref"), line.text("category"), line.text("place"),
               line.number("hours"), percent(line.find("similarity"))});
  }
  table.print(session.out(), session.style());
  session.out() << "Named is what is of the same place and category and was asked within the hours of its "
                   "urgency, however its text reads; a dispatcher decides whether they are merged.\n";
  return Exit::ok;
}

Result<Exit> integrity(Session& session, bool late) {
  const auto queries = session.queries();
  if (!queries) return queries.error();
  if (late) {
    const auto page = (*queries)->late();
    if (!page) return page.error();
    session.reflects(page->positions);
    if (session.json()) {
      print_page(session, *page);
      return Exit::ok;
    }
    Table table({{"lane", Align::right},
                 {"ordinal", Align::right},
                 {"case"},
                 {"seq", Align::right},
                 {"event"},
                 {"by"},
                 {"happened"},
                 {"recorded"}});
    for (const Value& line : page->lines) {
      table.add({line.number("lane"), line.number("ordinal"), line.text("case"), line.number("seq"),
                 line.text("type"), line.text("body"), short_time(line.text("occurred_at")),
                 short_time(line.text("recorded_at"))});
    }
    if (page->lines.empty()) {
      session.out() << "Nothing was recorded more than a day after it happened, but for imports.\n";
    } else {
      table.print(session.out(), session.style());
    }
    return Exit::ok;
  }
  const auto found = (*queries)->integrity();
  if (!found) return found.error();
  const Exit exit = found->number("broken") == 0 ? Exit::ok : Exit::difference;
  session.reflects(*found->find("positions"));
  if (session.json()) {
    session.print(*found);
    return exit;
  }
  Table table({{"lane", Align::right},
               {"decisions", Align::right},
               {"events", Align::right},
               {"rejected", Align::right},
               {"late", Align::right},
               {"chain"},
               {"root of its decisions", Align::left, 64}});
  for (const Value& lane : *found->find("lanes")->if_array()) {
    const bool whole = lane.number("broken") == 0;
    table.add({lane.number("lane"), lane.number("last"), lane.number("events"), lane.number("rejected"),
               lane.number("late"),
               Cell(whole ? "whole" : "broken at " + std::to_string(lane.number("first_broken")),
                    whole ? Tone::good : Tone::bad),
               lane.text("decisions_root")});
  }
  table.print(session.out(), session.style());
  Table excluded({{"excluded"}, {"approver"}, {"orders", Align::right}});
  for (const Value& line : *found->find("exclusions")->if_array())
    excluded.add({line.text("code"), line.text("approver"), line.number("count")});
  session.out() << '\n';
  excluded.print(session.out(), session.style());
  return exit;
}

}  // namespace

void add_hot(Program& program) {
  auto given = std::make_shared<Hot>();
  Verb verb = program.verb(
      "hot", "Where and about what most comes in, and that against the mean of up to four months before");
  verb.option("--by", given->by, "category or community").with_default();
  verb.option("--month", given->month, "only this one, such as 2026-05");
  Option cases =
      verb.option("--cases", given->cases, "the cases that the lines of this key count").called("KEY");
  verb.option("--top", given->top, "so many of each month (0: all)").with_default().not_with(cases);
  program.on(verb, Needs::folder, [given](Session& session) { return hot(session, *given); });

  auto most = std::make_shared<std::uint64_t>(3);
  verb = program.verb("duplicates",
                      "New cases that may repeat an open one: of its place and category, near in time");
  verb.option("--most", *most,
              "so many open ones of each new case, those whose texts are most alike (0: all)")
      .with_default();
  program.on(verb, Needs::folder, [most](Session& session) { return duplicates(session, *most); });

  auto late = std::make_shared<bool>(false);
  verb = program.verb("integrity", "Trees and chains of each lane, late entries, exclusions by approver");
  verb.flag("--late", *late,
            "list the events recorded more than a day after they happened; imports tell of the past and do "
            "not count");
  program.on(verb, Needs::folder, [late](Session& session) { return integrity(session, *late); });
}

}  // namespace lastkm::tool
