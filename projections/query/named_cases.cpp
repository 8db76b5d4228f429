#include "projections/query/named_cases.h"

#include "projections/checkpoint.h"
#include "projections/views/case_row.h"

namespace lastkm::projections {

Status name_cases(const Projector::Reading& rows, std::span<const std::string> ids, Array& lines) {
  const auto found = rows.get_many("cases", ids);
  if (!found) return found.error();
  const std::int32_t layout = rows.layout("cases");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto row = (*found)[i] ? case_row_of(layout, ids[i], *(*found)[i])
                                 : Result<CaseRow>(unreadable_row("cases", ids[i], "it is not there"));
    if (!row) return rows.failed("cases", row.error());
    lines[i].if_object()->set("ref", row->state.ref);
  }
  return done();
}

}  // namespace lastkm::projections
