// lastkm rules check|publish FILE: says all that is wrong with a document, with line and column; publishes
// it.
#include <algorithm>

#include "engine/rules/diff.h"
#include "tools/lastkm/findings.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/rules_verbs.h"
#include "tools/lastkm/shipped.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

void add_roles(const Value& document, std::set<std::string>& roles) {
  const Value* bodies = document.text("kind") == "bodies" ? document.find("bodies") : nullptr;
  if (bodies == nullptr || bodies->if_array() == nullptr) return;
  for (const Value& body : *bodies->if_array()) {
    const Value* played = body.find("roles");
    if (played == nullptr || played->if_array() == nullptr) continue;
    for (const Value& role : *played->if_array()) {
      if (const std::string* name = role.if_string()) roles.insert(*name);
    }
  }
}

Result<std::set<std::string>> roles_in(Session& session, const std::vector<std::string>& paths) {
  std::set<std::string> roles;
  for (const std::string& path : paths) {
    for (const std::string& file : documents_in(session.path(path))) {
      const auto bytes = session.read(file);
      if (!bytes) return bytes.error();
      const auto document = json::read_value(*bytes, file);
      if (!document) return document.error();
      add_roles(*document, roles);
    }
  }
  return roles;
}

/// Of how many commands somebody plays a role, and of how many nobody does.
std::pair<std::size_t, std::size_t> split(const Value& workflow, const std::set<std::string>& roles) {
  std::pair<std::size_t, std::size_t> out;
  const Value* commands = workflow.find("commands");
  if (commands == nullptr || commands->if_array() == nullptr) return out;
  for (const Value& command : *commands->if_array()) {
    const Value* asked = command.find("roles");
    const Array* names = asked == nullptr ? nullptr : asked->if_array();
    if (names == nullptr) continue;
    const bool played = std::any_of(names->begin(), names->end(), [&roles](const Value& name) {
      return name.if_string() != nullptr && roles.count(*name.if_string()) > 0;
    });
    ++(played ? out.first : out.second);
  }
  return out;
}

struct Check {
  std::string file;
  std::vector<std::string> bodies;
};

bool is_workflow(const std::string& bytes, const std::string& file) {
  const auto document = json::read_value(bytes, file);
  return document && document->text("kind") == "workflow";
}

void say_unchecked(Session& session, std::string_view why) {
  if (session.options().quiet) return;
  session.err() << why
                << ": give bodies with --bodies FILE, or --data DIR where they are published, to have "
                   "the roles checked too.\n";
}

/// The roles that bodies play: of the documents given, else of the folder in use, else of what is shipped.
/// The shipped bodies are those of one district: they are asked only by a workflow that is written for them.
/// Says so where a workflow cannot be held against any.
std::optional<std::set<std::string>> played_roles(Session& session, const Check& given,
                                                  const std::string& bytes, std::optional<Error>& failed) {
  if (!given.bodies.empty()) {
    auto roles = roles_in(session, given.bodies);
    if (!roles) {
      failed = roles.error();
      return std::nullopt;
    }
    return *std::move(roles);
  }
  if (!is_workflow(bytes, given.file)) return std::nullopt;
  if (session.is_served() || !session.options().data.empty()) {
    const auto engine = session.engine();
    if (!engine && session.options().data_is_named) {
      failed = engine.error();
      return std::nullopt;
    }
    std::set<std::string> roles;
    if (engine) {
      for (const record::Document& document : (*engine)->documents()) add_roles(document.content, roles);
    } else if (!session.options().quiet) {
      session.err() << "The folder of LASTKM_DATA is not asked who plays the roles: "
                    << engine.error().message << '\n';
    }
    if (!roles.empty()) return roles;
  }
  const auto files = shipped_files();
  auto roles = files ? roles_in(session, *files) : Result(std::set<std::string>());
  if (!roles || roles->empty()) {
    say_unchecked(session, "No bodies are at hand to play the roles of this workflow");
    return std::nullopt;
  }
  const auto [played, not_played] = split(*json::read_value(bytes, given.file), *roles);
  if (played >= not_played && played > 0) return *std::move(roles);
  say_unchecked(session, "The shipped bodies do not play the roles of this workflow");
  return std::nullopt;
}

Result<Exit> check(Session& session, const Check& given) {
  const auto bytes = session.read(given.file);
  if (!bytes) return bytes.error();
  std::optional<Error> failed;
  const auto played = played_roles(session, given, *bytes, failed);
  if (failed) return *failed;
  Array findings = findings_in(*bytes, given.file, played ? &*played : nullptr);
  const bool good = findings.empty();
  if (session.json()) {
    Object answer{{"ok", good}, {"findings", std::move(findings)}};
    if (is_workflow(*bytes, given.file)) answer.set("roles_checked", played.has_value());
    session.print(std::move(answer));
  } else if (good) {
    session.out() << session.style().green("ok") << "  " << given.file << '\n';
  } else {
    print_findings(session, given.file, findings);
  }
  return good ? Exit::ok : Exit::difference;
}

struct Publish {
  std::string file;
  bool activate = false;
  std::string from;
};

Result<Exit> publish(Session& session, const Publish& given) {
  const auto bytes = session.read(given.file);
  if (!bytes) return bytes.error();
  const auto draft = read_workflow_file(session, given.file);
  if (!draft) return draft.error();
  const auto from = instant_of(given.from);
  if (!from) return from.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const rules::Workflow* before = nullptr;
  const auto published_before = (*engine)->published();
  for (const rules::Workflow* workflow : published_before->newest_workflows()) {
    if (workflow->id == draft->workflow.id) before = workflow;
  }
  const auto published = publish_files(**engine, {session.path(given.file)});
  if (!published) return published.error();
  const DirectoryOrdinal ordinal = published->documents.front().ordinal;
  const bool activates = given.activate || *from;
  if (activates) {
    if (auto active = (*engine)->activate(ordinal, *from); !active) return active.error();
  }
  const record::Document& document = published->documents.front();
  if (session.json()) {
    session.print(Object{{"kind", document.kind},
                         {"id", document.id},
                         {"version", document.version},
                         {"sha256", document.sha256},
                         {"ordinal", document.ordinal.value}});
    return Exit::ok;
  }
  if (session.options().quiet) return Exit::ok;
  if (before != nullptr && before->version != document.version) {
    print_changes(session, rules::diff(*before, draft->workflow), "both");
  }
  session.out() << document.id << '@' << document.version << " is published as " << ordinal.value;
  if (!activates) {
    session.out() << ", not yet in force: lastkm directory activate " << ordinal.value << " [--from TIME]\n";
  } else if (*from && **from > (*engine)->now()) {
    session.out() << " and comes into force at " << format_at_offset(**from, Session::offset_of(**engine))
                  << ".\n";
  } else {
    session.out() << " and in force: cases that are opened from now on follow it.\n";
  }
  return Exit::ok;
}

}  // namespace

Result<std::optional<Instant>> instant_of(const std::string& text) {
  if (text.empty()) return std::optional<Instant>();
  const auto at = parse_instant(text);
  if (!at) return at.error();
  return std::optional(*at);
}

Result<WorkflowFile> read_workflow_file(Session& session, const std::string& file) {
  const auto bytes = session.read(file);
  if (!bytes) return bytes.error();
  Array findings = findings_in(*bytes, file, nullptr);
  std::erase_if(findings, [](const Value& one) { return one.text("severity") != "error"; });
  if (!findings.empty()) return error_of(file, findings);
  auto document = json::read_value(*bytes, file);
  if (!document) return document.error();
  rules::Reading reading = rules::read_workflow(*document, "");
  if (!reading.workflow) {
    return Error{ErrorKind::bad_input, "unknown-kind",
                 file + ":1:1: this is no workflow (\"kind\": \"workflow\")", file + ":1:1"};
  }
  return WorkflowFile{std::move(*document), std::move(*reading.workflow)};
}

void add_rules(Program& program) {
  Verb group = program.verb(
      "rules", "Check, draw, compare, try and publish workflows; move open cases to a new version");
  group.needs_verb();

  auto given = std::make_shared<Check>();
  Verb verb = group.verb("check", "Say all that is wrong with a document (exit 8 with findings)");
  verb.option("FILE", given->file, "a workflow or another directory document, or -").required();
  verb.option(
          "--bodies", given->bodies,
          "documents of bodies whose roles count (default: those published in --data, else the shipped ones)")
      .called("FILE|DIR");
  program.on(verb, Needs::any_folder, [given](Session& session) { return check(session, *given); });

  auto published = std::make_shared<Publish>();
  verb = group.verb("publish", "Publish a workflow and say in words what it changes");
  verb.option("FILE", published->file, "a workflow").required();
  verb.flag("--activate", published->activate, "put it into force now");
  verb.option("--from", published->from, "put it into force from this instant on").called("TIME");
  program.on(verb, Needs::folder, [published](Session& session) { return publish(session, *published); });

  add_rules_pictures(program, group);
  add_rules_cases(program, group);
}

}  // namespace lastkm::tool
