#include "tools/lastkm/findings.h"

#include <algorithm>
#include <cstdlib>

#include "engine/directory/context.h"

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

std::string where(std::string_view file, const Value& one) {
  return std::string(file) + ":" + std::to_string(one.number("line")) + ":" +
         std::to_string(one.number("column"));
}

}  // namespace

Array findings_in(const std::string& bytes, const std::string& file, const std::set<std::string>* played) {
  Array out;
  const auto text = json::read(bytes, file);
  if (!text) {
    std::string said = text.error().message;
    if (said.starts_with(text.error().path + ": ")) said.erase(0, text.error().path.size() + 2);
    out.push_back(finding(text.error().code, "error", place_in(text.error().path), "", said));
    return out;
  }
  for (const rules::Finding& one : directory::check(text->root, played)) {
    out.push_back(finding(one.code, one.severity, place_of(*text, one.pointer), one.pointer, one.text));
  }
  std::stable_sort(out.begin(), out.end(), [](const Value& a, const Value& b) {
    return std::pair(a.number("line"), a.number("column")) < std::pair(b.number("line"), b.number("column"));
  });
  return out;
}

void print_findings(Session& session, std::string_view file, const Array& findings) {
  for (const Value& one : findings) {
    const std::string severity(one.text("severity"));
    session.out() << where(file, one) << ": "
                  << (severity == "error" ? session.style().red(severity) : session.style().yellow(severity))
                  << ' ' << one.text("code") << ": " << one.text("text") << '\n';
    if (!one.text("path").empty()) session.out() << "    at " << one.text("path") << '\n';
  }
}

Error error_of(std::string_view file, const Array& findings) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(kMost, findings.size()); ++i) {
    text += (i == 0 ? "" : "\n  ") + where(file, findings[i]) + ": " + std::string(findings[i].text("text"));
  }
  if (findings.size() > kMost) {
    text += "\n  and " + std::to_string(findings.size() - kMost) + " more; `lastkm rules check " +
            std::string(file) + "` lists them all";
  }
  return Error{ErrorKind::bad_input, std::string(findings.front().text("code")), std::move(text),
               where(file, findings.front())};
}

}  // namespace lastkm::tool
