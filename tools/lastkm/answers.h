// Shapes of the contract (design section 12) that several verbs print.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/value.h"
#include "engine/runtime/engine.h"
#include "projections/query/queries.h"
#include "tools/lastkm/exit_code.h"
#include "tools/lastkm/session.h"
#include "tools/lastkm/table.h"

namespace lastkm::tool {

[[nodiscard]] std::string_view name_of(runtime::OutcomeStatus status);
/// {"command_id","status","case","ref","seq","lane","ordinal","events","reason"}
[[nodiscard]] Value to_value(const runtime::Outcome& outcome, std::int32_t offset_minutes);
/// The same shape for what did not become an outcome: rejected, or recorded where the outcome is unknown.
[[nodiscard]] Value to_value(const Error& error);
/// The exit code that one outcome asks for, and of many the one that counts: 7 before 4 before 1.
[[nodiscard]] Exit exit_of(const runtime::Outcome& outcome);
[[nodiscard]] Exit worse(Exit a, Exit b);

/// The lines of a page; where it is not the last, then {"count": of all lines, "next": cursor} on the error
/// stream.
void print_page(Session& session, const projections::Page& page);
/// RFC 3339 as people read it: "2026-05-21 00:00" without the zone; other texts stay as they are.
[[nodiscard]] std::string short_time(std::string_view rfc3339);
/// A list of texts with commas between them.
[[nodiscard]] std::string joined(const Value& texts);
/// The zh or en text of {"zh","en"}, or the value's own text.
[[nodiscard]] std::string title_of(const Value& value);
/// The clocks of what `case show` says, as a table; nothing where there are none.
void print_clocks(Session& session, const Value& shown);

}  // namespace lastkm::tool
