// lastkm rates: response, resolution and satisfaction by month, body or community.
#include "tools/lastkm/rates.h"

#include <map>
#include <optional>

#include "tools/lastkm/answers.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {
/// A fraction in hundredths: "87.50".
std::string hundredths(std::int64_t num, std::int64_t den) {
  const std::int64_t rounded = (num * 20000 + den) / (2 * den);
  const std::string cents = std::to_string(rounded % 100);
  return std::to_string(rounded / 100) + "." + (cents.size() < 2 ? "0" : "") + cents;
}

/// By code; who approved them stands in the JSON.
std::string excluded_in(const Value& line) {
  std::map<std::string, std::int64_t, std::less<>> by_code;
  for (const Value& one : *line.find("excluded")->if_array())
    by_code[std::string(one.text("code"))] += one.number("count");
  std::string text;
  for (const auto& [code, n] : by_code) text += (text.empty() ? "" : ", ") + code + " " + std::to_string(n);
  return text;
}

/// Of 100.
std::string points(const Value* score) {
  if (score == nullptr || score->is_null()) return "—";
  return hundredths(score->number("num"), score->number("den"));
}
}  // namespace

std::string percent(const Value* fraction) {
  if (fraction == nullptr || fraction->is_null() || fraction->number("den") == 0) return "—";
  const std::int64_t num = fraction->number("num");
  const std::int64_t den = fraction->number("den");
  return hundredths(num, den) + "% (" + std::to_string(num) + "/" + std::to_string(den) + ")";
}

Table rates_table(const Array& lines, const std::string& key_title) {
  Table table({{key_title},
               {"base", Align::right},
               {"response", Align::right},
               {"resolution", Align::right},
               {"satisfaction", Align::right},
               {"score", Align::right},
               {"excluded", Align::left, 100}});
  for (const Value& line : lines) {
    table.add({projections::shown_key(line.text("key")), line.number("base"), percent(line.find("response")),
               percent(line.find("resolution")), percent(line.find("satisfaction")),
               points(line.find("score")), Cell(excluded_in(line), Tone::quiet)});
  }
  return table;
}

namespace {

struct Given {
  std::string by = "month";
  std::string basis = "callback";
  std::string from, before;
  std::optional<std::string> cases;
};

Result<projections::Period> period_of(const Given& given, std::int32_t offset) {
  projections::Period period;
  for (const auto& [text, into] :
       {std::pair(&given.from, &period.from), std::pair(&given.before, &period.before)}) {
    if (text->empty()) continue;
    const auto at = projections::parse_time(*text, offset);
    if (!at) return at.error();
    *into = *at;
  }
  return period;
}

Exit print_orders(Session& session, const projections::Lines& orders) {
  session.reflects(orders.positions);
  if (session.json()) {
    for (const Value& line : orders.lines) session.print(line);
    return Exit::ok;
  }
  Table table({{"ref"},
               {"case"},
               {"base", Align::right},
               {"response", Align::right},
               {"resolution", Align::right},
               {"satisfaction", Align::right},
               {"excluded", Align::left, 100}});
  std::int64_t base = 0;
  for (const Value& line : orders.lines) {
    base += line.number("base");
    table.add({line.text("ref"), line.text("case"), line.number("base"), percent(line.find("response")),
               percent(line.find("resolution")), percent(line.find("satisfaction")),
               Cell(excluded_in(line), Tone::quiet)});
  }
  table.print(session.out(), session.style());
  session.out() << orders.lines.size() << " orders, " << base << " in the base\n";
  return Exit::ok;
}

Result<Exit> run(Session& session, const Given& given) {
  const auto by = projections::parse_rates_by(given.by);
  if (!by) return by.error();
  const auto basis = projections::parse_rates_basis(given.basis);
  if (!basis) return basis.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto queries = session.queries();
  if (!queries) return queries.error();
  const auto period = period_of(given, Session::offset_of(**engine));
  if (!period) return period.error();
  if (given.cases) {
    const auto orders = (*queries)->rates_cases(*by, *basis, projections::meant_key(*given.cases), *period);
    if (!orders) return orders.error();
    return print_orders(session, *orders);
  }
  const auto lines = (*queries)->rates(*by, *basis, *period);
  if (!lines) return lines.error();
  session.reflects(lines->positions);
  if (session.json()) {
    for (const Value& line : lines->lines) session.print(line);
  } else {
    rates_table(lines->lines, given.by).print(session.out(), session.style());
  }
  return Exit::ok;
}

}  // namespace

void add_rates(Program& program) {
  auto given = std::make_shared<Given>();
  Verb verb = program.verb("rates", "The three rates: response, resolution, satisfaction");
  verb.option("--by", given->by, "month, body or community").with_default();
  verb.option("--basis", given->basis, "callback or close: which cases belong to a month").with_default();
  verb.option("--from", given->from, "only orders scored from this time on");
  verb.option("--before", given->before, "… and before this one");
  verb.option("--cases", given->cases, "the orders that the line of this key is made of, and how each counts")
      .called("KEY");
  program.on(verb, Needs::folder, [given](Session& session) { return run(session, *given); });
}

}  // namespace lastkm::tool
