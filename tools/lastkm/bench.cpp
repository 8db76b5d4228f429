// lastkm bench NAME: what this machine does, in folders of its own.
#include <algorithm>
#include <array>

#include "engine/runtime/scratch_folder.h"
#include "tools/lastkm/bench/benches.h"
#include "tools/lastkm/bench/plain.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Entry {
  const char* name;
  const char* help;
  Result<bench::Reports> (*run)(const bench::BenchOptions&, const runtime::ScratchFolder&);
};

constexpr std::array<Entry, 8> kBenches{{
    {"lives", "Nine acknowledged commands a case, from many clients", bench::lives},
    {"rebuild", "All views folded anew from the decisions of many lives", bench::rebuild},
    {"redecide", "Every decision of many lives made again and compared", bench::redecide},
    {"open", "What many open cases cost: memory, speed, and the way back after kill -9", bench::open},
    {"query", "What readers wait for at half of the highest write load", bench::query},
    {"lag", "How soon the views show one's own write, at 80 % of the highest load", bench::lag},
    {"resend", "Repeated and stale commands: none takes effect twice, none is lost", bench::resend},
    {"clocks", "Many clocks that fall due in the same second, under load", bench::clocks},
}};

}  // namespace

void add_bench(Program& program) {
  Verb group = program.verb("bench", "Measure this machine, in a folder that is removed afterwards");
  group.needs_verb();
  auto options = std::make_shared<bench::BenchOptions>();
  auto under = std::make_shared<std::string>();
  for (const Entry& entry : kBenches) {
    Verb verb = group.verb(entry.name, entry.help);
    verb.option("--clients", options->clients, "callers at once").between(1, 1024).with_default();
    verb.option("--workers", options->workers, "threads that own lanes").between(1, 64).with_default();
    verb.option("--seconds", options->whole_seconds, "how long to measure").between(1, 7200).with_default();
    verb.option("--cases", options->cases, "how many cases or lives; 0: as the benchmark has it")
        .between(0, 10000000);
    verb.option("--scratch", *under, "where to make the folder; where temporary files go if not given")
        .called("DIR");
    verb.option("--rate", options->rate, "lives: steps a second; 0: as fast as it goes").between(0, 1000000);
    verb.option("--folder", options->folder, "lives, rebuild, redecide: in this folder, which is kept")
        .called("DIR");
    verb.flag("--unchecked", options->unchecked, "do not re-decide and rebuild afterwards");
    program.on(verb, Needs::nothing, [options, under, run = entry.run](Session& session) -> Result<Exit> {
      const auto place = session.log_place();
      if (!place) return place.error();
      const auto scratch = runtime::ScratchFolder::make("bench", *under);
      if (!scratch) return scratch.error();
      options->place = place->value_or(runtime::LogPlace());
      options->place.prefix += "-" + scratch->name();
      auto reports = run(*options, *scratch);
      if (!reports) return reports.error();
      if (auto held = bench::hold_against_plain(*reports, scratch->at("plain"), *options); !held)
        return held.error();
      bench::print(session, *reports);
      return Exit::ok;
    });
  }
}

}  // namespace lastkm::tool
