#include "projections/query/named_cases.h"

#include "projections/checkpoint.h"
#include "projections/query/queries.h"
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

Error no_such_line(std::string_view what, std::string_view key, std::string_view shown_by) {
  const std::string line =
      "a line '" + std::string(shown_key(key)) + "'" + (key.empty() ? ", which an empty KEY names" : "");
  return Error{ErrorKind::not_found, "no-such-line",
               "no " + std::string(what) + " counts in " + line + "; its keys are those that " +
                   std::string(shown_by) + " shows",
               ""};
}

}  // namespace lastkm::projections
