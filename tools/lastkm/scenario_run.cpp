#include "tools/lastkm/scenario_run.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "engine/record/canonical.h"
#include "engine/runtime/each_record.h"
#include "engine/runtime/engine.h"
#include "tools/lastkm/case_life.h"
#include "tools/lastkm/shipped.h"

namespace lastkm::tool {

namespace {

namespace fs = std::filesystem;

std::string text_of(const Value& value) {
  if (const std::string* text = value.if_string()) return *text;
  return record::canonical(value);
}

class Run {
 public:
  Run(runtime::Engine& engine, std::int32_t offset) : engine_(&engine), offset_(offset) {}

  Status line(const ScenarioLine& line, const ScenarioLine* next) {
    return std::visit(
        overloaded{[&](const ScenarioStep& step) { return take(step, line.line, next); },
                   [&](const PassTime& pass) { return engine_->advance(pass.time.at(offset_)); },
                   [&](const SwitchCase& other) { return pick(other.name, line.line); },
                   [&](const Expectation& expectation) { return check(expectation); }},
        line.what);
  }
  [[nodiscard]] std::vector<Check>& checks() { return checks_; }

 private:
  static Error mistake(int line, const std::string& text) {
    return Error{ErrorKind::bad_input, "bad-scenario", "line " + std::to_string(line) + ": " + text, ""};
  }

  Status pick(const std::string& name, int line) {
    const auto found = cases_.find(name);
    if (found == cases_.end()) return mistake(line, "no case is named " + name + " before this line");
    current_ = found->second;
    return done();
  }

  Status take(const ScenarioStep& step, int line, const ScenarioLine* next) {
    intake::Submission submission;
    submission.name = step.command;
    submission.client = "scenario";
    submission.actor = {BodyId(step.body), step.role, step.person, ""};
    submission.channel = step.channel;
    submission.reference = step.reference;
    submission.idempotency_key = step.key;
    submission.expected_version = step.version;
    if (step.occurred) submission.occurred_at = step.occurred->at(offset_);
    submission.at = step.time.at(offset_);
    if (!step.on.empty()) {
      if (auto picked = pick(step.on, line); !picked) return picked;
    }
    if (step.as.empty() && step.channel.empty()) submission.case_id = current_;
    Object data;
    for (const FieldText& field : step.fields) {
      Value value = field.value;
      if (!field.case_name.empty()) {
        const auto found = cases_.find(field.case_name);
        if (found == cases_.end())
          return mistake(line, "no case is named " + field.case_name + " before this line");
        value = found->second;
      }
      data.set(field.name, std::move(value));
    }
    submission.data = Value(std::move(data));

    const auto outcome = engine_->submit(std::span(&submission, 1)).front();
    last_ = "accepted";
    last_path_.clear();
    if (!outcome) {
      if (outcome.error().kind == ErrorKind::integrity) return outcome.error();
      last_ = "refused " + outcome.error().code;
      last_path_ = outcome.error().path;
      last_text_ = outcome.error().message;
    } else {
      if (!outcome->aggregate.value.empty() && outcome->status != runtime::OutcomeStatus::rejected) {
        current_ = outcome->aggregate.value;
        if (!step.as.empty()) cases_[step.as] = current_;
      }
      if (outcome->status == runtime::OutcomeStatus::rejected && outcome->rejection) {
        last_ = "refused " + outcome->rejection->code;
        last_path_ = outcome->rejection->path;
        last_text_ = outcome->rejection->text;
      } else if (outcome->status == runtime::OutcomeStatus::recorded) {
        last_ = "recorded";
      }
    }
    const auto* expected = next != nullptr ? std::get_if<Expectation>(&next->what) : nullptr;
    const bool told = expected != nullptr &&
                      (expected->words.front() == "refused" || expected->words.front() == "accepted");
    if (last_ != "accepted" && !told) {
      checks_.push_back({"line " + std::to_string(line), false, "accepted", last_ + ": " + last_text_});
    }
    return done();
  }

  Status check(const Expectation& expectation) {
    Check check{expectation.id, false, expectation.text, ""};
    const std::string& about = expectation.words.front();
    if (about == "accepted" || about == "refused") {
      check.got = last_;
      if (expectation.words.size() == 4) check.got += " at " + last_path_;
      check.ok = check.got == joined(expectation.words);
    } else if (const auto state = engine_->find_case(current_); !state) {
      check.got = "no case";
    } else if (about == "event" || about == "events" || about == "no") {
      if (auto looked = check_events(expectation, check); !looked) return looked;
    } else if (about == "clock") {
      check_clock(*state, expectation, check);
    } else {
      check_state(*state, expectation, check);
    }
    checks_.push_back(std::move(check));
    return done();
  }

  static std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
  }

  /// The clocks that have run out and still wait for a step.
  static std::vector<std::string> overdue(const cases::CaseState& state) {
    std::vector<std::string> names;
    for (const cases::Clock& clock : state.clocks) {
      if (clock.is_overdue() && !state.ended) names.push_back(clock.name);
    }
    return names;
  }

  static void check_state(const cases::CaseState& state, const Expectation& expectation, Check& check) {
    const std::vector<std::string>& words = expectation.words;
    const std::string& about = words.front();
    std::string got;
    if (about == "stage") got = state.stage;
    if (about == "lead") got = state.lead.empty() ? "none" : state.lead;
    if (about == "level") got = std::to_string(state.level);
    if (about == "supervision") got = std::to_string(state.supervision);
    if (about == "version") got = std::to_string(state.version);
    if (about == "card") got = state.card;
    if (about == "workflow") got = state.workflow;
    if (about == "co-handlers" || about == "overdue") {
      std::vector<std::string> names = about == "overdue" ? overdue(state) : std::vector<std::string>();
      if (about == "co-handlers") {
        for (const cases::CoHandler& one : state.co_handlers) names.push_back(one.body.value);
      }
      std::vector<std::string> wanted(words.begin() + 1, words.end());
      if (wanted == std::vector<std::string>{"none"}) wanted.clear();
      std::sort(names.begin(), names.end());
      std::sort(wanted.begin(), wanted.end());
      check.ok = names == wanted;
      check.got = about + " " + (names.empty() ? "none" : joined(names));
      return;
    }
    if (about == "on" || about == "not") {
      std::vector<std::string> bodies = state.holders;
      for (const cases::Parts::Pending& one : state.pending()) {
        if (!state.ended) bodies.emplace_back(one.body);
      }
      const bool is_on = std::find(bodies.begin(), bodies.end(), words.back()) != bodies.end();
      check.ok = is_on == (about == "on");
      check.got = "on " + (bodies.empty() ? "nobody's" : joined(bodies));
      return;
    }
    check.got = about + " " + got;
    check.ok = got == words.back();
  }

  void check_clock(const cases::CaseState& state, const Expectation& expectation, Check& check) const {
    const std::vector<std::string>& words = expectation.words;
    const cases::Clock* clock = state.find_clock(words[1]);
    check.got = "clock " + words[1] + " none";
    if (clock == nullptr) {
      check.ok = words[2] == "none";
      return;
    }
    if (words[2] == "due" && expectation.time) {
      check.ok = clock->due == expectation.time->at(offset_);
      check.got = "clock " + words[1] + " due " + local_text(clock->due, offset_, true);
    } else if (words[2] == "left") {
      check.got = "clock " + words[1] + " " + std::string(cases::name_of(clock->state));
      if (clock->state == cases::ClockState::suspended && clock->paused_left) {
        check.got = "clock " + words[1] + " left " + std::to_string(clock->paused_left->n) + " " +
                    std::string(calendar::name_of(clock->paused_left->unit));
      }
      check.ok = check.got == joined(words);
    } else {
      check.got = "clock " + words[1] + " state " + std::string(cases::name_of(clock->state));
      check.ok = check.got == joined(words);
    }
  }

  Status check_events(const Expectation& expectation, Check& check) {
    const auto life = case_life(*engine_, current_);
    if (!life) return life.error();
    const std::vector<std::string>& words = expectation.words;
    const std::string& type = words.front() == "no" ? words[2] : words[1];
    std::int64_t count = 0;
    bool found = false;
    std::string seen;
    for (const Step& step : life->steps) {
      if (step.event.type != type) continue;
      ++count;
      bool fits = !expectation.time || step.recorded_at == expectation.time->at(offset_);
      seen += (seen.empty() ? "event " : ", event ") + type + " at " +
              local_text(step.recorded_at, offset_, false);
      for (const FieldText& field : expectation.fields) {
        Value wanted = field.value;
        if (const auto named = cases_.find(field.case_name); named != cases_.end()) wanted = named->second;
        const Value* member = step.event.data.find(field.name);
        fits = fits && member != nullptr && *member == wanted;
        seen += " " + field.name + "=" + (member != nullptr ? text_of(*member) : "(none)");
      }
      found = found || fits;
    }
    if (words.front() == "events") {
      check.ok = std::to_string(count) == words[2];
      check.got = "events " + type + " " + std::to_string(count);
    } else if (words.front() == "no") {
      check.ok = count == 0;
      check.got = count == 0 ? "no event " + type : seen;
    } else {
      check.ok = found;
      check.got = seen.empty() ? "no event " + type : seen;
    }
    return done();
  }

  runtime::Engine* engine_;
  std::int32_t offset_;
  std::map<std::string, std::string> cases_;
  std::string current_;
  std::string last_, last_path_, last_text_;
  std::vector<Check> checks_;
};

Result<std::vector<std::string>> rules_of(log::EventLog& log) {
  std::set<std::string> rules;
  for (std::int32_t partition = 0; partition < log.partitions(); ++partition) {
    auto read = runtime::each_accepted(log, partition,
                                       [&rules](const record::Decision& decision, const log::Record&) {
                                         for (const record::Event& event : decision.events)
                                           rules.insert(event.rule);
                                         return true;
                                       });
    if (!read) return read.error();
  }
  return std::vector<std::string>(rules.begin(), rules.end());
}

/// A deployment with a virtual clock and these documents in force.
Status make(const std::string& folder, const runtime::LogPlace& place,
            const std::vector<std::string>& files) {
  // On Kafka as many lanes as a deployment has, so that the cases spread over all partitions.
  if (auto made = runtime::init(folder, place.on_kafka ? 64 : 4, true, place); !made) return made.error();
  const auto engine = runtime::open_engine({.folder = folder});
  if (!engine) return engine.error();
  const auto published = publish_files(**engine, files);
  if (!published) return published.error();
  return (*engine)->activate(published->last);
}

Status copy(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::create_directories(to, failed);
  if (!failed && !fs::is_empty(to, failed) && !failed)
    return Error{ErrorKind::refused, "folder-not-empty", to + " is not empty: give a new folder", to};
  if (!failed) fs::copy(from, to, fs::copy_options::recursive, failed);
  if (failed) return Error{ErrorKind::refused, "cannot-write", to + ": " + failed.message(), to};
  return done();
}

Result<std::vector<std::string>> documents_of(const Scenario& scenario, const std::string& file) {
  std::vector<std::string> files;
  if (scenario.shipped) {
    auto shipped = shipped_files();
    if (!shipped) return shipped.error();
    files = std::move(*shipped);
  }
  for (const std::string& path : scenario.given) {
    const auto inside = documents_in((fs::path(file).parent_path() / path).string());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

}  // namespace

Result<std::string> ScenarioRunner::make_scratch() {
  auto made = runtime::ScratchFolder::make("scenario");
  if (!made) return made.error();
  return scratch_.emplace_back(std::move(*made)).path();
}

Result<std::string> ScenarioRunner::deployment_with(const std::vector<std::string>& files) {
  if (const auto found = deployments_.find(files); found != deployments_.end()) return found->second;
  auto folder = make_scratch();
  if (!folder) return folder;
  if (auto made = make(*folder, place_, files); !made) return made.error();
  return deployments_.emplace(files, std::move(*folder)).first->second;
}

Result<Told> ScenarioRunner::run(const Scenario& scenario, const std::string& file,
                                 const std::string& folder) {
  auto where = folder.empty() ? make_scratch() : folder;
  if (!where) return where.error();
  const auto files = documents_of(scenario, file);
  if (!files) return files.error();
  if (place_.on_kafka) {
    runtime::LogPlace own = place_;
    own.prefix += "-" + fs::path(*where).filename().string();
    if (auto made = make(*where, own, *files); !made) return made.error();
  } else {
    const auto made = deployment_with(*files);
    if (!made) return made.error();
    if (auto copied = copy(*made, *where); !copied) return copied.error();
  }
  const auto engine = runtime::open_engine({.folder = *where});
  if (!engine) return engine.error();
  Run run(**engine, (*engine)->published()->offset_minutes());
  for (std::size_t i = 0; i < scenario.lines.size(); ++i) {
    const ScenarioLine* next = i + 1 < scenario.lines.size() ? &scenario.lines[i + 1] : nullptr;
    if (auto taken = run.line(scenario.lines[i], next); !taken) {
      Error error = taken.error();
      error.message = file + ":" + std::to_string(scenario.lines[i].line) + ": " + error.message;
      return error;
    }
  }
  auto rules = rules_of((*engine)->log());
  if (!rules) return rules.error();
  return Told{std::move(run.checks()), std::move(*rules)};
}

}  // namespace lastkm::tool
