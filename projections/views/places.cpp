#include "projections/views/places.h"

namespace lastkm::projections {

std::optional<std::string> changed_member(const record::Event& event, std::string_view member) {
  std::string_view to;
  if (event.type == "CaseRegistered" || event.type == "CaseAccepted") {
    to = event.data.text(member);
  } else if (event.type == "FactCorrected" && event.data.text("field") == member) {
    to = event.data.text("value");
  }
  if (to.empty()) return std::nullopt;
  return std::string(to);
}

}  // namespace lastkm::projections
