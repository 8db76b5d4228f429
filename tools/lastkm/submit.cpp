// lastkm submit FILE.jsonl|-: a command a line, an outcome a line. All lines run.
#include <algorithm>

#include "engine/intake/submission.h"
#include "engine/json/read.h"
#include "engine/log/crash_point.h"
#include "tools/lastkm/answers.h"
#include "tools/lastkm/input.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/progress.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

constexpr std::size_t kBatch = 256;

struct Line {
  std::int64_t number = 0;
  Result<intake::Submission> submission;
};

Result<intake::Submission> read_line(const std::string& text, std::int64_t number) {
  const std::string where = "line " + std::to_string(number);
  const auto value = json::read_value(text, where);
  if (!value) {
    const Error& why = value.error();
    return Error{ErrorKind::bad_input, "bad-data", why.code + ": " + why.message, ""};
  }
  auto submission = intake::read_submission(*value);
  if (!submission) {
    Error error = submission.error();
    error.message = where + ": " + error.message;
    return error;
  }
  return submission;
}

class Submitting {
 public:
  Submitting(Session& session, runtime::Engine& engine)
      : session_(&session),
        engine_(&engine),
        table_({{"line", Align::right},
                {"status"},
                {"ref"},
                {"seq", Align::right},
                {"events", Align::left, 1000}}) {}

  void take(Line line) {
    batch_.push_back(std::move(line));
    if (batch_.size() >= kBatch) run_batch();
  }

  void run_batch() {
    std::vector<intake::Submission> submissions;
    for (const Line& line : batch_) {
      if (line.submission) submissions.push_back(*line.submission);
    }
    const std::int32_t offset = Session::offset_of(*engine_);
    const auto outcomes = engine_->submit(submissions);
    std::size_t next = 0;
    for (const Line& line : batch_) {
      if (!line.submission) {
        answer(line.number, to_value(line.submission.error()), Exit::refused);
      } else if (const auto& outcome = outcomes[next++]; outcome) {
        answer(line.number, to_value(*outcome, offset), exit_of(*outcome));
      } else {
        const Exit exit = exit_of(outcome.error().kind);
        const bool counts = exit == Exit::unknown_outcome || exit == Exit::version_conflict;
        answer(line.number, to_value(outcome.error()), counts ? exit : Exit::refused);
      }
    }
    batch_.clear();
  }

  /// Of all that was taken, where nothing is to come soon.
  void answer_now() {
    if (batch_.empty()) return;
    run_batch();
    session_->out().flush();
  }

  [[nodiscard]] Exit finish() {
    run_batch();
    if (!session_->json() && !table_.empty()) table_.print(session_->out(), session_->style());
    if (!session_->json() && !why_.empty() && !session_->options().quiet) {
      session_->out() << session_->style().dim("why: lastkm audit explain " + why_) << '\n';
    }
    if (!session_->json() && unknown_ > 0 && !session_->options().quiet) {
      session_->err()
          << session_->error_style().yellow(
                 "Of " + std::to_string(unknown_) +
                 " lines it is not known, or not decided, what became of them: send them again. A "
                 "request is known by its channel and reference, any other line by its "
                 "idempotency_key; one without may have been taken, and is then refused.")
          << '\n';
    }
    return exit_;
  }

 private:
  void answer(std::int64_t number, const Value& answer, Exit exit) {
    exit_ = worse(exit_, exit);
    if (exit == Exit::unknown_outcome) ++unknown_;
    if (session_->json()) {
      Object out = *answer.if_object();
      out.set("line", number);
      session_->print(out);
      log::crash_point("answer.printed");
      return;
    }
    std::string events;
    for (const Value& event : *answer.find("events")->if_array()) {
      events += (events.empty() ? "" : " ") + std::string(event.text("type"));
    }
    const Value* reason = answer.find("reason");
    if (!reason->is_null()) {
      events = std::string(reason->text("code")) + ": " + std::string(reason->text("text"));
      if (!reason->text("path").empty()) events += " (" + std::string(reason->text("path")) + ")";
    }
    const std::string_view status = answer.text("status");
    if (status == "rejected" && why_.empty()) why_ = answer.text("explain");
    const Tone tone = status == "accepted" ? Tone::good : status == "rejected" ? Tone::bad : Tone::warn;
    table_.add({number, Cell(status, tone), answer.text("ref"), answer.number("seq"), events});
  }

  Session* session_;
  runtime::Engine* engine_;
  Table table_;
  std::vector<Line> batch_;
  std::string why_;  ///< the first decided refusal, as `audit explain` takes it
  std::size_t unknown_ = 0;
  Exit exit_ = Exit::ok;
};

Result<Exit> run(Session& session, const std::string& file) {
  auto input = Input::open(session, file);
  if (!input) return input.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  Submitting submitting(session, **engine);
  Progress progress(session.err(), session.shows_progress() && file != "-", "submitting", input->size());
  std::string line;
  std::int64_t number = 1;
  for (; std::getline(input->stream(), line); ++number) {
    const bool empty = line.find_first_not_of(" \t\r") == std::string::npos;
    if (!empty) {
      log::crash_point("submit.read");
      submitting.take({number, read_line(line, number)});
    }
    // Who writes the lines may wait for their outcomes before there are more.
    if (input->is_idle()) submitting.answer_now();
    progress.at(input->at());
  }
  const Exit exit = submitting.finish();
  if (input->stream().bad()) {
    return read_failed(
        file == "-" ? "The input" : file,
        std::to_string(number - 1) +
            " whole lines were submitted. Send it again with the same keys: what is there is not doubled.");
  }
  return exit;
}

}  // namespace

void add_submit(Program& program) {
  auto file = std::make_shared<std::string>();
  Verb verb = program.verb("submit", "Submit commands, one JSON object a line; prints an outcome a line");
  verb.option("FILE", *file,
              "JSON Lines (schemas/cli/submit.schema.json), or - for the input; a line with an "
              "idempotency_key can be sent again after exit code 7")
      .required();
  program.on(verb, Needs::folder, [file](Session& session) { return run(session, *file); });
}

}  // namespace lastkm::tool
