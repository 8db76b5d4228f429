// lastkm import: files of other systems as requests. Running it again lands on the same cases.
#include <fstream>
#include <sstream>

#include "engine/intake/import.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/progress.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

struct Given {
  std::string format;
  std::string file;
  std::string clocks = "record";
  std::string body = "HOTLINE-510108";
  std::string role = "AGENT";
  std::string channel;
  bool dry_run = false;
};

struct Sum {
  std::int64_t created = 0, same = 0, supplemented = 0, unknown = 0;
};

/// Submits what was read, in batches, and counts what became of it.
class Importing {
 public:
  Importing(runtime::Engine& engine, intake::ImportReport& report) : engine_(&engine), report_(&report) {}

  void take(std::int64_t row, intake::Submission submission) {
    rows_.push_back(row);
    batch_.push_back(std::move(submission));
    if (batch_.size() >= 512) run();
  }

  void run() {
    const auto outcomes = engine_->submit(batch_);
    for (std::size_t i = 0; i < outcomes.size(); ++i) count(rows_[i], outcomes[i]);
    batch_.clear();
    rows_.clear();
  }

  [[nodiscard]] const Sum& sum() const { return sum_; }

 private:
  void count(std::int64_t row, const Result<runtime::Outcome>& outcome) {
    if (!outcome) {
      if (outcome.error().kind == ErrorKind::unknown_outcome) ++sum_.unknown;
      report_->refuse_taken(row, outcome.error().code, outcome.error().message);
      return;
    }
    switch (outcome->status) {
      case runtime::OutcomeStatus::duplicate:
        ++sum_.same;
        return;
      case runtime::OutcomeStatus::recorded:
        ++sum_.unknown;
        report_->refuse_taken(row, "not-decided",
                              "recorded and not decided yet; import again to learn its outcome");
        return;
      case runtime::OutcomeStatus::rejected:
        report_->refuse_taken(row, outcome->rejection ? outcome->rejection->code : "rejected",
                              outcome->rejection ? outcome->rejection->text : "");
        return;
      case runtime::OutcomeStatus::accepted:
        break;
    }
    // The opening event is a case's first; whatever comes later on the same reference supplements it.
    const bool opened = !outcome->events.empty() && outcome->events.front().seq == 1;
    ++(opened ? sum_.created : sum_.supplemented);
  }

  runtime::Engine* engine_;
  intake::ImportReport* report_;
  std::vector<intake::Submission> batch_;
  std::vector<std::int64_t> rows_;
  Sum sum_;
};

Value to_value(const intake::ImportReport& report, const Sum& sum) {
  Array refused;
  for (const intake::Refused& one : report.refusals) {
    refused.emplace_back(Object{{"row", one.row}, {"code", one.code}, {"text", one.text}});
  }
  Object cleaned;
  for (const auto& [name, count] : report.cleaned) cleaned.set(name, count);
  return Object{{"rows", report.rows},
                {"created", sum.created},
                {"same", sum.same},
                {"supplemented", sum.supplemented},
                {"refused", std::move(refused)},
                {"cleaned", std::move(cleaned)}};
}

void print_report(Session& session, const intake::ImportReport& report, const Sum& sum, bool dry_run) {
  const Style style = session.style();
  session.out() << report.rows << " rows: ";
  if (dry_run) {
    session.out() << style.green(std::to_string(report.taken) + " can be read");
  } else {
    session.out() << style.green(std::to_string(sum.created) + " created") << ", " << sum.same << " same, "
                  << sum.supplemented << " supplemented";
  }
  session.out() << ", "
                << (report.refused > 0 ? style.red(std::to_string(report.refused) + " refused") : "0 refused")
                << ".\n";
  if (!report.cleaned.empty()) {
    Table table({{"cleaned"}, {"cells", Align::right}});
    for (const auto& [name, count] : report.cleaned) table.add({name, count});
    table.print(session.out(), style, 2);
  }
  if (!report.refusals.empty()) {
    Table table({{"row", Align::right}, {"code"}, {"why", Align::left, 90}});
    for (std::size_t i = 0; i < report.refusals.size() && i < 20; ++i) {
      table.add({report.refusals[i].row, report.refusals[i].code, report.refusals[i].text});
    }
    table.print(session.out(), style, 2);
    if (report.refused > 20) session.out() << "  … " << report.refused - 20 << " more; --json has them all\n";
  }
}

Result<Exit> run(Session& session, const Given& given) {
  std::ifstream file;
  std::istream* input = &session.in();
  if (given.file != "-") {
    file.open(session.path(given.file), std::ios::binary);
    if (!file)
      return Error{ErrorKind::not_found, "no-such-file",
                   "There is no file " + given.file + " that can be read.", given.file};
    input = &file;
  }
  intake::ImportOptions options;
  options.actor = {BodyId(given.body), given.role, "", ""};
  options.channel = given.channel;
  options.clocks_from_business_time = given.clocks == "business";
  const auto importer = intake::open_import(given.format, *input, options);
  if (!importer) return importer.error();
  const auto engine = given.dry_run ? Result<runtime::Engine*>(nullptr) : session.engine();
  if (!engine) return engine.error();
  intake::ImportReport& report = (*importer)->report();
  Sum sum;
  {
    Progress progress(session.err(), session.shows_progress() && given.file != "-", "importing", 0);
    std::optional<Importing> importing;
    if (*engine != nullptr) importing.emplace(**engine, report);
    while (auto row = (*importer)->next()) {
      if (row->submission && importing) importing->take(row->row, std::move(*row->submission));
      progress.at(report.rows);
    }
    if (importing) {
      importing->run();
      sum = importing->sum();
    }
  }
  if (given.dry_run) sum.created = report.taken;
  if (session.json()) {
    session.print(to_value(report, sum));
  } else {
    print_report(session, report, sum, given.dry_run);
  }
  if (sum.unknown > 0) return Exit::unknown_outcome;
  return report.refused > 0 ? Exit::refused : Exit::ok;
}

}  // namespace

void add_import(Program& program) {
  auto given = std::make_shared<Given>();
  std::string names;
  std::vector<std::string> known;
  for (const std::string_view name : intake::formats()) {
    known.emplace_back(name);
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  Verb verb =
      program.verb("import", "Bring in a file of another system; what is there already is not doubled");
  verb.option("FILE", given->file, "a file, or - for the input").required();
  verb.option("--format", given->format, names).required().called("F").one_of(known);
  verb.flag("--dry-run", given->dry_run,
                 "read and report, submit nothing (created: what would be submitted)");
  verb.option("--clocks", given->clocks, "business: clocks count from when the request was made")
      .one_of({"record", "business"})
      .with_default();
  verb.option("--body", given->body, "the body that answers for the import").with_default();
  verb.option("--role", given->role, "its role").with_default();
  verb.option("--channel", given->channel, "instead of the format's own channel");
  program.on(verb, Needs::folder, [given](Session& session) { return run(session, *given); });
}

}  // namespace lastkm::tool
