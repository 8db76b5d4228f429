// lastkm rules draw|diff: a workflow as a picture, and two of them compared in words.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "engine/rules/draw.h"
#include "tools/lastkm/rules_verbs.h"

namespace lastkm::tool {

namespace {

struct Draw {
  std::string file;
  std::string format = "svg";
  std::string language = "zh";
  std::string out;
};

/// A file of its own that is gone at the end.
class Scratch {
 public:
  Scratch() {
    const char* folder = std::getenv("TMPDIR");
    path_ = std::string(folder == nullptr || *folder == '\0' ? "/tmp" : folder) + "/lastkm-draw-XXXXXX";
    fd_ = ::mkstemp(path_.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (fd_ < 0) return;
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  [[nodiscard]] bool holds(const std::string& text) const {
    return fd_ >= 0 && static_cast<std::size_t>(::write(fd_, text.data(), text.size())) == text.size();
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

/// What Graphviz makes of the text.
Result<std::string> svg_of(const std::string& picture) {
  const Scratch scratch;
  if (!scratch.holds(picture)) {
    return Error{ErrorKind::refused, "no-scratch",
                 scratch.path() + " cannot be written: set TMPDIR to a folder that can.", scratch.path()};
  }
  FILE* dot = ::popen(("dot -Tsvg '" + scratch.path() + "' 2>/dev/null").c_str(), "r");
  std::string out;
  std::array<char, 4096> part{};
  for (std::size_t n = 0; dot != nullptr && (n = std::fread(part.data(), 1, part.size(), dot)) > 0;)
    out.append(part.data(), n);
  if (dot != nullptr && ::pclose(dot) == 0 && !out.empty()) return out;
  return Error{ErrorKind::not_found, "no-graphviz",
               "Graphviz (`dot`) is not installed or failed: install the package graphviz, or draw with "
               "--format mermaid or "
               "--format dot.",
               ""};
}

Result<Exit> draw(Session& session, const Draw& given) {
  const auto read = read_workflow_file(session, given.file);
  if (!read) return read.error();
  const auto language = given.language == "en" ? rules::Language::en : rules::Language::zh;
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
