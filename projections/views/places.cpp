#include "projections/views/places.h"

namespace lastkm::projections {

std::optional<std::string> changed_member(const record::Event& event, std::string_view member) {
  const std::string_view type = event.type;
  std::string_view to;
  if (type == "CaseRegistered" || type == "CaseAccepted") {
    to = event.data.text(member);
  } else if (type == "FactCorrected" && event.data.text("field") == member) {
    to = event.data.text("value");
  }
  if (to.empty()) return std::nullopt;
  return std::string(to);
}

std::string workflow_of(const record::Event& registered) {
  return std::string(registered.data.text("workflow")) + "@" +
         std::to_string(registered.data.number("workflow_version"));
}

std::string month_of(Instant at) {
  static constexpr std::int32_t kChinaStandardMinutes = 480;
  return format_date(local_date(at, kChinaStandardMinutes)).substr(0, 7);
}

std::string key_part(std::string_view text) {
  std::string part;
  part.reserve(text.size());
  for (const char c : text) {
    if (c == '/') {
      part += "%2F";
    } else if (c == '%') {
      part += "%25";
    } else {
      part += c;
    }
  }
  return part;
}

std::string plain_part(std::string_view part) {
  std::string text;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const std::string_view three = part.substr(i, 3);
    if (three == "%2F" || three == "%25" || three == "%7C") {
      text += three == "%2F" ? '/' : three == "%25" ? '%' : '|';
      i += 2;
    } else {
      text += part[i];
    }
  }
  return text;
}

}  // namespace lastkm::projections
