// The views that a deployment keeps. What the rows of each look like stands in its source; queries read them.
#pragma once

#include "projections/view.h"

namespace lastkm::projections {

[[nodiscard]] std::unique_ptr<View> make_cases_view();     ///< id → the case: state, next due, position
[[nodiscard]] std::unique_ptr<View> make_refs_view();      ///< reference number → id
[[nodiscard]] std::unique_ptr<View> make_history_view();   ///< id, seq → event
[[nodiscard]] std::unique_ptr<View> make_worklist_view();  ///< body, due, id; person, due, id; due, id
[[nodiscard]] std::unique_ptr<View> make_rates_view();     ///< id → what the three rates count of it
[[nodiscard]] std::unique_ptr<View> make_hot_view();       ///< month, category or place → count
[[nodiscard]] std::unique_ptr<View>
make_duplicates_view();  ///< place, category, time → open cases that may be one
[[nodiscard]] std::unique_ptr<View> make_integrity_view();  ///< lane → trees, chains, late entries

/// All of them.
[[nodiscard]] Views make_views();

}  // namespace lastkm::projections
