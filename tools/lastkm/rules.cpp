// lastkm rules check FILE: says all that is wrong with a document, with line and column.
#include <algorithm>
#include <cstdlib>

#include "engine/directory/context.h"
#include "engine/json/read.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

Value finding(const std::string& code, const std::string& severity, json::Place place,
              const std::string& path, const std::string& text) {
  return Object{{"code", code},           {"severity", severity}, {"line", place.line},
                {"column", place.column}, {"path", path},         {"text", text}};
}

/// The place of the pointer or of its nearest ancestor.
json::Place place_of(const json::Text& text, std::string pointer) {
  while (true) {
    if (const auto found = text.places.find(pointer); found != text.places.end()) return found->second;
    if (pointer.empty()) return {};
    const auto slash = pointer.rfind('/');
    pointer.erase(slash == std::string::npos ? 0 : slash);
  }
}

/// Line and column at the end of "file:line:column".
json::Place place_in(std::string_view path) {
  json::Place place;
  const auto last = path.rfind(':');
  if (last == std::string_view::npos || last == 0) return place;
  const auto first = path.rfind(':', last - 1);
  if (first == std::string_view::npos) return place;
  place.line = std::max(1, std::atoi(std::string(path.substr(first + 1, last - first - 1)).c_str()));
  place.column = std::max(1, std::atoi(std::string(path.substr(last + 1)).c_str()));
  return place;
}

Result<Exit> check(Session& session, const std::string& file) {
  const auto bytes = session.read(file);
  if (!bytes) return bytes.error();
  Array findings;
  const auto text = json::read(*bytes, file);
  if (!text) {
    findings.push_back(
        finding(text.error().code, "error", place_in(text.error().path), "", text.error().message));
  } else {
    for (const rules::Finding& one : directory::check(text->root)) {
      findings.push_back(
          finding(one.code, one.severity, place_of(*text, one.pointer), one.pointer, one.text));
    }
  }
  const bool good = findings.empty();
  if (session.json()) {
    session.print(Object{{"ok", good}, {"findings", std::move(findings)}});
  } else if (good) {
    session.out() << session.style().green("ok") << "  " << file << '\n';
  } else {
    for (const Value& one : findings) {
      const std::string severity(one.text("severity"));
      session.out() << file << ':' << one.number("line") << ':' << one.number("column") << ": "
                    << (severity == "error" ? session.style().red(severity)
                                            : session.style().yellow(severity))
                    << ' ' << one.text("code") << ": " << one.text("text") << '\n';
      if (!one.text("path").empty()) session.out() << "    at " << one.text("path") << '\n';
    }
  }
  return good ? Exit::ok : Exit::difference;
}

}  // namespace

void add_rules(Program& program) {
  Verb group = program.verb("rules", "Check documents of rules before they are published");
  group.needs_verb();
  auto file = std::make_shared<std::string>();
  Verb verb =
      group.verb("check", "Say all that is wrong with a document (exit 8 with findings)");
  verb.option("FILE", *file, "a workflow or another directory document, or -").required();
  program.on(verb, Needs::nothing, [file](Session& session) { return check(session, *file); });
}

}  // namespace lastkm::tool
