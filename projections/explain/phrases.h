// What the engine's own vocabulary is called in a file note: events, facts, units, refusals. The words of a
// workflow (stages, commands, clocks, roles, codes) come from its document, see names.h.
#pragma once

#include <optional>
#include <string_view>

#include "engine/calendar/calendar.h"
#include "projections/explain/language.h"

namespace lastkm::explain {

/// What happened, as a clause: "the lead was named". Every event type has one.
[[nodiscard]] std::optional<Both> phrase_of_event(std::string_view type);
/// What a fact of the workflow language is: "the urgency" for case.urgency. cmd.* and clock.* are not here.
[[nodiscard]] std::optional<Both> name_of_fact(std::string_view fact);
/// "working days"
[[nodiscard]] Both name_of_unit(calendar::Unit unit);
/// Why a refusal of the engine was given, by its code. A workflow's own codes bring their own sentences.
[[nodiscard]] std::optional<Both> sentence_of_refusal(std::string_view code);

}  // namespace lastkm::explain
