// lastkm rules draw|diff: a workflow as a picture, and two of them compared in words.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <optional>

#include "engine/rules/draw.h"
#include "engine/runtime/scratch_folder.h"
#include "tools/lastkm/rules_verbs.h"

namespace lastkm::tool {

namespace {

struct Draw {
  std::string file;
  std::string format = "svg";
  std::string language = "zh";
  std::string out;
};

/// What a program prints, started without a shell, so that no name needs quotes; nullopt where it cannot be
/// started or fails.
std::optional<std::string> printed_by(std::vector<std::string> words) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_adddup2(&streams, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&streams, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const bool started = ::posix_spawnp(&child, argv.front(), &streams, nullptr, argv.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&streams);
  ::close(pipe[1]);
  std::string out;
  std::array<char, 4096> part{};
  for (ssize_t n = 1; started && n != 0;) {
    n = ::read(pipe[0], part.data(), part.size());
    if (n < 0 && errno != EINTR) break;
    if (n > 0) out.append(part.data(), static_cast<std::size_t>(n));
  }
  ::close(pipe[0]);
  int status = 0;
  while (started && ::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return std::nullopt;
  }
  if (!started || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return out;
}

/// What Graphviz makes of the text.
Result<std::string> svg_of(const std::string& picture) {
  const auto scratch = runtime::ScratchFolder::make("draw");
  if (!scratch) return scratch.error();
  const std::string path = scratch->at("picture.dot");
  std::ofstream file(path, std::ios::binary);
  file << picture;
  if (!file.flush()) {
    return Error{ErrorKind::refused, "cannot-write",
                 path + " cannot be written: set TMPDIR to a folder that can.", path};
  }
  auto svg = printed_by({"dot", "-Tsvg", path});
  if (svg && !svg->empty()) return *std::move(svg);
  return Error{ErrorKind::not_found, "no-graphviz",
               "Graphviz (`dot`) is not installed or failed: install the package graphviz, or draw with "
               "--format mermaid or "
               "--format dot.",
               ""};
}

Result<Exit> draw(Session& session, const Draw& given) {
  const auto read = read_workflow_file(session, given.file);
  if (!read) return read.error();
  const auto language = given.language == "en" ? rules::Language::english : rules::Language::chinese;
  std::string picture =
      given.format == "mermaid" ? draw_mermaid(read->workflow, language) : draw_dot(read->workflow, language);
  if (given.format == "svg") {
    auto svg = svg_of(picture);
    if (!svg) return svg.error();
    picture = *std::move(svg);
  }
  if (!given.out.empty()) {
    std::ofstream file(session.path(given.out), std::ios::binary);
    file << picture;
    if (!file.flush()) {
      return Error{ErrorKind::refused, "not-written", given.out + " cannot be written.", given.out};
    }
  }
  if (session.json()) {
    session.print(
        Object{{"format", given.format}, {"file", given.out}, {"picture", given.out.empty() ? picture : ""}});
  } else if (given.out.empty()) {
    session.out() << picture;
  } else if (!session.options().quiet) {
    session.out() << given.out << '\n';
  }
  return Exit::ok;
}

struct Diff {
  std::string before;
  std::string after;
  std::string language = "both";
};

Result<Exit> diff(Session& session, const Diff& given) {
  const auto before = read_workflow_file(session, given.before);
  if (!before) return before.error();
  const auto after = read_workflow_file(session, given.after);
  if (!after) return after.error();
  const std::vector<rules::Change> changes = rules::diff(before->workflow, after->workflow);
  if (session.json()) {
    Array lines;
    for (const rules::Change& change : changes) {
      lines.push_back(Object{{"kind", change.kind},
                             {"subject", change.subject},
                             {"text", Object{{"zh", change.text.zh}, {"en", change.text.en}}}});
    }
    session.print(Object{{"same", changes.empty()}, {"changes", std::move(lines)}});
  } else if (changes.empty()) {
    session.out() << "两个流程的规定相同。The two workflows say the same.\n";
  } else {
    print_changes(session, changes, given.language);
  }
  return changes.empty() ? Exit::ok : Exit::difference;
}

}  // namespace

void print_changes(Session& session, const std::vector<rules::Change>& changes, const std::string& language) {
  const Style style = session.style();
  for (const rules::Change& change : changes) {
    const std::string sign = change.kind == "added"     ? style.green("+")
                             : change.kind == "removed" ? style.red("-")
                                                        : style.yellow("~");
    if (language != "en") session.out() << sign << ' ' << change.text.zh << '\n';
    if (language == "en") session.out() << sign << ' ' << change.text.en << '\n';
    if (language == "both") session.out() << "  " << style.dim(change.text.en) << '\n';
  }
}

void add_rules_pictures(Program& program, Verb group) {
  auto drawn = std::make_shared<Draw>();
  Verb verb = group.verb("draw", "Draw a workflow: SVG through Graphviz, Mermaid, or dot");
  verb.option("FILE", drawn->file, "a workflow, or -").required();
  verb.option("--format", drawn->format, "svg, mermaid or dot")
      .one_of({"svg", "mermaid", "dot"})
      .with_default();
  verb.option("--lang", drawn->language, "zh or en").one_of({"zh", "en"}).with_default();
  verb.option("--out,-o", drawn->out, "a file to write; absent: the output").called("FILE");
  program.on(verb, Needs::nothing, [drawn](Session& session) { return draw(session, *drawn); });

  auto compared = std::make_shared<Diff>();
  verb = group.verb("diff", "Say in words what a workflow changes (exit 8 where it does)");
  verb.option("A", compared->before, "the workflow as it was").required();
  verb.option("B", compared->after, "the workflow as it is to be").required();
  verb.option("--lang", compared->language, "zh, en or both").one_of({"zh", "en", "both"}).with_default();
  program.on(verb, Needs::nothing, [compared](Session& session) { return diff(session, *compared); });
}

}  // namespace lastkm::tool
