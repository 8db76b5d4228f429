#include "projections/views/views.h"

#include "engine/cases/evolve.h"
#include "engine/record/digest.h"

namespace lastkm::projections {

bool CaseView::knows(const record::Decision& decision, const record::Event& event) const {
  return record::is_lane_aggregate(decision.aggregate) || cases::is_known(event.type, event.version);
}

Views make_views() {
  Views views;
  views.push_back(make_cases_view());
  views.push_back(make_refs_view());
  views.push_back(make_history_view());
  views.push_back(make_worklist_view());
  views.push_back(make_rates_view());
  views.push_back(make_hot_view());
  views.push_back(make_duplicates_view());
  views.push_back(make_integrity_view());
  return views;
}

}  // namespace lastkm::projections
