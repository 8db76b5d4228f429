#include "projections/projector.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "engine/base/thread_name.h"
#include "engine/log/crash_point.h"
#include "engine/record/canonical.h"
#include "projections/projector_impl.h"

namespace lastkm::projections {

namespace {
constexpr std::string_view kLogRow = "log";
constexpr std::string_view kCommitRow = "commit";

std::vector<std::int32_t> all_partitions(const log::EventLog& log) {
  std::vector<std::int32_t> all(static_cast<std::size_t>(log.partitions()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::string log_row(const ProjectorOptions& options, const log::EventLog& log) {
  return record::canonical(Value(Object{{"log_id", options.log_id}, {"partitions", log.partitions()}}));
}
}  // namespace

Projector::Impl::Impl(log::EventLog& log_in, store::Store& store_in, Views views_in,
                      ProjectorOptions options_in)
    : log(log_in),
      store(store_in),
      views(std::move(views_in)),
      options(std::move(options_in)),
      live(log, {}, options, all_partitions(log)),
      published(std::make_shared<Published>()) {}

Status Projector::Impl::load() {
  auto held = store.get(kCheckpointFamily, kLogRow);
  if (!held) return held.error();
  if (!*held) return start_over(options.incident);
  auto value = row_value(kCheckpointFamily, kLogRow, **held);
  if (!value) return value.error();
  if (value->text("log_id") != options.log_id) {
    return Error{ErrorKind::integrity, "foreign-views",
                 "the views belong to the log " + std::string(value->text("log_id")) + ", not to " +
                     options.log_id + "; move the folder away, and they are made anew",
                 ""};
  }
  auto checkpoint = Checkpoint::load(store, kCheckpointFamily);
  if (!checkpoint) return checkpoint.error();
  auto agrees = checkpoint->agrees_with(log);
  if (!agrees) return agrees.error();
  if (**held != log_row(options, log)) {
    return start_over(
        "the log has another number of partitions than its views knew, and they were made anew");
  }
  if (!*agrees) {
    return start_over(
        "the log no longer holds what its views were made from, and they were made anew: where it was "
        "changed, "
        "`lastkm audit redecide` says so; where it was put back, what was acknowledged after that copy is in "
        "no "
        "log any more");
  }
  live.start_at(*checkpoint);
  Published loaded;
  loaded.checkpoint = std::move(*checkpoint);
  auto commit = store.get(kCheckpointFamily, kCommitRow);
  if (!commit) return commit.error();
  if (*commit) std::from_chars((*commit)->data(), (*commit)->data() + (*commit)->size(), loaded.commit);
  published = std::make_shared<const Published>(std::move(loaded));
  return load_views();
}

Status Projector::Impl::load_views() {
  Published next = *published;
  store::Batch batch;
  for (const auto& view : views) {
    auto bytes = store.get(kCheckpointFamily, kept_key(view->name()));
    if (!bytes) return bytes.error();
    if (!*bytes) continue;
    auto row = row_value(kCheckpointFamily, kept_key(view->name()), **bytes);
    if (!row) return row.error();
    Kept& mine = next.kept[std::string(view->name())] = kept_from(*row);
    if (mine.layout == view->layout() && mine.why.empty()) {
      live.add(*view, &store, mine.slot);
    } else if (mine.layout != 0 && mine.layout != view->layout() && mine.frozen.empty()) {
      // From now on the others move away from it.
      mine.frozen = next.checkpoint.positions();
      batch.put(kCheckpointFamily, kept_key(view->name()), kept_row(mine));
    }
  }
  return commit(batch, std::move(next));
}

Status Projector::Impl::start_over(const std::string& incident) {
  // The checkpoints go first: rows without one are cleared before they are folded again, never the other way
  // round. That of the views in use goes in the batch that says why, or a death in between would leave rows
  // of which nobody knows what befell them.
  if (const Status cleared = store.clear({std::string(kBuildFamily)}); !cleared) return cleared;
  store::Batch batch;
  const Status listed = store.scan(kCheckpointFamily, "", [&batch](std::string_view key, std::string_view) {
    batch.erase(kCheckpointFamily, key);
    return true;
  });
  if (!listed) return listed;
  batch.put(kCheckpointFamily, kLogRow, log_row(options, log));
  Published next;
  if (!incident.empty()) {
    for (const auto& view : views) {
      Kept& mine = next.kept[std::string(view->name())];
      mine.incident = incident;
      batch.put(kCheckpointFamily, kept_key(view->name()), kept_row(mine));
    }
  }
  live.start_at({});
  log::crash_point("views.before_start_over");
  return commit(batch, std::move(next));
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

std::shared_ptr<const Projector::Published> Projector::Impl::now() const {
  const std::shared_lock lock(reading);
  return published;
}

Status Projector::Impl::commit(store::Batch& batch, Published next) {
  next.commit = now()->commit + 1;
  if (!batch.empty()) batch.put(kCheckpointFamily, kCommitRow, std::to_string(next.commit));
  auto shared = std::make_shared<const Published>(std::move(next));
  {
    const std::unique_lock lock(reading);
    coming = shared;
  }
  const Status written = batch.empty() ? done() : store.write(batch);
  if (!written) broken = written.error();
  const std::unique_lock lock(reading);
  coming.reset();
  if (written) published = std::move(shared);
  return written;
}

Projector::Reading Projector::reading() const {
  std::shared_lock lock(impl_->reading);
  std::shared_ptr<const Published> at = impl_->published;
  std::shared_ptr<const Published> coming = impl_->coming;
  std::unique_ptr<store::Snapshot> rows = impl_->store.snapshot();
  lock.unlock();
  if (coming != nullptr) {
    // Which of the two these rows are, they say themselves.
    const auto commit = rows->get(kCheckpointFamily, kCommitRow);
    if (commit && *commit == std::to_string(coming->commit)) at = std::move(coming);
  }
  return Reading(*this, std::move(at), std::move(rows));
}

std::vector<const View*> Projector::Impl::outdated() const {
  const auto at = now();
  std::vector<const View*> outdated;
  for (const auto& view : views) {
    const auto mine = at->kept.find(view->name());
    if (mine == at->kept.end() || mine->second.layout != view->layout() || mine->second.damaged)
      outdated.push_back(view.get());
  }
  return outdated;
}

const View* Projector::Impl::find(std::string_view name) const {
  for (const auto& view : views) {
    if (view->name() == name) return view.get();
  }
  return nullptr;
}

void Projector::Impl::set_aside(std::string_view view, const std::string& why) {
  Published next = *now();
  Kept& mine = next.kept[std::string(view)];
  mine.damaged = true;
  mine.why = why;
  live.drop(view);
  store::Batch batch;
  batch.put(kCheckpointFamily, kept_key(view), kept_row(mine));
  (void)commit(batch, std::move(next));
}

Result<bool> Projector::Impl::step_live(const Ends* until) {
  if (broken) return *broken;
  // Without a view nothing moves: what is built takes the checkpoint along.
  if (live.targets().empty() || live.drain(until) == 0) return false;
  live.flush();
  log::crash_point("views.folded");
  if (live.accepted()) {
    // A view never holds what the log may still lose.
    const Status synced = log.sync();
    if (!synced) {
      broken = synced.error();
      return synced.error();
    }
  }
  store::Batch batch;
  Published next = *now();
  next.held.clear();
  std::vector<std::string> gone;
  for (Fold::Target& target : live.targets()) {
    if (target.why.empty()) {
      const Status drained = target.rows.drain_to(batch);
      if (drained) continue;
      target.why = drained.error().message;
      target.damaged = is_damage(drained.error());
    }
    Kept& mine = next.kept[gone.emplace_back(target.view->name())];
    mine.why = target.why;
    mine.damaged = target.damaged;
    batch.put(kCheckpointFamily, kept_key(target.view->name()), kept_row(mine));
  }
  for (const std::string& name : gone) live.drop(name);
  live.checkpoint().save(batch);
  next.checkpoint = live.checkpoint();
  next.passed_over = live.passed_over();
  log::crash_point("views.before_write");
  if (const Status committed = commit(batch, std::move(next)); !committed) return committed.error();
  log::crash_point("views.written");
  return true;
}

Status Projector::Impl::fold_live() {
  live.unblock();
  const auto ends = log_ends();
  if (!ends) return ends.error();
  while (true) {
    auto more = step_live(&*ends);
    if (!more) return more.error();
    if (!*more) break;
  }
  if (live.blocked()) return *live.blocked();
  return done();
}

Status Projector::Impl::fold_chunk() {
  live.unblock();
  if (const auto more = step_live(); !more) return more.error();
  return live.blocked() ? Status(*live.blocked()) : done();
}

Status Projector::catch_up() {
  if (const Status built = impl_->build_outdated({}); !built) return built;
  const std::lock_guard lock(impl_->folding);
  return impl_->fold_live();
}

Result<bool> Projector::step() {
  if (const Status built = impl_->build_outdated({}); !built) return built.error();
  const std::lock_guard lock(impl_->folding);
  return impl_->step_live();
}

namespace {
/// Or until it is to stop.
void rest_for(const std::stop_token& stop, std::chrono::steady_clock::duration rest) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, rest, [] { return false; });
}
}  // namespace

Status Projector::run(const std::stop_token& stop, const std::function<bool()>& gives_way) {
  static constexpr std::chrono::milliseconds kPatience{100};
  using Clock = std::chrono::steady_clock;
  // A large chunk costs far less a record than many small ones; who cannot wait asks with wait_for().
  static constexpr Clock::duration kPace = std::chrono::milliseconds(25);
  static constexpr int kRestsMore = 9;
  std::atomic<bool> building = false;
  std::string said;           // what stays so is said once
  std::string said_of_build;  // the builder's own
  std::jthread builder;
  while (!stop.stop_requested()) {
    const std::uint64_t seen = impl_->log.version();
    const bool idle = !building;  // looked at once: it ends in between
    if (idle && builder.joinable()) builder = std::jthread();
    if (idle && !impl_->outdated().empty()) {
      const std::lock_guard lock(impl_->folding);
      building = !impl_->build_failed && !impl_->broken;
    }
    if (building && !builder.joinable()) {
      builder = std::jthread([this, &building, &said_of_build](const std::stop_token& token) {
        name_thread("rebuild");
        const Status built = impl_->build_outdated(token);
        if (!built && !token.stop_requested()) {
          if (built.error().message != said_of_build)
            spdlog::error("views are not rebuilt: {}", built.error().message);
          said_of_build = built.error().message;
          if (built.error().kind == ErrorKind::unknown_outcome) {
            rest_for(token, impl_->options.try_again);
          } else {
            const std::lock_guard lock(impl_->folding);
            impl_->build_failed = true;
          }
        }
        building = false;
      });
    }
    const bool less = gives_way && gives_way();
    const Clock::time_point begun = Clock::now();
    Clock::duration rest = kPace;
    {
      const std::lock_guard lock(impl_->folding);
      if (const auto folded = less ? impl_->fold_chunk() : impl_->fold_live(); folded) {
        said.clear();
        if (less) rest = kRestsMore * (Clock::now() - begun);
      } else if (folded.error().kind != ErrorKind::unknown_outcome || impl_->broken) {
        return folded;
      } else {
        // Brokers that are away come back; what they hold is read then.
        if (folded.error().message != said) spdlog::warn("views wait: {}", folded.error().message);
        said = folded.error().message;
        rest = kPatience;
      }
    }
    impl_->log.wait(seen, kPatience);
    rest_for(stop, rest);
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
    if (const Status built = impl_->build_outdated({}); !built) return built;
    {
      const std::lock_guard lock(impl_->folding);
      // Whoever folded before may have come as far already.
      if (!reached()) {
        if (const Status folded = impl_->fold_live(); !folded) return folded;
      }
    }
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

Result<std::vector<Compared>> Projector::rebuild(std::string_view name) {
  std::vector<const View*> chosen;
  for (const auto& view : impl_->views) {
    if (name.empty() || view->name() == name) chosen.push_back(view.get());
  }
  if (chosen.empty()) {
    return Error{ErrorKind::not_found, "no-such-view", "there is no view '" + std::string(name) + "'", ""};
  }
  const std::unique_lock lock(impl_->building, std::try_to_lock);
  if (!lock) {
    return Error{ErrorKind::refused, "already-rebuilding",
                 "views are being rebuilt already; see `view status`, and ask again when it is done", ""};
  }
  return impl_->rebuild(chosen, {});
}

std::optional<Building> Projector::building() const {
  return impl_->progress.now();
}

}  // namespace lastkm::projections
