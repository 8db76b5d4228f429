// Worklists and what falls due, from the view "worklist".
#include <utility>

#include "projections/checkpoint.h"
#include "projections/query/paging.h"
#include "projections/query/queries.h"
#include "projections/views/open_clocks.h"
#include "projections/views/work_row.h"

namespace lastkm::projections {

namespace {
using Reading = Projector::Reading;

/// The case that an index row is about.
std::string_view id_of(std::string_view key) {
  return key.substr(key.rfind('/') + 1);
}

Result<Value> work_line(const Reading& rows, const std::string& id, Instant now, std::int32_t offset) {
  auto bytes = rows.get("worklist", std::string(kWorkCasePrefix) + id);
  if (!bytes) return bytes.error();
  if (!*bytes)
    return Error{ErrorKind::integrity, "views-corrupt", "the worklist names a case without a row: " + id, ""};
  auto row = row_of<WorkRow>("worklist", id, **bytes);
  if (!row) return row.error();
  Array holders;
  Array persons;
  for (const std::string& holder : row->holders) {
    holders.emplace_back(holder);
    const std::string_view person = row->person_of(holder);
    if (!person.empty()) persons.emplace_back(person);
  }
  const auto due = row->due();
  return Value(Object{{"case", id},
                      {"ref", row->ref},
                      {"stage", row->stage},
                      {"due", due ? Value(format_at_offset(*due, offset)) : Value()},
                      {"overdue", due && *due <= now},
                      {"why", row->stage},
                      {"holders", std::move(holders)},
                      {"persons", std::move(persons)}});
}

struct Asked {
  std::string query;   ///< for cursors
  std::string prefix;  ///< of the index rows
  std::string until;   ///< the first that is not asked for; empty: all
};

Result<Page> index_page(const Reading& rows, const Asked& asked, Instant now, const PageRequest& page,
                        const QueryOptions& options) {
  std::vector<std::pair<std::string, std::string>> found;
  const Status scanned =
      rows.scan("worklist", asked.prefix, "", [&](std::string_view key, std::string_view /*bytes*/) {
        if (!asked.until.empty() && key >= asked.until) return false;
        found.emplace_back(key, id_of(key));
        return true;
      });
  if (!scanned) return scanned.error();
  auto answer =
      page_of(std::move(found), page, Cursors(options.cursor_secret, asked.query),
              [&](const std::string& id) { return work_line(rows, id, now, options.offset_minutes); });
  if (answer) answer->positions = rows.positions("worklist");
  return answer;
}
}  // namespace

Result<Page> Queries::worklist(std::string_view body, Instant now, const PageRequest& page) const {
  const std::string prefix = body_prefix(body);
  return index_page(projector_->reading(), {prefix, prefix, ""}, now, page, options_);
}

Result<Page> Queries::worklist_of(std::string_view person, Instant now, const PageRequest& page) const {
  const std::string prefix = person_prefix(person);
  return index_page(projector_->reading(), {prefix, prefix, ""}, now, page, options_);
}

Result<Page> Queries::due(Instant before, Instant now, const PageRequest& page) const {
  const std::string prefix(kDuePrefix);
  return index_page(projector_->reading(), {prefix, prefix, prefix + sortable(before)}, now, page, options_);
}

}  // namespace lastkm::projections
