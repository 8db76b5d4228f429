// Worklists and what falls due, from the view "worklist".
#include <utility>

#include "projections/checkpoint.h"
#include "projections/query/paging.h"
#include "projections/query/queries.h"
#include "projections/view.h"
#include "projections/views/open_clocks.h"
#include "projections/views/work_row.h"

namespace lastkm::projections {

namespace {
using Reading = Projector::Reading;

/// The case that an index row is about.
std::string_view id_of(std::string_view key) {
  return key.substr(key.rfind('/') + 1);
}

/// Whose list it is; neither a body's nor a person's: what falls due, whosoever.
struct Owner {
  std::string_view body, person;
};

/// The work of the owner; of a person the one that falls due first, of nobody the case's own.
Work work_of(const WorkRow& row, const std::vector<Work>& works, const Owner& owner) {
  if (owner.body.empty() && owner.person.empty()) return {"", "", row.stage, row.due()};
  const Work* first = nullptr;
  for (const Work& work : works) {
    if (owner.body.empty() ? work.person != owner.person : work.body != owner.body) continue;
    if (first == nullptr || sortable(work.due) < sortable(first->due)) first = &work;
  }
  return first == nullptr ? Work{"", "", row.stage, row.due()} : *first;
}

Result<Value> work_line(const Reading& rows, const std::string& id, const std::optional<std::string>& bytes,
                        const Owner& owner, Instant now, std::int32_t offset) {
  if (!bytes)
    return Error{ErrorKind::integrity, "views-corrupt", "the worklist names a case without a row: " + id, ""};
  const auto row = work_row_of(rows.layout("worklist"), id, *bytes);
  if (!row) return row.error();
  Array persons;
  const std::vector<Work> works = row->works();
  for (const Work& work : works) {
    if (!work.person.empty()) persons.emplace_back(work.person);
  }
  const auto [body, person, why, due] = work_of(*row, works, owner);
  return Value(Object{{"case", id},
                      {"ref", row->ref},
                      {"stage", row->stage},
                      {"due", due ? Value(format_at_offset(*due, offset)) : Value()},
                      {"overdue", due && *due <= now},
                      {"why", why},
                      {"holders", Array(row->holders.begin(), row->holders.end())},
                      {"persons", std::move(persons)}});
}

struct Asked {
  Owner owner;
  std::string query;   ///< for cursors
  std::string prefix;  ///< of the index rows
  std::string until;   ///< the first that is not asked for; empty: all
  std::string count;   ///< the row that says how many there are; empty: none does
};

/// How many index rows are asked for, where that is known without counting them.
Result<std::optional<std::int64_t>> known_count(const Reading& rows, const Asked& asked) {
  if (asked.count.empty()) return std::optional<std::int64_t>();
  const auto text = rows.get("worklist", asked.count);
  if (!text) return text.error();
  if (!*text) return std::optional<std::int64_t>();
  const auto n = sum_from("worklist", asked.count, **text);
  if (!n) return rows.failed("worklist", n.error());
  return std::optional(*n);
}

/// The index rows stand in the order of the list, so a page reads no more than its own.
Result<Page> index_page(const Reading& rows, const Asked& asked, Instant now, const PageRequest& request,
                        const QueryOptions& options) {
  const Cursors cursors(options.cursor_secret, asked.query);
  const auto after = cursors.key_in(request.cursor);
  if (!after) return after.error();
  const auto count = known_count(rows, asked);
  if (!count) return count.error();
  Page page;
  std::vector<std::string> ids;
  std::string last;  // key of the last line
  bool more = false;
  const Status scanned = rows.scan("worklist", asked.prefix, *count ? *after : "",
                                   [&](std::string_view key, std::string_view /*bytes*/) {
                                     if (!asked.until.empty() && key >= asked.until) return false;
                                     ++page.count;
                                     if (key <= *after) return true;
                                     more = request.limit != 0 && ids.size() == request.limit;
                                     if (more) return !*count;
                                     ids.emplace_back(id_of(key));
                                     last = key;
                                     return true;
                                   });
  if (!scanned) return scanned.error();
  if (*count) page.count = **count;
  if (more) page.next = cursors.of(last);
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (const std::string& id : ids) keys.push_back(std::string(kWorkCasePrefix) + id);
  const auto found = rows.get_many("worklist", keys);
  if (!found) return found.error();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto line = work_line(rows, ids[i], (*found)[i], asked.owner, now, options.offset_minutes);
    if (!line) return rows.failed("worklist", line.error());
    page.lines.push_back(std::move(*line));
  }
  page.positions = rows.positions("worklist");
  return page;
}
}  // namespace

Result<Page> Queries::worklist(std::string_view body, Instant now, const PageRequest& page) const {
  const std::string prefix = body_prefix(body);
  return index_page(projector_->reading(), {{body, ""}, prefix, prefix, "", count_key(prefix)}, now, page,
                    options_);
}

Result<Page> Queries::worklist_of(std::string_view person, Instant now, const PageRequest& page) const {
  const std::string prefix = person_prefix(person);
  return index_page(projector_->reading(), {{"", person}, prefix, prefix, "", count_key(prefix)}, now, page,
                    options_);
}

Result<Page> Queries::due(Instant before, Instant now, const PageRequest& page) const {
  const std::string prefix(kDuePrefix);
  return index_page(projector_->reading(), {{}, prefix, prefix, prefix + sortable(before), ""}, now, page,
                    options_);
}

}  // namespace lastkm::projections
