// lastkm import: files of other systems as requests. Running it again lands on the same cases.
#include "engine/intake/import.h"

#include <optional>
#include <span>

#include "engine/base/fields.h"
#include "tools/lastkm/import_report.h"
#include "tools/lastkm/input.h"
#include "tools/lastkm/memory.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/progress.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

/// A batch is as large as serves speed, and no larger than memory allows whatever the rows are.
constexpr std::size_t kBatchRows = 4096;
constexpr std::size_t kBatchBytes = 4U << 20U;

struct Given {
  std::string format;
  std::string file;
  std::string clocks = "record";
  std::string body = "HOTLINE-510108";
  std::string role = "AGENT";
  std::string channel;
  std::string zone;
  std::string dates;
  bool dry_run = false;
  bool each = false;
};

using Submit = std::function<std::vector<Result<runtime::Outcome>>(std::span<const intake::Submission>)>;

/// `path` is a JSON pointer to the member that it is about, or empty.
RowResult refused(RowResult result, std::string code, std::string text, std::string_view path) {
  result.result = "refused";
  result.code = std::move(code);
  result.text = std::move(text);
  result.column = path.substr(path.empty() ? 0 : 1);
  return result;
}

RowResult refused(RowResult result, const Error& why) {
  return refused(std::move(result), why.code, why.message, why.path);
}

/// Why the rules refuse a row, with the code that it has there.
RowResult refused_by_rules(RowResult result, const record::Rejection& why, const intake::Submission& asked) {
  std::string text = why.text;
  const std::string_view code = why.path.empty() ? "" : asked.data.text(why.path.substr(1));
  if (is_code(code)) text = "'" + std::string(code) + "': " + text;
  return refused(std::move(result), why.code, std::move(text), why.path);
}

/// Submits what was read, in batches, and says of each row, in order, what became of it.
class Importing {
 public:
  Importing(Submit submit, std::function<void(const RowResult&)> tell)
      : submit_(std::move(submit)), tell_(std::move(tell)) {}

  void take(intake::ImportRow row) {
    RowResult result{row.row, row.line, "", "", "", "", "", "", std::move(row.cleaned)};
    if (row.submission) {
      asked_.push_back(rows_.size());
      batch_.push_back(std::move(*row.submission));
    } else {
      result = refused(std::move(result), row.submission.error());
    }
    rows_.push_back(std::move(result));
    bytes_ += row.bytes;
    if (rows_.size() >= kBatchRows || bytes_ >= kBatchBytes) run();
  }

  void run() {
    const auto outcomes = submit_(batch_);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      RowResult& row = rows_[asked_[i]];
      row = outcomes[i] ? of(std::move(row), *outcomes[i], batch_[i])
                        : refused(std::move(row), outcomes[i].error());
      const bool unknown = outcomes[i] ? outcomes[i]->status == runtime::OutcomeStatus::recorded
                                       : outcomes[i].error().kind == ErrorKind::unknown_outcome;
      if (unknown) ++unknown_;
    }
    for (const RowResult& row : rows_) tell_(row);
    rows_.clear();
    batch_.clear();
    asked_.clear();
    bytes_ = 0;
  }

  [[nodiscard]] std::int64_t unknown() const { return unknown_; }

 private:
  static RowResult of(RowResult result, const runtime::Outcome& outcome, const intake::Submission& asked) {
    switch (outcome.status) {
      case runtime::OutcomeStatus::recorded:
        return refused(std::move(result), "not-decided",
                       "recorded and not decided yet; import again to learn its outcome", "");
      case runtime::OutcomeStatus::rejected:
        return refused_by_rules(std::move(result),
                                outcome.rejection.value_or(record::Rejection{"rejected", "", "", "", {}}),
                                asked);
      case runtime::OutcomeStatus::duplicate:
        result.result = "same";
        break;
      case runtime::OutcomeStatus::accepted:
        // The opening event is a case's first; whatever comes later on the same reference supplements it.
        const bool opened = !outcome.events.empty() && outcome.events.front().seq == 1;
        result.result = opened ? "created" : "supplemented";
        break;
    }
    result.id = outcome.aggregate.value;
    result.ref = outcome.ref;
    return result;
  }

  Submit submit_;
  std::function<void(const RowResult&)> tell_;
  std::vector<RowResult> rows_;
  std::vector<std::size_t> asked_;  ///< which of the rows each of the batch is
  std::vector<intake::Submission> batch_;
  std::size_t bytes_ = 0;
  std::int64_t unknown_ = 0;
};

Result<intake::ImportOptions> options_of(const Given& given) {
  intake::ImportOptions options;
  options.actor = {BodyId(given.body), given.role, "", ""};
  options.channel = given.channel;
  options.clocks_from_business_time = given.clocks == "business";
  if (!given.zone.empty()) {
    options.zone_minutes = intake::read_zone(given.zone);
    if (!options.zone_minutes) {
      return Error{ErrorKind::bad_input, "bad-zone",
                   "--zone wants an offset such as +08:00, -05:00 or Z, not '" + given.zone + "'.", ""};
    }
  }
  if (!given.dates.empty()) {
    options.dates =
        given.dates == "day-first" ? intake::DateOrder::day_first : intake::DateOrder::month_first;
  }
  return options;
}

void print_row(Session& session, const RowResult& row) {
  if (session.json()) {
    session.print(to_value(row));
    return;
  }
  const Style style = session.style();
  std::ostream& out = session.out();
  out << row.row << ' '
      << (row.result == "refused" ? style.red(std::string(row.result)) : std::string(row.result));
  if (!row.ref.empty()) out << ' ' << row.ref;
  if (!row.code.empty()) {
    out << ' ' << row.code << ": ";
    if (row.line > 0) out << "line " << row.line << ": ";
    if (!row.column.empty()) out << row.column << ": ";
    out << row.text;
  }
  for (const auto& [kind, count] : row.cleaned) out << ' ' << style.dim(kind);
  out << '\n';
}

Result<Exit> run(Session& session, const Given& given) {
  auto options = options_of(given);
  if (!options) return options.error();
  auto input = Input::open(session, given.file);
  if (!input) return input.error();
  std::istream& stream = input->stream();
  const auto importer = intake::open_import(given.format, stream, *options);
  const std::string name = given.file == "-" ? "The input" : given.file;
  if (!importer) return stream.bad() ? read_failed(name, "nothing was done with it.") : importer.error();
  if (!session.is_served()) give_memory_back_at_once();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  std::unique_ptr<runtime::Rehearsal> rehearsal;
  if (given.dry_run) {
    auto made = (*engine)->rehearse();
    if (!made) return made.error();
    rehearsal = std::move(*made);
  }
  ImportSum sum;
  Importing importing(
      [&](std::span<const intake::Submission> batch) {
        return rehearsal ? rehearsal->submit(batch) : (*engine)->submit(batch);
      },
      [&](const RowResult& row) {
        sum.count(row);
        if (given.each) print_row(session, row);
      });
  {
    const bool shown = session.shows_progress() && given.file != "-";
    Progress progress(session.err(), shown, given.dry_run ? "reading" : "importing", input->size());
    std::optional<intake::ImportRow> last;
    for (std::int64_t rows = 0;;) {
      auto row = (*importer)->next();
      if (!row) break;
      if (last) importing.take(std::move(*last));
      last = std::move(row);
      if (++rows % 64 == 0 && shown) progress.at(input->at(), std::to_string(rows) + " rows");
    }
    // Where the input broke off, only what came after a row shows that it is whole.
    if (last && !stream.bad()) importing.take(std::move(*last));
    importing.run();
  }
  if (stream.bad())
    return read_failed(name, std::to_string(sum.rows) +
                                 " rows were handled. Import it again: what is there is not doubled.");
  sum.cleaned = (*importer)->report().cleaned;
  if (auto printed = print(session, sum, given.dry_run); !printed) return printed.error();
  if (importing.unknown() > 0) return Exit::unknown_outcome;
  return sum.refused.count() > 0 ? Exit::refused : Exit::ok;
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
  verb.flag("--dry-run", given->dry_run, "report what would become of each row, and write nothing");
  verb.flag("--each", given->each, "also a line a row: what became of it, and what was cleaned");
  verb.option("--clocks", given->clocks, "business: clocks count from when the request was made")
      .one_of({"record", "business"})
      .with_default();
  verb.option("--zone", given->zone, "of times without one, such as +08:00; else the format's own");
  verb.option("--dates", given->dates, "how 03/04/2026 is read; else as the file's first rows show")
      .one_of({"day-first", "month-first"});
  verb.option("--body", given->body, "the body that answers for the import").with_default();
  verb.option("--role", given->role, "its role").with_default();
  verb.option("--channel", given->channel, "instead of the format's own channel");
  program.on(verb, Needs::folder, [given](Session& session) { return run(session, *given); });
}

}  // namespace lastkm::tool
