#include "projections/projector.h"

#include <mutex>
#include <utility>

#include "engine/record/canonical.h"
#include "projections/projector_impl.h"

namespace lastkm::projections {

namespace {
constexpr std::string_view kLogRow = "log";
constexpr std::string_view kViewRow = "view/";

std::string kept_row(const Kept& kept) {
  return record::canonical(Value(Object{{"layout", kept.layout}, {"slot", kept.slot}, {"why", kept.why}}));
}
}  // namespace

Status Projector::Impl::load() {
  const std::string row =
      record::canonical(Value(Object{{"log_id", options.log_id}, {"partitions", log.partitions()}}));
  auto held = store.get(kCheckpointFamily, kLogRow);
  if (!held) return held.error();
  if (!*held) return start_over();
  auto value = row_value(kCheckpointFamily, kLogRow, **held);
  if (!value) return value.error();
  if (value->text("log_id") != options.log_id) {
    return Error{ErrorKind::integrity, "foreign-views",
                 "the views belong to the log " + std::string(value->text("log_id")) + ", not to " +
                     options.log_id + "; move the folder away, and they are made anew",
                 ""};
  }
  auto checkpoint = Checkpoint::load(store);
  if (!checkpoint) return checkpoint.error();
  auto agrees = checkpoint->agrees_with(log);
  if (!agrees) return agrees.error();
  if (!*agrees || **held != row) return start_over();
  live = Fold(log, *checkpoint, options);
  published = std::move(*checkpoint);
  for (const auto& view : views) {
    const std::string key = std::string(kViewRow) + std::string(view->name());
    auto bytes = store.get(kCheckpointFamily, key);
    if (!bytes) return bytes.error();
    if (!*bytes) continue;
    auto state = row_value(kCheckpointFamily, key, **bytes);
    if (!state) return state.error();
    Kept& mine = kept[std::string(view->name())];
    mine.slot = state->number("slot") == 0 ? 0 : 1;
    mine.layout = static_cast<std::int32_t>(state->number("layout"));
    mine.why = state->text("why");
    if (mine.layout == view->layout() && mine.why.empty()) live.add(*view, store, mine.slot);
  }
  return done();
}

Status Projector::Impl::start_over() {
  // The checkpoint goes first: rows without one are cleared before they are folded again, never the other way
  // round.
  const Status cleared = store.clear(kCheckpointFamily);
  if (!cleared) return cleared;
  store::Batch batch;
  batch.put(kCheckpointFamily, kLogRow,
            record::canonical(Value(Object{{"log_id", options.log_id}, {"partitions", log.partitions()}})));
  live = Fold(log, {}, options);
  return commit(batch, [this] {
    kept.clear();
    published = Checkpoint{};
  });
}

Result<std::unique_ptr<Projector>> Projector::open(log::EventLog& log, store::Store& store, Views views,
                                                   const ProjectorOptions& options) {
  auto impl = std::make_unique<Impl>(log, store, std::move(views), options);
  const Status loaded = impl->load();
  if (!loaded) return loaded.error();
  return std::unique_ptr<Projector>(new Projector(std::move(impl)));
}

Projector::Projector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Projector::~Projector() = default;

Status Projector::Impl::commit(const store::Batch& batch, const std::function<void()>& publish) {
  const std::unique_lock lock(reading);
  const Status written = store.write(batch);
  if (!written) {
    broken = written.error();
    return written;
  }
  publish();
  return done();
}

std::vector<View*> Projector::Impl::outdated() const {
  std::vector<View*> outdated;
  for (const auto& view : views) {
    const auto mine = kept.find(view->name());
    if (mine == kept.end() || mine->second.layout != view->layout()) outdated.push_back(view.get());
  }
  return outdated;
}

Result<bool> Projector::Impl::step() {
  if (broken) return *broken;
  const std::vector<View*> old = outdated();
  if (!old.empty()) {
    const Status rebuilt = rebuild(old);
    if (!rebuilt) return rebuilt.error();
  }
  if (live.drain(nullptr) == 0) return false;
  if (live.accepted()) {
    // A view never holds what the log may still lose.
    const Status synced = log.sync();
    if (!synced) {
      broken = synced.error();
      return synced.error();
    }
  }
  store::Batch batch;
  live.save(batch, true);
  std::map<std::string, Kept> stopped;
  for (const Fold::Target& target : live.targets()) {
    if (target.why.empty()) continue;
    const std::string name(target.view->name());
    Kept& mine = stopped[name];
    mine = kept[name];
    mine.why = target.why;
    batch.put(kCheckpointFamily, std::string(kViewRow) + name, kept_row(mine));
    target.view->discard();
  }
  for (const auto& [name, state] : stopped) live.drop(name);
  const Status committed = commit(batch, [&] {
    for (const auto& [name, state] : stopped) kept[name] = state;
    published = live.checkpoint();
    passed_over = live.passed_over();
  });
  if (!committed) return committed.error();
  return true;
}

Status Projector::Impl::catch_up() {
  live.unblock();
  while (true) {
    auto more = step();
    if (!more) return more.error();
    if (!*more) break;
  }
  if (live.blocked()) return *live.blocked();
  return done();
}

Status Projector::Impl::fold_beside(Fold& beside) {
  for (const Fold::Target& target : beside.targets()) {
    const Status cleared = store.clear(target.rows.family());
    if (!cleared) return cleared;
  }
  const Checkpoint until = live.checkpoint();
  while (beside.drain(&until) > 0) {
    store::Batch batch;
    beside.save(batch, false);
    const Status written = store.write(batch);
    if (!written) return written;
  }
  if (beside.blocked()) return *beside.blocked();
  if (beside.checkpoint().positions() == until.positions()) return done();
  return Error{ErrorKind::integrity, "log-changed",
               "the log no longer holds the decisions that the views were made from", ""};
}

Status Projector::Impl::rebuild(const std::vector<View*>& chosen) {
  Fold beside(log, {}, options);
  {
    const std::unique_lock lock(reading);
    for (View* view : chosen) {
      const bool first = !kept.contains(view->name());
      Kept& mine = kept[std::string(view->name())];
      mine.rebuilding = true;
      beside.add(*view, store, first ? 0 : 1 - mine.slot);
    }
  }
  const Status folded = fold_beside(beside);
  if (!folded) {
    for (View* view : chosen) view->discard();
    const std::unique_lock lock(reading);
    for (View* view : chosen) kept[std::string(view->name())].rebuilding = false;
    return folded;
  }
  store::Batch batch;
  std::map<std::string, Kept> swapped;
  for (const Fold::Target& target : beside.targets()) {
    const std::string name(target.view->name());
    Kept& mine = swapped[name];
    mine.slot = target.rows.family() == family_of(name, 0) ? 0 : 1;
    mine.layout = target.view->layout();
    mine.why = target.why;
    if (!mine.why.empty()) target.view->discard();
    batch.put(kCheckpointFamily, std::string(kViewRow) + name, kept_row(mine));
  }
  const Status committed = commit(batch, [&] {
    for (const auto& [name, state] : swapped) kept[name] = state;
  });
  if (!committed) return committed;
  for (const Fold::Target& target : beside.targets()) {
    const std::string_view name = target.view->name();
    const int slot = swapped.find(std::string(name))->second.slot;
    live.drop(name);
    if (target.why.empty()) live.add(*target.view, store, slot);
    const Status cleared = store.clear(family_of(name, 1 - slot));
    if (!cleared) return cleared;
  }
  return done();
}

Status Projector::catch_up() {
  const std::lock_guard lock(impl_->folding);
  return impl_->catch_up();
}

Result<bool> Projector::step() {
  const std::lock_guard lock(impl_->folding);
  return impl_->step();
}

Status Projector::run(const std::stop_token& stop) {
  static constexpr std::chrono::milliseconds kPatience{100};
  while (!stop.stop_requested()) {
    const std::uint64_t seen = impl_->log.version();
    const Status caught_up = catch_up();
    if (!caught_up) return caught_up;
    impl_->log.wait(seen, kPatience);
  }
  return done();
}

Status Projector::wait_for(LaneId lane, Ordinal ordinal, std::chrono::milliseconds at_most) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point until = Clock::now() + at_most;
  while (true) {
    const std::uint64_t seen = impl_->log.version();
    const auto reached = [&] {
      const Positions at = positions();
      const auto mine = at.find(lane);
      return mine != at.end() && mine->second >= ordinal;
    };
    if (reached()) return done();
    const Status caught_up = catch_up();
    if (!caught_up) return caught_up;
    if (reached()) return done();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) {
      return Error{ErrorKind::unknown_outcome, "views-behind",
                   "the views do not show lane " + std::to_string(lane.value) + ", ordinal " +
                       std::to_string(ordinal.value) + " yet; ask again",
                   ""};
    }
    impl_->log.wait(seen, left);
  }
}

Status Projector::rebuild(std::string_view name) {
  const std::lock_guard lock(impl_->folding);
  if (impl_->broken) return *impl_->broken;
  std::vector<View*> chosen;
  for (const auto& view : impl_->views) {
    if (name.empty() || view->name() == name) chosen.push_back(view.get());
  }
  if (chosen.empty()) {
    return Error{ErrorKind::not_found, "no-such-view", "there is no view '" + std::string(name) + "'", ""};
  }
  return impl_->rebuild(chosen);
}

}  // namespace lastkm::projections
