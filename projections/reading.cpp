// What can be read of the views while they are folded.
#include <algorithm>
#include <mutex>
#include <utility>

#include "projections/projector_impl.h"
#include "projections/row_digest.h"

namespace lastkm::projections {

namespace {
/// Nothing is lost with the rows: the log holds what they are made of.
Error damaged(std::string_view view, const std::string& why) {
  return Error{
      ErrorKind::unknown_outcome, std::string(kViewDamaged),
      "the view " + std::string(view) + " is damaged and is made anew from the log, ask again: " + why, ""};
}
}  // namespace

Result<std::string> Projector::Impl::readable(const Published& at, std::string_view name) const {
  const View* view = find(name);
  const auto mine = at.kept.find(name);
  const bool there = view != nullptr && mine != at.kept.end() && mine->second.layout != 0 &&
                     (mine->second.layout == view->layout() || view->reads(mine->second.layout));
  if (!there) {
    return Error{ErrorKind::unknown_outcome, "view-rebuilding",
                 "the view " + std::string(name) + " is being built; ask again", ""};
  }
  if (mine->second.damaged) return damaged(name, mine->second.why);
  if (!mine->second.why.empty()) {
    return Error{ErrorKind::integrity, "view-stopped",
                 "the view " + std::string(name) + " has stopped at " + mine->second.why +
                     "; `lastkm view rebuild " + std::string(name) + "` folds it anew",
                 ""};
  }
  return family_of(name, mine->second.slot);
}

Error Projector::Impl::read_failed(const Published& at, std::string_view view, const Error& error) {
  if (!is_damage(error)) return error;
  if (!options.read_only) {
    const std::lock_guard lock(folding);
    const auto latest = now();
    const auto mine = latest->kept.find(view);
    const auto read = at.kept.find(view);
    // Another reader may have seen it before, and the rows may be new ones by now.
    const bool same =
        mine != latest->kept.end() && read != at.kept.end() && mine->second.slot == read->second.slot;
    if (same && mine->second.why.empty()) set_aside(view, error.message);
  }
  return damaged(view, error.message);
}

Result<std::optional<std::string>> Projector::Reading::get(std::string_view view,
                                                           std::string_view key) const {
  auto family = projector_->impl_->readable(*at_, view);
  if (!family) return family.error();
  auto row = rows_->get(*family, key);
  if (!row) return failed(view, row.error());
  return row;
}

Result<std::vector<std::optional<std::string>>> Projector::Reading::get_many(
    std::string_view view, std::span<const std::string> keys) const {
  auto family = projector_->impl_->readable(*at_, view);
  if (!family) return family.error();
  auto rows = rows_->get_many(*family, keys);
  if (!rows) return failed(view, rows.error());
  return rows;
}

Status Projector::Reading::scan(std::string_view view, std::string_view prefix, std::string_view from,
                                const Visit& visit) const {
  auto family = projector_->impl_->readable(*at_, view);
  if (!family) return family.error();
  std::optional<Error> own;
  const Status scanned =
      rows_->scan(*family, std::max(prefix, from), [&](std::string_view key, std::string_view value) {
        if (!key.starts_with(prefix)) return false;
        const Result<bool> more = visit(key, value);
        if (!more) own = more.error();
        return more && *more;
      });
  if (!scanned) return failed(view, scanned.error());
  if (own) return failed(view, *own);
  return done();
}

Result<std::int64_t> Projector::Reading::count(std::string_view view) const {
  const auto family = projector_->impl_->readable(*at_, view);
  if (!family) return family.error();
  if (const auto held = at_->held.find(view); held != at_->held.end()) return held->second;
  std::int64_t rows = 0;
  // This reads every row, so damage shows here at the latest.
  const auto scanned = scan(view, "", "", [&rows](auto, auto) {
    ++rows;
    return true;
  });
  if (!scanned) return scanned.error();
  return rows;
}

Error Projector::Reading::failed(std::string_view view, const Error& why) const {
  return projector_->impl_->read_failed(*at_, view, why);
}

Positions Projector::Reading::positions() const {
  return at_->checkpoint.positions();
}

Positions Projector::Reading::positions(std::string_view view) const {
  const auto mine = at_->kept.find(view);
  if (mine != at_->kept.end() && !mine->second.frozen.empty()) return mine->second.frozen;
  return positions();
}

std::int32_t Projector::Reading::layout(std::string_view view) const {
  const auto mine = at_->kept.find(view);
  return mine == at_->kept.end() ? 0 : mine->second.layout;
}

Positions Projector::positions() const {
  return impl_->now()->checkpoint.positions();
}

Projector::PassedOver Projector::passed_over() const {
  return impl_->now()->passed_over;
}

Result<std::int64_t> Projector::lag() const {
  const auto at = impl_->now();
  std::int64_t lag = 0;
  for (std::int32_t partition = 0; partition < impl_->log.partitions(); ++partition) {
    auto end = impl_->log.end_now(log::Topic::decisions, partition);
    if (!end) return end.error();
    lag += std::max<std::int64_t>(0, *end - at->checkpoint.next(partition));
  }
  return lag;
}

Result<std::vector<ViewStatus>> Projector::status() const {
  const Reading rows = reading();
  const auto building = impl_->progress.now();
  std::vector<ViewStatus> all;
  for (const auto& view : impl_->views) {
    ViewStatus& status = all.emplace_back();
    status.name = view->name();
    status.layout = view->layout();
    const auto counted = rows.count(view->name());
    if (counted) status.rows = *counted;
    const bool damage = !counted && counted.error().code == kViewDamaged;
    const Kept none;
    const auto found = rows.at_->kept.find(view->name());
    const Kept& mine = found == rows.at_->kept.end() ? none : found->second;
    const auto latest = impl_->now();
    const auto known = latest->kept.find(view->name());
    status.why = damage && known != latest->kept.end() ? known->second.why : mine.why;
    status.incident = mine.incident;
    const bool rebuilding = mine.layout != view->layout() ||
                            (building && std::find(building->views.begin(), building->views.end(),
                                                   view->name()) != building->views.end());
    status.state = damage || mine.damaged ? "damaged"
                   : rebuilding           ? "rebuilding"
                   : mine.why.empty()     ? "live"
                                          : "stopped";
  }
  return all;
}

std::map<std::string, std::string> Projector::incidents() const {
  std::map<std::string, std::string> incidents;
  for (const auto& [view, kept] : impl_->now()->kept) {
    if (!kept.incident.empty()) incidents.emplace(view, kept.incident);
  }
  return incidents;
}

Result<Digest> Projector::digest() const {
  const Reading rows = reading();
  Digest all;
  all.positions = rows.positions();
  Status read = done();
  for (const auto& view : impl_->views) {
    ViewDigest& mine = all.views.emplace_back(ViewDigest{std::string(view->name()), view->layout(), 0, ""});
    // What a view that has stopped still holds is of no position, so it has no digest.
    if (!impl_->readable(*rows.at_, view->name())) continue;
    RowDigest digest;
    const Status scanned = rows.scan(view->name(), "", "", [&](std::string_view key, std::string_view value) {
      digest.add(key, value);
      return true;
    });
    mine.rows = digest.rows();
    mine.sha256 = digest.finish();
    // The others are looked at too: so all that is damaged is made anew at once.
    if (!scanned) read = scanned;
  }
  if (!read) return read.error();
  return all;
}

}  // namespace lastkm::projections
