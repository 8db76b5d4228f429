#include "projections/views/views.h"

namespace lastkm::projections {

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
