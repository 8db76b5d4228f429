#include "tools/lastkm/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <sstream>

#include "tools/lastkm/nearest.h"
#include "tools/lastkm/remote.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

constexpr std::string_view kCommonOptions =
    "Every verb takes: --data DIR (or LASTKM_DATA), --json, --quiet, --progress, --colour auto|always|never, "
    "--verbose;\nverbs on a folder also: --wait-for LANE:ORDINAL, --wait-ms N, --positions.\n"
    "Exit codes: 0 ok, 1 refused, 2 usage or bad file, 3 not found, 4 version conflict, 5 folder in use, 6 "
    "integrity,\n"
    "7 unknown (retry with the same key), 8 difference or fault found.";

struct Nearest {
  std::size_t distance;            ///< at most
  std::vector<std::string> verbs;  ///< "`lastkm case list`"
};

/// Of the verbs of a level and of those below, the ones that are spelt most alike.
void look_for(std::string_view word, const Verb& level, const std::string& so_far, Nearest& nearest) {
  for (const Verb& verb : level.verbs()) {
    const std::string path = so_far + " " + verb.name();
    if (const std::size_t d = letters_apart(verb.name(), word); d <= nearest.distance) {
      if (d < nearest.distance) nearest.verbs.clear();
      nearest.distance = d;
      nearest.verbs.push_back("`" + path + "`");
    }
    look_for(word, verb, path, nearest);
  }
}

/// A sentence about a verb that does not exist, or empty where the arguments name one that does.
std::string unknown_verb(Verb level, const std::vector<std::string>& arguments) {
  constexpr std::size_t short_word = 4;
  const std::set<std::string> valued = level.valued_options();
  std::string so_far = "lastkm";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (valued.contains(word)) ++i;
    if (word.starts_with("-")) continue;
    const std::vector<Verb> verbs = level.verbs();
    if (verbs.empty()) return "";
    const auto same =
        std::find_if(verbs.begin(), verbs.end(), [&](const Verb& verb) { return verb.name() == word; });
    if (same == verbs.end()) {
      Nearest nearest{word.size() > short_word ? 2U : 1U, {}};
      look_for(word, level, so_far, nearest);
      std::string text = "There is no verb `" + so_far + " " + word + "`.";
      for (const std::string& verb : nearest.verbs)
        text += (&verb == &nearest.verbs.front() ? " Did you mean " : " or ") + verb;
      return text + (nearest.verbs.empty() ? "" : "?") + " `" + so_far + " --help` lists them.";
    }
    level = *same;
    so_far += " " + word;
  }
  return "";
}

/// "--cases=" is an option with an empty text, and not one whose text is the next word, as the parser has it.
std::vector<std::string> with_empty_texts(const Verb& root, const std::vector<std::string>& arguments) {
  const std::set<std::string> valued = root.valued_options();
  std::vector<std::string> out;
  for (const std::string& word : arguments) {
    const std::string name = word.substr(0, word.size() - (word.ends_with("=") ? 1 : 0));
    out.push_back(name != word && valued.contains(name) ? name : word);
    if (out.back() != word) out.emplace_back();
  }
  return out;
}

}  // namespace

void tell(std::ostream& err, const Style& style, const Error& error) {
  err << style.red("lastkm:") << ' ' << error.message;
  if (!error.code.empty()) err << ' ' << style.dim("[" + error.code + "]");
  err << '\n';
  if (!error.path.empty() && error.message.find(error.path) == std::string::npos)
    err << "  at " << error.path << '\n';
}

Program::Program()
    : app_(std::make_unique<CLI::App>("lastkm: an event-sourced engine for community-governance cases",
                                      "lastkm")) {
  app_->require_subcommand(1);
  app_->fallthrough();
  app_->set_version_flag("--version", LASTKM_VERSION);
  app_->footer(std::string(kCommonOptions));
  app_->get_formatter()->column_width(34);
  app_->add_option("--data", options_.data, "the data folder")->envname("LASTKM_DATA")->type_name("DIR");
  app_->add_flag("--json", options_.json, "answers as JSON (one document, or a line each)");
  app_->add_flag("--quiet", options_.quiet, "no progress and no remarks");
  app_->add_flag("--progress", options_.progress, "progress bars also where the terminal is none");
  app_->add_flag("--verbose", options_.verbose, "more of the log on the error stream");
  app_->add_option("--wait-for", options_.wait_for,
                   "what the answer has to reflect: the lane and ordinal of a command")
      ->type_name("LANE:ORDINAL")
      ->expected(1);
  app_->add_option("--wait-ms", options_.wait_ms, "for how long at most")->check(CLI::Range(0, 600000));
  app_->add_flag("--positions", options_.positions,
                 "say on the error stream, lane by lane, which ordinals an answer reflects");
  app_->add_option("--colour,--color", options_.colour, "colours")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  add_log_options();
  add_verbs(*this);
}

Program::~Program() = default;

void Program::add_log_options() {
  runtime::LogPlace& place = options_.place;
  static constexpr const char* kGroup = "Where the log lies (init and serve keep it in DIR/log.json)";
  const auto add = [this](const std::string& name, auto& into, const std::string& help) {
    return app_->add_option(name, into, help)->group(kGroup);
  };
  add("--log", options_.log, "embedded: in the folder; kafka: on brokers")
      ->check(CLI::IsMember({"embedded", "kafka"}));
  add("--brokers", place.brokers, "brokers of Kafka")->type_name("HOST:PORT,…");
  add("--prefix", place.prefix, "of the topics' names")->capture_default_str();
  add("--kafka-config", place.settings_file,
      "settings of the client, a line each: NAME=VALUE or NAME.file=PATH")
      ->type_name("FILE");
  add("--vault", place.vault, "the vault that all processes of the deployment share (default: DIR/vault)")
      ->type_name("DIR");
  add("--partitions", place.partitions, "of the topics that init makes")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add("--replication", place.replication,
      "copies of the topics that init makes (default: one on each broker, at most 3)")
      ->check(CLI::Range(1, 9));
  app_->add_flag("--flush-each", place.flush_each,
                 "topics that init makes have flush.messages=1: brokers sync each record")
      ->group(kGroup);
}

void Program::on(Verb verb, Needs needs, Action action) {
  verb.app().footer(std::string(kCommonOptions));
  verb.app().callback([this, needs, action = std::move(action)] {
    needs_ = needs;
    action_ = action;
  });
}

Exit Program::parse(const std::vector<std::string>& arguments, const Streams& streams) {
  try {
    std::vector<std::string> words = with_empty_texts(root(), arguments);
    std::reverse(words.begin(), words.end());
    app_->parse(std::move(words));
    options_.data_is_named = std::any_of(arguments.begin(), arguments.end(), [](std::string_view word) {
      return word == "--data" || word.starts_with("--data=");
    });
  } catch (const CLI::Success& help) {
    std::ostringstream ignored;
    return app_->exit(help, *streams.out, ignored) == 0 ? Exit::ok : Exit::bad_input;
  } catch (const CLI::ParseError& wrong) {
    std::string text = unknown_verb(root(), arguments);
    if (text.empty()) {
      std::string chosen = "lastkm";
      for (const CLI::App* app = app_.get(); !app->get_subcommands().empty();) {
        app = app->get_subcommands().front();
        chosen += " " + app->get_name();
      }
      text = std::string(wrong.what()) + ". `" + chosen + " --help` says what is expected.";
    }
    tell(*streams.err, Style{streams.err_is_terminal}, Error{ErrorKind::bad_input, "usage", text, ""});
    return Exit::bad_input;
  }
  return Exit::ok;
}

Exit Program::run(const std::vector<std::string>& arguments, const Streams& streams, Folder* served) {
  const Exit exit = answer(arguments, streams, served);
  streams.out->flush();
  if (served != nullptr || streams.out->good()) return exit;
  // Who has read enough, such as `head`, need not be told, and has the answer.
  if (streams.out_is_closed && streams.out_is_closed()) return exit;
  tell(*streams.err, Style{streams.err_is_terminal},
       Error{ErrorKind::unknown_outcome, "output-failed",
             "The answer could not be written to its end, so what was asked may have been done; is there "
             "room where it goes?",
             ""});
  return exit == Exit::ok || exit == Exit::refused ? Exit::unknown_outcome : exit;
}

Exit Program::answer(const std::vector<std::string>& arguments, const Streams& streams, Folder* served) {
  if (const Exit parsed = parse(arguments, streams); parsed != Exit::ok || !action_) return parsed;
  Session session(streams, options_, served);
  const auto fail = [&](const Error& error) {
    tell(*streams.err, session.error_style(), error);
    return exit_of(error.kind);
  };
  const bool names_one = served != nullptr || !options_.data.empty();
  if (needs_ == Needs::any_folder) needs_ = names_one ? Needs::folder : Needs::nothing;
  if (served != nullptr && needs_ != Needs::folder) {
    return fail(
        Error{ErrorKind::bad_input, "not-served", "This verb does not go through a served folder.", ""});
  }
  if (served == nullptr && needs_ != Needs::nothing) {
    const auto where = session.data();
    if (!where) return fail(where.error());
    if (needs_ == Needs::folder) {
      if (auto socket = connect_served(*where)) return ask_served(std::move(*socket), arguments, streams);
    }
  }
  if (needs_ == Needs::folder) {
    if (auto waited = session.wait_for(); !waited) return fail(waited.error());
  }
  auto exit = action_(session);
  constexpr int views_most = 16;  // each may be found damaged
  const bool alone = served == nullptr && needs_ == Needs::folder;
  for (int again = 0; again < views_most && alone && !exit; ++again) {
    if (exit.error().code != projections::kViewDamaged) break;
    // Nobody else makes it anew in the meantime: the next question does.
    const std::string note = "Rows are made anew before this answer: " + exit.error().message;
    if (!options_.quiet) *streams.err << session.error_style().dim(note) << '\n';
    exit = action_(session);
  }
  if (!exit) streams.out->flush();  // what was said comes before what failed
  return exit ? *exit : fail(exit.error());
}

}  // namespace lastkm::tool
