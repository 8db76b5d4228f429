// What a broker and its tools see of a record: the headers of the CloudEvents Kafka binding, copied from the
// record's value. The value says the truth; a copy that differs is damage.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lastkm::log {

inline constexpr std::string_view kContentTypeHeader = "content-type";
inline constexpr std::string_view kStructuredMode = "application/cloudevents+json; charset=UTF-8";

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Content type and ce_* attributes, in the value's order; none where the value is no CloudEvent.
[[nodiscard]] Headers cloud_event_headers(std::string_view value);
/// Whether a header is one of those.
[[nodiscard]] bool is_cloud_event_header(std::string_view name);
/// The name of the first header that contradicts the value; empty: none does. Copies may be missing.
[[nodiscard]] std::string_view contradicting_header(std::string_view value, const Headers& headers);

}  // namespace lastkm::log
