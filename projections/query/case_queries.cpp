// Questions about single cases and lists of them, from the views "cases", "refs" and "history".
#include <map>
#include <utility>

#include "engine/cases/no_such_case.h"
#include "projections/checkpoint.h"
#include "projections/query/case_json.h"
#include "projections/query/filter.h"
#include "projections/query/paging.h"
#include "projections/query/queries.h"
#include "projections/views/case_row.h"
#include "projections/views/open_clocks.h"

namespace lastkm::projections {

namespace {
using Reading = Projector::Reading;

Result<std::string> find(const Reading& rows, std::string_view id_or_ref) {
  auto held = rows.get("cases", id_or_ref);
  if (!held) return held.error();
  if (*held) return std::string(id_or_ref);
  auto id = rows.get("refs", id_or_ref);
  if (!id) return id.error();
  if (*id) return **id;
  return cases::no_such_case(id_or_ref);
}

Ordinal ordinal_in(const Positions& positions, LaneId lane) {
  const auto found = positions.find(lane);
  return found == positions.end() ? Ordinal() : found->second;
}

/// Calls `visit` with each case that matches.
template <class Visit>
Status each_case(const Reading& rows, const CaseFilter& filter, Instant now, Visit visit) {
  const std::int32_t layout = rows.layout("cases");
  return rows.scan("cases", "", "", [&](std::string_view id, std::string_view bytes) -> Result<bool> {
    auto row = case_row_of(layout, id, bytes);
    if (!row) return row.error();
    if (matches(filter, row->state, now)) visit(std::move(*row));
    return true;
  });
}

std::string sort_key(const cases::CaseState& state, CaseOrder order) {
  switch (order) {
    case CaseOrder::opened:
      return sortable(state.occurred_at) + "/" + state.id.value;
    case CaseOrder::due:
      return sortable(due_of(state)) + "/" + state.id.value;
    case CaseOrder::ref:
      break;
  }
  return state.ref + "/" + state.id.value;
}
}  // namespace

Result<CaseOrder> parse_order(std::string_view name) {
  if (name == "opened") return CaseOrder::opened;
  if (name == "due") return CaseOrder::due;
  if (name == "ref") return CaseOrder::ref;
  return Error{ErrorKind::bad_input, "bad-order", "'" + std::string(name) + "': say opened, due or ref", ""};
}

Result<std::string> Queries::find_case(std::string_view id_or_ref) const {
  return find(projector_->reading(), id_or_ref);
}

Result<Value> Queries::show(std::string_view id_or_ref, Instant now) const {
  const Reading rows = projector_->reading();
  auto id = find(rows, id_or_ref);
  if (!id) return id.error();
  auto bytes = rows.get("cases", *id);
  if (!bytes) return bytes.error();
  auto row = *bytes ? case_row_of(rows.layout("cases"), *id, **bytes)
                    : Result<CaseRow>(unreadable_row("cases", *id, "refs names it, and it is not there"));
  if (!row) return rows.failed("cases", row.error());
  return case_show(*row, ordinal_in(rows.positions("cases"), row->lane), options_.offset_minutes, now);
}

Result<Page> Queries::list(const CaseFilter& filter, CaseOrder order, const PageRequest& page,
                           Instant now) const {
  const Reading rows = projector_->reading();
  const Positions positions = rows.positions("cases");
  static constexpr std::string_view kOrders[] = {"opened", "due", "ref"};
  const Cursors cursors(options_.cursor_secret,
                        "list " + std::string(kOrders[static_cast<std::size_t>(order)]) + " " + filter.text);
  auto found = PageOf<CaseRow>::asked(page, cursors);
  if (!found) return found.error();
  const Status read = each_case(rows, filter, now, [&](CaseRow row) {
    std::string key = sort_key(row.state, order);
    found->take(std::move(key), std::move(row));
  });
  if (!read) return read.error();
  auto answer = found->lines([&](const CaseRow& row) {
    return Result<Value>(case_line(row, ordinal_in(positions, row.lane), options_.offset_minutes, now));
  });
  if (answer) answer->positions = positions;
  return answer;
}

Result<Lines> Queries::counts(const CaseFilter& filter, std::string_view dimension, Instant now) const {
  const Dimension* by = find_dimension(dimension);
  if (by == nullptr) {
    return Error{ErrorKind::bad_input, "bad-dimension",
                 "'" + std::string(dimension) +
                     "': say stage, type, category, urgency, channel, lead, level, card or community",
                 ""};
  }
  std::map<std::string, std::int64_t> counted;
  const Reading rows = projector_->reading();
  const Status read = each_case(rows, filter, now, [&](const CaseRow& row) {
    const std::string key = by->value(row.state);
    if (!key.empty()) ++counted[key];
  });
  if (!read) return read.error();
  Lines answer{{}, rows.positions("cases")};
  for (const auto& [key, count] : counted) answer.lines.emplace_back(Object{{"key", key}, {"count", count}});
  return answer;
}

Result<Page> Queries::history(std::string_view id_or_ref, const PageRequest& page) const {
  const Reading rows = projector_->reading();
  auto id = find(rows, id_or_ref);
  if (!id) return id.error();
  auto found = PageOf<std::string>::asked(page, Cursors(options_.cursor_secret, "history " + *id));
  if (!found) return found.error();
  const Status scanned =
      rows.scan("history", *id + "/", "", [&found](std::string_view key, std::string_view bytes) {
        found->take(std::string(key), std::string(bytes));
        return true;
      });
  if (!scanned) return scanned.error();
  auto answer = found->lines([&](const std::string& bytes) -> Result<Value> {
    auto row = row_value("history", *id, bytes);
    if (!row) return rows.failed("history", row.error());
    return history_line(std::move(*row), options_.offset_minutes);
  });
  if (answer) answer->positions = rows.positions("history");
  return answer;
}

}  // namespace lastkm::projections
