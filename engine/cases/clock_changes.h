// What the fold does with the clock changes that events carry. Needs nothing but the change: due times are
// computed once, when the event is made.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/value.h"
#include "engine/cases/state.h"

namespace lastkm::cases {

/// Applies one change of an event's `clocks`. What it does not understand changes nothing.
void apply_change(CaseState& state, const Value& change);

/// "ID@VERSION"
[[nodiscard]] std::string key_of(const calendar::Calendar& calendar);
[[nodiscard]] Value to_value(const calendar::Amount& amount);
/// nullopt where the value is no {"n","unit"}.
[[nodiscard]] std::optional<calendar::Amount> amount_from(const Value& value);

}  // namespace lastkm::cases
