// lastkm scenario run FILE…: stories as text, with what must be true in them (schemas/scenario.md).
#include "tools/lastkm/program.h"
#include "tools/lastkm/scenario_run.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

void print_scenario(Session& session, const Scenario& scenario, const Told& told, bool ok) {
  if (session.json()) {
    Array out;
    for (const Check& check : told.checks) {
      out.emplace_back(
          Object{{"id", check.id}, {"ok", check.ok}, {"expected", check.expected}, {"got", check.got}});
    }
    session.print(Object{{"scenario", scenario.id},
                         {"ok", ok},
                         {"checks", std::move(out)},
                         {"rules", Array(told.rules.begin(), told.rules.end())}});
    return;
  }
  const Style style = session.style();
  session.out() << (ok ? style.green("✓ ") : style.red("✗ ")) << style.bold(scenario.id) << ' '
                << scenario.title << '\n';
  for (const Check& check : told.checks) {
    session.out() << "    " << (check.ok ? style.green("✓") : style.red("✗")) << ' ' << check.id << "  "
                  << check.expected << '\n';
    if (!check.ok) session.out() << "        got: " << check.got << '\n';
  }
}

/// Where a scenario's deployment is kept; empty: nowhere.
std::string folder_for(Session& session, const std::string& keep, const Scenario& scenario) {
  return keep.empty() ? "" : session.path(keep) + "/" + scenario.id;
}

Result<Exit> run(Session& session, const std::vector<std::string>& files, const std::string& keep) {
  const auto place = session.log_place();
  if (!place) return place.error();
  ScenarioRunner runner(place->value_or(runtime::LogPlace()));
  std::size_t scenarios = 0;
  std::size_t failed = 0;
  for (const std::string& file : files) {
    const auto text = session.read(file);
    if (!text) return text.error();
    const auto read = read_scenarios(*text, file);
    if (!read) return read.error();
    for (const Scenario& scenario : *read) {
      const auto told = runner.run(scenario, session.path(file), folder_for(session, keep, scenario));
      if (!told) return told.error();
      bool ok = true;
      for (const Check& check : told->checks) ok = ok && check.ok;
      print_scenario(session, scenario, *told, ok);
      ++scenarios;
      if (!ok) ++failed;
    }
  }
  if (!session.json()) session.out() << scenarios << " scenarios, " << failed << " failed\n";
  return failed == 0 ? Exit::ok : Exit::difference;
}

}  // namespace

void add_scenario(Program& program) {
  Verb group = program.verb("scenario", "Play stories written as text and check what they expect");
  group.needs_verb();
  auto files = std::make_shared<std::vector<std::string>>();
  auto keep = std::make_shared<std::string>();
  Verb verb =
      group.verb("run", "Each scenario in a folder and a time of its own (exit 8 where a check fails)");
  verb.option("FILE", *files, "scenario files, or - for the input").required();
  verb.option("--keep", *keep, "keep each scenario's data folder as DIR/SCENARIO").called("DIR");
  program.on(verb, Needs::nothing, [files, keep](Session& session) { return run(session, *files, *keep); });
}

}  // namespace lastkm::tool
