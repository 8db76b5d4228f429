// lastkm case show|list|history.
#include "tools/lastkm/answers.h"
#include "tools/lastkm/known_codes.h"
#include "tools/lastkm/named_case.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

void print_case(Session& session, const Value& shown) {
  const Style style = session.style();
  const Value* workflow = shown.find("workflow");
  session.out() << style.bold(std::string(shown.text("ref"))) << "  " << shown.text("stage") << "  "
                << style.dim(std::string(shown.text("case"))) << '\n';
  Table facts({{"", Align::left}, {"", Align::left, 100}});
  const auto add = [&facts](std::string_view name, std::string_view text) {
    if (!text.empty()) facts.add({name, text});
  };
  for (const std::string_view name : {"type", "category", "urgency", "place", "channel"})
    add(name, shown.text(name));
  add("asked", short_time(shown.text("opened_at")));
  add("recorded", short_time(shown.text("recorded_at")));
  add("closed", short_time(shown.text("closed_at")));
  add("merged into", shown.text("master"));
  add("holders", joined(*shown.find("holders")));
  add("lead", shown.text("lead"));
  add("co-handlers", joined(*shown.find("co_handlers")));
  facts.add({"level", shown.number("level")});
  facts.add({"card", Cell(shown.text("card"), shown.text("card") == "red" ? Tone::bad : Tone::plain)});
  facts.add({"supervision", shown.number("supervision")});
  facts.add({"version", shown.number("version")});
  if (workflow != nullptr) {
    facts.add(
        {"workflow", std::string(workflow->text("id")) + "@" + std::to_string(workflow->number("version"))});
  }
  facts.print(session.out(), style, 2);
  session.out() << '\n';
  print_clocks(session, shown);
}

Result<Exit> show_case(Session& session, const std::string& given) {
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto id = case_named(**engine, given);
  if (!id) return id.error();
  const auto shown = (*queries)->show(*id, (*engine)->now());
  if (!shown) return shown.error();
  const Value& position = *shown->find("position");
  session.reflects(Object{{std::to_string(position.number("lane")), position.number("ordinal")}});
  if (session.json()) {
    session.print(*shown);
  } else {
    print_case(session, *shown);
  }
  return Exit::ok;
}

struct List {
  std::vector<std::string> where;
  std::string order = "opened";
  std::size_t limit = 0;
  std::string cursor;
};

/// Where no case was found: which term no case holds at all, for it may be misspelt. Errors of check_term
/// where the documents hold every code.
Status tell_of_empty(Session& session, const projections::Queries& queries,
                     const std::vector<std::string>& terms, const runtime::Engine& engine) {
  for (const std::string& term : terms) {
    const auto alone = projections::parse_filter(std::span(&term, 1), Session::offset_of(engine));
    if (!alone) return alone.error();
    const auto page =
        queries.list(*alone, projections::CaseOrder::opened, {.limit = 1, .cursor = {}}, engine.now());
    if (!page) return page.error();
    if (page->count != 0) continue;
    const Status known = check_term(engine, term);
    if (!known && is_complete(term)) return known;
    if (!session.options().quiet) {
      session.err() << session.error_style().dim(known ? "No case has " + term + "." : known.error().message)
                    << '\n';
    }
  }
  return done();
}

/// The terms with the number that we gave a case for any name of it: ref=CH-12345/X1 is ref=3-000001.
/// not_found "no-such-case".
Result<std::vector<std::string>> named_terms(runtime::Engine& engine, std::vector<std::string> terms) {
  static constexpr std::string_view kRef = "ref=";
  for (std::string& term : terms) {
    if (!term.starts_with(kRef) || term == kRef) continue;
    const auto named = case_named(engine, term.substr(kRef.size()));
    if (!named) return named.error();
    auto found = engine.find_case(*named);
    if (!found) return Error{ErrorKind::not_found, found.error().code, found.error().message, ""};
    term = std::string(kRef) + found->ref;
  }
  return terms;
}

Result<Exit> list_cases(Session& session, const List& given) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  auto terms = named_terms(**engine, given.where);
  if (!terms) return terms.error();
  const auto filter = projections::parse_filter(*terms, Session::offset_of(**engine));
  if (!filter) return filter.error();
  const auto order = projections::parse_order(given.order);
  if (!order) return order.error();
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto page =
      (*queries)->list(*filter, *order, {.limit = given.limit, .cursor = given.cursor}, (*engine)->now());
  if (!page) return page.error();
  if (page->count == 0) {
    if (const Status told = tell_of_empty(session, **queries, *terms, **engine); !told) return told.error();
  }
  session.reflects(page->positions);
  if (session.json()) {
    print_page(session, *page);
    return Exit::ok;
  }
  Table table({{"ref"},
               {"stage"},
               {"category"},
               {"urgency"},
               {"place"},
               {"lead"},
               {"lvl", Align::right},
               {"card"},
               {"due"}});
  for (const Value& line : page->lines) {
    table.add({line.text("ref"), line.text("stage"), line.text("category"), line.text("urgency"),
               line.text("place"), line.text("lead"), line.number("level"),
               Cell(line.text("card"), line.text("card") == "red" ? Tone::bad : Tone::plain),
               Cell(short_time(line.text("due")), line.flag("overdue") ? Tone::bad : Tone::plain)});
  }
  table.print(session.out(), session.style());
  session.out() << page->lines.size() << " of " << page->count << " cases\n";
  if (!page->next.empty()) session.out() << "More: the same with --cursor " << page->next << '\n';
  return Exit::ok;
}

Result<Exit> case_history(Session& session, const std::string& given) {
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto id = case_named(**engine, given);
  if (!id) return id.error();
  const auto page = (*queries)->history(*id);
  if (!page) return page.error();
  session.reflects(page->positions);
  if (session.json()) {
    for (const Value& line : page->lines) session.print(line);
    return Exit::ok;
  }
  Table table({{"seq", Align::right}, {"recorded"}, {"event"}, {"by"}, {"rule", Align::left, 50}});
  for (const Value& line : page->lines) {
    const Value* actor = line.find("actor");
    table.add({line.number("seq"), short_time(line.text("recorded_at")), line.text("type"),
               actor != nullptr ? actor->text("body") : std::string_view(),
               Cell(line.text("rule"), Tone::quiet)});
  }
  table.print(session.out(), session.style());
  return Exit::ok;
}

}  // namespace

void add_case(Program& program) {
  Verb group = program.verb("case", "Show a case, its history, or a list of cases");
  group.needs_verb();

  auto id = std::make_shared<std::string>();
  Verb verb = group.verb("show", "Where a case is, who holds it, and its clocks");
  verb.option("ID", *id, kNamesCase).required();
  program.on(verb, Needs::folder, [id](Session& session) { return show_case(session, *id); });

  auto given = std::make_shared<List>();
  verb = group.verb("list", "Cases, a line each");
  verb.option(
          "--where", given->where,
          "ref=NUMBER (ours or the caller's), stage=…, type=…, category=…, urgency=…, channel=…, lead=…, "
          "holder=…, card=…, workflow=ID or ID@VERSION, place=… (or under it), community=… (or under it), "
          "level=N, open, overdue (yes or no), from=TIME, before=TIME (when it was asked). "
          "'NAME=(none yet)': what has none of it yet, where NAME is lead, holder, type, category, urgency, "
          "channel, place or community; no ended case has a holder, so say open beside it")
      .called("TERM…");
  verb.option("--order", given->order, "opened, due or ref").with_default();
  verb.option("--limit", given->limit, "at most so many (0: all)");
  verb.option("--cursor", given->cursor, "go on where an earlier page ended").may_be_empty();
  program.on(verb, Needs::folder, [given](Session& session) { return list_cases(session, *given); });

  auto of = std::make_shared<std::string>();
  verb = group.verb("history", "Every event of a case, in order");
  verb.option("ID", *of, kNamesCase).required();
  program.on(verb, Needs::folder, [of](Session& session) { return case_history(session, *of); });
}

}  // namespace lastkm::tool
