// Open data of cities: New York (CSV, and JSON of its interface), Austin, Boston.
#include <array>

#include "engine/intake/draft.h"

namespace lastkm::intake {

namespace {
Draft read_nyc(Cells& cells) {
  Draft draft;
  draft.reference = cells["unique_key"];
  draft.created = cells["created_date"];
  draft.closed = cells["closed_date"];
  draft.status = cells["status"];
  const std::string kind = cells["complaint_type"];
  draft.text = joined({joined({kind, cells["descriptor"]}, ": "), cells["resolution_description"]}, "\n");
  draft.source_category = kind;
  draft.source_place = cells["community_board"];
  if (draft.source_place.empty()) draft.source_place = cells["borough"];
  std::string street = cells["incident_address"];
  if (street.empty())
    street = joined({cells["intersection_street_1"], cells["intersection_street_2"]}, " & ");
  if (street.empty()) street = joined({cells["cross_street_1"], cells["cross_street_2"]}, " & ");
  if (street.empty()) street = cells["landmark"];
  draft.address = joined({street, cells["city"], cells["incident_zip"]}, ", ");
  draft.lat = cells["latitude"];
  draft.lon = cells["longitude"];
  return draft;
}

Draft read_austin(Cells& cells) {
  Draft draft;
  draft.reference = cells["unique_key"];
  draft.created = cells["created_date"];
  draft.closed = cells["close_date"];
  draft.created_else = cells["status_change_date"];
  if (draft.created_else.empty()) draft.created_else = cells["last_update_date"];
  draft.status = cells["status"];
  const std::string kind = cells["complaint_description"];
  draft.text = joined({kind, cells["owning_department"]}, "\n");
  draft.source_category = kind.empty() ? cells["complaint_type"] : kind;
  draft.source_place = cells["council_district_code"];
  if (!draft.source_place.empty()) draft.source_place = "district-" + draft.source_place;
  if (draft.source_place.empty()) draft.source_place = cells["city"];
  draft.address = cells["incident_address"];
  if (draft.address.empty())
    draft.address =
        joined({cells["street_number"], cells["street_name"], cells["city"], cells["incident_zip"]}, ", ");
  draft.lat = cells["latitude"];
  draft.lon = cells["longitude"];
  return draft;
}

Draft read_boston(Cells& cells) {
  Draft draft;
  draft.reference = cells["case_enquiry_id"];
  draft.created = cells["open_dt"];
  draft.closed = cells["closed_dt"];
  draft.status = cells["case_status"];
  const std::string kind = cells["type"];
  const std::string title = cells["case_title"];
  draft.text = joined({kind, title == kind ? "" : title, cells["closure_reason"]}, "\n");
  draft.source_category = kind;
  draft.source_place = cells["neighborhood"];
  draft.address = cells["location"];
  draft.lat = cells["latitude"];
  draft.lon = cells["longitude"];
  return draft;
}

constexpr std::array<std::string_view, 3> kNycNeeded = {"unique_key", "created_date", "complaint_type"};
constexpr std::array<std::string_view, 2> kNycDates = {"created_date", "closed_date"};
constexpr std::array<std::string_view, 3> kAustinNeeded = {"unique_key", "created_date",
                                                           "complaint_description"};
constexpr std::array<std::string_view, 2> kAustinDates = {"created_date", "close_date"};
constexpr std::array<std::string_view, 3> kBostonNeeded = {"case_enquiry_id", "open_dt", "type"};
constexpr std::array<std::string_view, 2> kBostonDates = {"open_dt", "closed_dt"};
constexpr Area kNycArea{40, 42, -75, -73};
constexpr Area kAustinArea{29, 32, -99, -96};
constexpr Area kBostonArea{41, 44, -73, -69};

const std::array<Format, 3> kFormats = {
    Format{
        "nyc311", "nyc", kNycNeeded, {}, kNycDates, -300, DateOrder::month_first, false, &kNycArea, read_nyc},
    Format{"austin311",
           "austin",
           kAustinNeeded,
           {},
           kAustinDates,
           0,
           DateOrder::month_first,
           false,
           &kAustinArea,
           read_austin},
    Format{"boston311",
           "boston",
           kBostonNeeded,
           {},
           kBostonDates,
           -300,
           DateOrder::month_first,
           false,
           &kBostonArea,
           read_boston}};
}  // namespace

std::span<const Format> city_formats() {
  return kFormats;
}

}  // namespace lastkm::intake
