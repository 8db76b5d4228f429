// What can be read of the views while they are folded.
#include <algorithm>
#include <mutex>
#include <utility>

#include "projections/projector_impl.h"
#include "projections/row_digest.h"

namespace lastkm::projections {

Result<std::string> Projector::Impl::readable(std::string_view view) const {
  const auto wanted =
      std::find_if(views.begin(), views.end(), [view](const auto& v) { return v->name() == view; });
  const auto mine = kept.find(view);
  if (wanted == views.end() || mine == kept.end() || mine->second.layout != (*wanted)->layout()) {
    return Error{ErrorKind::unknown_outcome, "view-rebuilding",
                 "the view " + std::string(view) + " is being built; ask again", ""};
  }
  if (!mine->second.why.empty()) {
    return Error{ErrorKind::integrity, "view-stopped",
                 "the view " + std::string(view) + " has stopped at " + mine->second.why + "; rebuild it",
                 ""};
  }
  return family_of(view, mine->second.slot);
}

Projector::Reading Projector::reading() const {
  return Reading(*this, std::shared_lock(impl_->reading));
}

Result<std::optional<std::string>> Projector::Reading::get(std::string_view view,
                                                           std::string_view key) const {
  auto family = projector_->impl_->readable(view);
  if (!family) return family.error();
  return projector_->impl_->store.get(*family, key);
}

Status Projector::Reading::scan(std::string_view view, std::string_view prefix, std::string_view from,
                                const std::function<bool(std::string_view, std::string_view)>& visit) const {
  auto family = projector_->impl_->readable(view);
  if (!family) return family.error();
  return projector_->impl_->store.scan(*family, std::max(prefix, from),
                                       [&](std::string_view key, std::string_view value) {
                                         return key.starts_with(prefix) && visit(key, value);
                                       });
}

Positions Projector::Reading::positions() const {
  return projector_->impl_->published.positions();
}

Positions Projector::positions() const {
  return reading().positions();
}

Projector::PassedOver Projector::passed_over() const {
  const std::shared_lock lock(impl_->reading);
  return impl_->passed_over;
}

Result<std::int64_t> Projector::lag() const {
  const std::shared_lock lock(impl_->reading);
  std::int64_t lag = 0;
  for (std::int32_t partition = 0; partition < impl_->log.partitions(); ++partition) {
    auto end = impl_->log.end(log::Topic::decisions, partition);
    if (!end) return end.error();
    lag += std::max<std::int64_t>(0, *end - impl_->published.next(partition));
  }
  return lag;
}

Result<std::vector<ViewStatus>> Projector::status() const {
  const std::shared_lock lock(impl_->reading);
  std::vector<ViewStatus> all;
  for (const auto& view : impl_->views) {
    ViewStatus status;
    status.name = view->name();
    status.layout = view->layout();
    const auto mine = impl_->kept.find(view->name());
    const bool built = mine != impl_->kept.end() && mine->second.layout == view->layout();
    if (built) {
      const Status scanned =
          impl_->store.scan(family_of(view->name(), mine->second.slot), "", [&](auto, auto) {
            ++status.rows;
            return true;
          });
      if (!scanned) return scanned.error();
      status.why = mine->second.why;
    }
    status.state = !built || mine->second.rebuilding ? "rebuilding" : status.why.empty() ? "live" : "stopped";
    all.push_back(std::move(status));
  }
  return all;
}

Result<Digest> Projector::digest() const {
  const Reading rows = reading();
  Digest all;
  all.positions = rows.positions();
  for (const auto& view : impl_->views) {
    ViewDigest& mine = all.views.emplace_back(ViewDigest{std::string(view->name()), view->layout(), 0, ""});
    // What a view that has stopped still holds is of no position, so it has no digest.
    if (!impl_->readable(view->name())) continue;
    RowDigest digest;
    const Status scanned = rows.scan(view->name(), "", "", [&](std::string_view key, std::string_view value) {
      digest.add(key, value);
      return true;
    });
    if (!scanned) return scanned.error();
    mine.rows = digest.rows();
    mine.sha256 = digest.finish();
  }
  return all;
}

}  // namespace lastkm::projections
