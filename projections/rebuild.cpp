// Views built beside the ones in use, compared and swapped in.
#include <algorithm>
#include <numeric>

#include "engine/log/crash_point.h"
#include "projections/projector_impl.h"

namespace lastkm::projections {

namespace {
Result<Compared> compare_rows(const store::Snapshot& old_rows, const std::string& old_family,
                              const store::Snapshot& new_rows, const std::string& new_family,
                              const KeyRange& range) {
  Comparison comparison(old_rows, old_family, range);
  const auto cursor = new_rows.cursor(new_family, range.from);
  if (!cursor) return cursor.error();
  store::Cursor& rows = **cursor;
  for (; range.holds(rows); rows.next()) comparison.row(rows.key(), rows.value());
  if (const Status read = rows.status(); !read) return read.error();
  return comparison.finish();
}
}  // namespace

Result<Ends> Projector::Impl::log_ends() const {
  Ends ends;
  for (std::int32_t partition = 0; partition < log.partitions(); ++partition) {
    auto end = log.end(log::Topic::decisions, partition);
    if (!end) return end.error();
    ends.push_back(*end);
  }
  return ends;
}

Status Projector::Impl::build_outdated(const std::stop_token& stop) {
  if (outdated().empty()) return done();
  const std::unique_lock lock(building, std::try_to_lock);
  if (!lock) return done();  // another thread builds; what there is answers meanwhile
  const std::vector<const View*> old = outdated();
  if (old.empty()) return done();
  auto rebuilt = rebuild(old, stop);
  if (!rebuilt) return rebuilt.error();
  return done();
}

Result<std::vector<Compared>> Projector::Impl::rebuild(const std::vector<const View*>& chosen,
                                                       const std::stop_token& stop) {
  struct Ended {
    BuildProgress* progress;
    ~Ended() { progress->end(); }
  } const ended{&progress};
  {
    const std::lock_guard lock(folding);
    if (broken) return *broken;
  }
  const auto at = now();
  std::vector<Builder::Part> parts;
  for (const View* view : chosen) {
    const auto mine = at->kept.find(view->name());
    const bool first = mine == at->kept.end() || mine->second.layout == 0;
    parts.push_back({view, first ? 0 : 1 - mine->second.slot});
  }
  Builder builder(log, store, options, progress);
  if (Status begun = builder.begin(std::move(parts)); !begun) return begun.error();
  auto compared = compare(builder, stop);
  if (!compared) return compared.error();
  while (true) {
    auto swapped = swap(builder, *compared);
    if (!swapped) return swapped.error();
    if (*swapped) break;
    const auto ends = log_ends();
    if (!ends) return ends.error();
    if (Status built = builder.run(*ends, stop); !built) return built.error();
  }
  return compared;
}

Result<std::optional<OldRows>> Projector::Impl::old_rows(const Builder& builder) {
  const std::lock_guard lock(folding);
  if (live.targets().empty()) return std::optional<OldRows>();
  (void)fold_live();  // what blocks a partition blocks the builder there too
  if (broken) return *broken;
  const auto at = now();
  OldRows old{store.snapshot(), {}, {}};
  for (std::int32_t partition = 0; partition < log.partitions(); ++partition)
    old.until.push_back(at->checkpoint.next(partition));
  for (const Builder::Part& part : builder.parts()) {
    const auto mine = at->kept.find(part.view->name());
    if (mine != at->kept.end() && mine->second.layout == part.view->layout() && mine->second.why.empty())
      old.views.emplace(part.view->name());
  }
  return std::optional<OldRows>(std::move(old));
}

/// Brings the builder to where the live views stand at one moment, and compares the rows of that moment.
Result<std::vector<Compared>> Projector::Impl::compare(Builder& builder, const std::stop_token& stop) {
  {
    const auto old = old_rows(builder);
    if (!old) return old.error();
    if (*old) {
      auto compared = builder.run_beside(**old, stop);
      if (!compared) return compared.error();
      if (*compared) return std::move(**compared);
    }
  }
  const auto ends = log_ends();
  if (!ends) return ends.error();
  if (Status built = builder.run(*ends, stop); !built) return built.error();
  std::vector<Compared> all;
  const auto found = old_rows(builder);
  if (!found) return found.error();
  if (!*found) return all;
  const OldRows& old = **found;
  for (std::int32_t partition = 0; partition < log.partitions(); ++partition) {
    if (builder.checkpoint().next(partition) > old.until[static_cast<std::size_t>(partition)]) return all;
  }
  if (Status built = builder.run(old.until, stop); !built) return built.error();
  std::vector<std::pair<const Builder::Part*, const KeyRange*>> tasks;
  for (const Builder::Part& part : builder.parts()) {
    if (!old.views.contains(part.view->name()) || builder.stopped().contains(part.view->name())) continue;
    for (const KeyRange& range : part.ranges) tasks.emplace_back(&part, &range);
  }
  const std::unique_ptr<store::Snapshot> after = store.snapshot();
  const std::int64_t records = std::accumulate(old.until.begin(), old.until.end(), std::int64_t{0});
  std::vector<Result<Compared>> compared(tasks.size(), Compared{});
  each_in_parallel(tasks.size(), options.threads, [&](std::size_t i) {
    const auto [part, range] = tasks[i];
    compared[i] = compare_rows(*old.rows, family_of(part->view->name(), 1 - part->slot), *after,
                               family_of(part->view->name(), part->slot), *range);
    progress.compared(records / static_cast<std::int64_t>(tasks.size()));
  });
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (Status added = add_range(all, tasks[i].first->view->name(), compared[i]); !added)
      return added.error();
  }
  return all;
}

Result<bool> Projector::Impl::swap(Builder& builder, const std::vector<Compared>& compared) {
  static constexpr std::int64_t kGap = 4096;  // records that may be folded while nothing else is
  const std::lock_guard lock(folding);
  if (broken) return *broken;
  const bool alone = live.targets().empty();
  if (!alone) (void)fold_live();
  if (broken) return *broken;
  Ends until;
  std::int64_t gap = 0;
  for (std::int32_t partition = 0; partition < log.partitions(); ++partition) {
    until.push_back(live.checkpoint().next(partition));
    gap += until.back() - builder.checkpoint().next(partition);
  }
  if (!alone && gap > kGap) return false;
  if (!alone) {
    if (Status built = builder.run(until, {}); !built) return built.error();
    if (builder.checkpoint().positions() != live.checkpoint().positions()) {
      return Error{ErrorKind::integrity, "log-changed",
                   "the log no longer holds the decisions that the views were made from", ""};
    }
  }
  Published next = *now();
  store::Batch batch;
  for (const Builder::Part& part : builder.parts()) {
    const std::string name(part.view->name());
    Kept& mine = next.kept[name];
    const auto looked_at =
        std::find_if(compared.begin(), compared.end(), [&](const Compared& c) { return c.view == name; });
    const std::string damage = mine.damaged                  ? mine.why
                               : looked_at != compared.end() ? looked_at->unreadable
                                                             : std::string();
    if (!damage.empty()) {
      mine.incident = "its rows were damaged, and were made anew from the log: " + damage;
    } else if (mine.layout == part.view->layout()) {
      mine.incident.clear();  // somebody has asked for it
    }
    const auto stopped = builder.stopped().find(name);
    mine.layout = part.view->layout();
    mine.slot = part.slot;
    mine.damaged = false;
    mine.frozen.clear();
    mine.why = stopped == builder.stopped().end() ? std::string() : stopped->second;
    batch.put(kCheckpointFamily, kept_key(name), kept_row(mine));
    next.held.erase(name);
    if (part.held) next.held.emplace(name, *part.held);
  }
  if (alone) {
    for (std::int32_t partition = 0; partition < log.partitions(); ++partition)
      live.checkpoint().adopt(builder.checkpoint(), partition, log.partitions());
    live.go_on_from(builder.passed_over());
    next.passed_over = live.passed_over();
  }
  live.checkpoint().save(batch);
  next.checkpoint = live.checkpoint();
  log::crash_point("views.before_swap");
  if (const Status committed = commit(batch, std::move(next)); !committed) return committed.error();
  log::crash_point("views.swapped");
  for (const Builder::Part& part : builder.parts()) {
    live.drop(part.view->name());
    if (!builder.stopped().contains(part.view->name())) live.add(*part.view, &store, part.slot);
  }
  // What is left over after a crash here is cleared when these families are built in again.
  std::vector<std::string> left = {std::string(kBuildFamily)};
  for (const Builder::Part& part : builder.parts())
    left.push_back(family_of(part.view->name(), 1 - part.slot));
  if (const Status cleared = store.clear(left); !cleared) return cleared.error();
  return true;
}

}  // namespace lastkm::projections
