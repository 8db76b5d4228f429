// Formats that several systems share: Open311 GeoReport v2 (and its Bulk proposal), and our own hotline
// forms.
#include <array>

#include "engine/intake/draft.h"
#include "engine/intake/text.h"

namespace lastkm::intake {

namespace {
/// Of one thing that is told beyond the standard, and of all together.
constexpr std::size_t kExtensionBytes = 5000;

/// What a city tells beyond the standard: answers to its questions, and notes.
std::string extensions(Cells& cells) {
  std::string out;
  const std::vector<std::string>& names = *cells.row().names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i].starts_with("attributes/") && !names[i].starts_with("notes/")) continue;
    const std::string told = cells.at(i);
    if (told.empty()) continue;
    if (told.size() > kExtensionBytes || out.size() > kExtensionBytes) {
      cells.count("extensions-left-out");
      continue;
    }
    const std::string name =
        clean_text(names[i].substr(names[i].find('/') + 1), true, cells.cleaned()).value_or("");
    out += (out.empty() ? "" : "\n") + name.substr(0, kIdentifierBytes) + ": " + told;
  }
  return out;
}

Draft read_open311(Cells& cells) {
  Draft draft;
  draft.reference = cells["service_request_id"];
  draft.created = cells["requested_datetime"];
  draft.status = cells["status"];
  draft.closed = cells["closed_date"];
  if (draft.closed.empty()) draft.closed = cells["closed_datetime"];
  const bool closed = draft.status == "closed" || draft.status == "Closed" || draft.status == "CLOSED";
  if (draft.closed.empty() && closed) draft.closed = cells["updated_datetime"];
  if (draft.status.empty()) draft.status = draft.closed.empty() ? "open" : "closed";
  const std::string service = cells["service_name"];
  const std::string more = extensions(cells);
  draft.text = joined({service, cells["description"], cells["status_notes"], more}, "\n");
  draft.source_category = service.empty() ? cells["service_code"] : service;
  draft.source_place = cells["zipcode"];
  draft.address = cells["address"];
  draft.lat = cells["lat"];
  draft.lon = cells["long"];
  return draft;
}

Draft read_hotline(Cells& cells) {
  Draft draft;
  draft.reference = cells["reference"];
  draft.channel = cells["channel"];
  draft.created = cells["occurred_at"];
  draft.type = cells["type"];
  draft.category = cells["category"];
  draft.urgency = cells["urgency"];
  draft.place = cells["place"];
  draft.address = cells["address"];
  draft.text = cells["text"];
  draft.caller_name = cells["caller_name"];
  draft.caller_phone = cells["caller_phone"];
  draft.anonymous = cells["anonymous"];
  draft.confidential = cells["confidential"];
  draft.status = cells["status"];
  draft.closed = cells["closed_at"];
  return draft;
}

constexpr std::array<std::string_view, 2> kOpenNeeded = {"service_request_id", "requested_datetime"};
constexpr std::array<std::string_view, 3> kOpenDates = {"requested_datetime", "closed_date",
                                                        "closed_datetime"};
constexpr std::array<std::string_view, 3> kHotlineNeeded = {"reference", "channel", "text"};
constexpr std::array<std::string_view, 15> kHotlineKnown = {
    "reference", "channel",     "occurred_at",  "type",      "category",     "urgency", "place",    "address",
    "text",      "caller_name", "caller_phone", "anonymous", "confidential", "status",  "closed_at"};
constexpr std::array<std::string_view, 2> kHotlineDates = {"occurred_at", "closed_at"};
constexpr std::int32_t kHotlineZone = 480;

const std::array<Format, 3> kFormats = {
    Format{"open311",
           "open311",
           kOpenNeeded,
           {},
           kOpenDates,
           0,
           DateOrder::month_first,
           false,
           nullptr,
           read_open311},
    Format{"hotline-csv", "", kHotlineNeeded, kHotlineKnown, kHotlineDates, kHotlineZone,
           DateOrder::day_first, true, nullptr, read_hotline},
    Format{"hotline-jsonl", "", kHotlineNeeded, kHotlineKnown, kHotlineDates, kHotlineZone,
           DateOrder::day_first, true, nullptr, read_hotline}};
}  // namespace

std::span<const Format> open_formats() {
  return kFormats;
}

}  // namespace lastkm::intake
