#include "engine/log/cloud_event_headers.h"

#include <algorithm>
#include <optional>

namespace lastkm::log {

namespace {

constexpr std::string_view kPrefix = "ce_";

/// The end of the JSON string that begins at `at`, or npos.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

/// The end of the value that begins at `at`, or npos.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      i = end_of_string(text, i);
      if (i == std::string_view::npos) return i;
      --i;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i;
      --depth;
    } else if (c == ',' && depth == 0) {
      return i;
    }
    if (depth == 0 && (c == '}' || c == ']' || c == '"')) return i + 1;
  }
  return std::string_view::npos;
}

/// Calls visit(name, text) for the members of the object that are plain strings; false where the text is no
/// object of canonical JSON.
template <class Visit>
bool each_plain_member(std::string_view text, const Visit& visit) {
  if (text.size() < 2 || text.front() != '{') return false;
  std::size_t at = 1;
  while (at < text.size() && text[at] == '"') {
    const std::size_t name_end = end_of_string(text, at);
    if (name_end == std::string_view::npos || name_end >= text.size() || text[name_end] != ':') return false;
    const std::string_view name = text.substr(at + 1, name_end - at - 2);
    at = name_end + 1;
    const std::size_t value_end = end_of_value(text, at);
    if (value_end == std::string_view::npos) return false;
    const std::string_view value = text.substr(at, value_end - at);
    if (value.size() >= 2 && value.front() == '"' && value.find('\\') == std::string_view::npos)
      visit(name, value.substr(1, value.size() - 2));
    if (value_end + 1 == text.size()) return text.back() == '}';
    if (text[value_end] != ',') return false;
    at = value_end + 1;
  }
  return false;
}

}  // namespace

bool is_cloud_event_header(std::string_view name) {
  return name.starts_with(kPrefix) || name == kContentTypeHeader;
}

Headers cloud_event_headers(std::string_view value) {
  Headers out{{std::string(kContentTypeHeader), std::string(kStructuredMode)}};
  bool is_event = false;
  const bool whole = each_plain_member(value, [&](std::string_view name, std::string_view text) {
    is_event = is_event || name == "specversion";
    // The content type of the data is none of the message, whose value is a whole event.
    if (name != "data" && name != "datacontenttype")
      out.emplace_back(std::string(kPrefix) + std::string(name), text);
  });
  return whole && is_event ? out : Headers();
}

std::string_view contradicting_header(std::string_view value, const Headers& headers) {
  const bool any = std::any_of(headers.begin(), headers.end(),
                               [](const auto& header) { return header.first.starts_with(kPrefix); });
  if (!any) return {};
  const Headers wanted = cloud_event_headers(value);
  for (const auto& header : headers) {
    if (!header.first.starts_with(kPrefix)) continue;
    const auto mine = std::find_if(wanted.begin(), wanted.end(),
                                   [&](const auto& one) { return one.first == header.first; });
    if (mine == wanted.end() || mine->second != header.second) return header.first;
  }
  return {};
}

}  // namespace lastkm::log
