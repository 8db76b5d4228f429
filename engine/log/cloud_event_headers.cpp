#include "engine/log/cloud_event_headers.h"

#include <algorithm>

#include "engine/base/json_walk.h"

namespace lastkm::log {

namespace {

constexpr std::string_view kPrefix = "ce_";

/// Calls visit(name, text) for each attribute that a header repeats; false where the value is no CloudEvent.
template <class Visit>
bool each_attribute(std::string_view value, const Visit& visit) {
  bool is_event = false;
  JsonWalk walk(value);
  const bool whole = walk.members([&](std::string_view name, std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"' ||
        text.find('\\') != std::string_view::npos)
      return;
    is_event = is_event || name == "specversion";
    // The content type of the data is none of the message, whose value is a whole event.
    if (name != "data" && name != "datacontenttype") visit(name, text.substr(1, text.size() - 2));
  });
  return whole && walk.done() && is_event;
}

}  // namespace

bool is_cloud_event_header(std::string_view name) {
  return name.starts_with(kPrefix) || name == kContentTypeHeader;
}

Headers cloud_event_headers(std::string_view value) {
  Headers out{{std::string(kContentTypeHeader), std::string(kStructuredMode)}};
  const bool is_event = each_attribute(value, [&out](std::string_view name, std::string_view text) {
    out.emplace_back(std::string(kPrefix) + std::string(name), text);
  });
  return is_event ? out : Headers();
}

std::string_view contradicting_header(std::string_view value, const Headers& headers) {
  std::vector<std::pair<std::string_view, std::string_view>> attributes;
  attributes.reserve(8);
  for (const auto& [name, text] : headers) {
    if (!name.starts_with(kPrefix)) continue;
    if (attributes.empty()) {
      const bool is_event = each_attribute(value, [&attributes](std::string_view of, std::string_view is) {
        attributes.emplace_back(of, is);
      });
      if (!is_event) return name;
    }
    const std::pair wanted(std::string_view(name).substr(kPrefix.size()), std::string_view(text));
    if (std::find(attributes.begin(), attributes.end(), wanted) == attributes.end()) return name;
  }
  return {};
}

}  // namespace lastkm::log
