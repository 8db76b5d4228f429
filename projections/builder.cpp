#include "projections/builder.h"

#include <algorithm>
#include <span>
#include <thread>

#include "engine/base/thread_name.h"
#include "engine/log/crash_point.h"
#include "engine/record/canonical.h"

namespace lastkm::projections {

namespace {
/// Of one view in a round: each is one more that its readers look into, until the store merges them.
constexpr std::size_t kFilesMost = 3;
constexpr std::string_view kWhatRow = "what";  // sorts after the rows of the checkpoint

std::int64_t sum(const Ends& ends) {
  std::int64_t sum = 0;
  for (const std::int64_t end : ends) sum += end;
  return sum;
}

std::size_t rows_in(const RowLists& lists) {
  std::size_t rows = 0;
  for (const auto& list : lists) rows += list.size();
  return rows;
}

/// So many that share the rows about evenly.
std::vector<KeyRange> ranges_of(const RowLists& lists, std::size_t count) {
  const auto longest = std::max_element(lists.begin(), lists.end(),
                                        [](const auto& a, const auto& b) { return a.size() < b.size(); });
  std::vector<KeyRange> ranges(1);
  if (longest == lists.end() || longest->size() < count) return ranges;
  for (std::size_t i = 1; i < count; ++i) {
    const std::string& cut = (*longest)[longest->size() * i / count].first;
    ranges.back().until = cut;
    ranges.push_back({cut, std::nullopt});
  }
  return ranges;
}

using Span = std::span<const ChangedRow>;

/// The rows of a range that lie in each list, where there are any.
std::vector<Span> rows_of_range(const RowLists& lists, const KeyRange& range) {
  const auto first = [](const std::vector<ChangedRow>& rows, std::string_view from) {
    return std::lower_bound(rows.begin(), rows.end(), from,
                            [](const ChangedRow& row, std::string_view key) { return row.first < key; });
  };
  std::vector<Span> spans;
  for (const std::vector<ChangedRow>& rows : lists)
    spans.emplace_back(first(rows, range.from), range.until ? first(rows, *range.until) : rows.end());
  std::erase_if(spans, [](const Span& rows) { return rows.empty(); });
  return spans;
}

/// Writes the rows of one view that lie in a range, from all lists, in key order, and shows them to
/// `comparison` where there is one; how many there are. Where there is none, no file.
Result<std::int64_t> load_rows(store::Load& load, const std::string& family, std::vector<Span> left,
                               Comparison* comparison) {
  std::int64_t held = 0;
  if (left.empty()) return held;
  const auto file = load.file(family);
  if (!file) return file.error();
  while (!left.empty()) {
    const auto least = std::min_element(left.begin(), left.end(), [](const auto& a, const auto& b) {
      return a.front().first < b.front().first;
    });
    const auto& [key, value] = least->front();
    if (const Status added = value ? (*file)->add(key, *value) : (*file)->erase(key); !added)
      return added.error();
    if (value) {
      ++held;
      if (comparison != nullptr) comparison->row(key, *value);
    }
    *least = least->subspan(1);
    if (least->empty()) left.erase(least);
  }
  return held;
}
}  // namespace

void in_parallel(std::size_t n, const std::function<void(std::size_t)>& work) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < n; ++i) {
    threads.emplace_back([&work, i] {
      name_thread("rebuild");
      work(i);
    });
  }
  if (n > 0) work(0);
}

void each_in_parallel(std::size_t n, int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  in_parallel(std::min<std::size_t>(n, std::max(1, threads)), [&](std::size_t /*thread*/) {
    for (std::size_t i = next++; i < n; i = next++) work(i);
  });
}

void BuildProgress::begin(std::vector<std::string> views) {
  const std::lock_guard lock(mutex_);
  views_ = std::move(views);
  of_ = before_ = work_before_ = 0;
  folded_ = work_ = 0;
  started_ = std::chrono::steady_clock::now();
}

void BuildProgress::end() {
  const std::lock_guard lock(mutex_);
  views_.clear();
}

void BuildProgress::aim_at(std::int64_t done, std::int64_t of) {
  const std::lock_guard lock(mutex_);
  const std::int64_t work = done * (kFold + kTakeIn);
  if (of_ == 0) {
    before_ = done;
    work_before_ = work;
  }
  of_ = of;
  folded_ = done;
  work_ = std::max<std::int64_t>(work_, work);  // what was compared stays so
}

std::optional<Building> BuildProgress::now() const {
  const std::lock_guard lock(mutex_);
  if (views_.empty()) return std::nullopt;
  Building building{views_, folded_, of_, 0, 0, std::nullopt};
  const std::int64_t work = work_;
  const std::int64_t all = of_ * (kFold + kTakeIn + kCompare);
  if (all > 0) building.percent = std::min<std::int64_t>(99, work * 100 / all);
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  if (passed.count() > 0) building.per_s = (building.done - before_) * 1000 / passed.count();
  if (work > work_before_)
    building.left = std::chrono::seconds(passed.count() * (all - work) / (work - work_before_) / 1000 + 1);
  return building;
}

std::string Builder::what() const {
  Object views;
  for (const Part& part : parts_)
    views.set(part.view->name(), Object{{"layout", part.view->layout()}, {"slot", part.slot}});
  // Where a view has stopped, nothing goes on from here: its rows end earlier than the checkpoint.
  for (const auto& [name, why] : stopped_) views.set(name, why);
  return record::canonical(Value(
      Object{{"log_id", options_.log_id}, {"partitions", log_->partitions()}, {"views", std::move(views)}}));
}

Status Builder::begin(std::vector<Part> parts) {
  parts_ = std::move(parts);
  std::vector<std::string> names;
  for (const Part& part : parts_) names.emplace_back(part.view->name());
  progress_->begin(std::move(names));
  const auto held = store_->get(kBuildFamily, kWhatRow);
  if (held && *held && **held == what()) {
    auto checkpoint = Checkpoint::load(*store_, kBuildFamily);
    const auto agrees = checkpoint ? checkpoint->agrees_with(*log_) : Result<bool>(checkpoint.error());
    if (agrees && *agrees) {
      checkpoint_ = std::move(*checkpoint);
      has_rows_ = true;
      return done();
    }
  }
  // The mark that they can be gone on from goes first.
  std::vector<std::string> unused = {std::string(kBuildFamily)};
  for (const Part& part : parts_) unused.push_back(family_of(part.view->name(), part.slot));
  return store_->clear(unused);
}

void Builder::aim_at(const Ends& until) {
  std::int64_t behind = 0;
  for (std::int32_t partition = 0; partition < log_->partitions(); ++partition) {
    behind +=
        std::max<std::int64_t>(0, until[static_cast<std::size_t>(partition)] - checkpoint_.next(partition));
  }
  progress_->aim_at(sum(until) - behind, sum(until));
}

Result<std::optional<std::vector<Compared>>> Builder::run_beside(const OldRows& old_rows,
                                                                 const std::stop_token& stop) {
  compared_.reset();
  if (has_rows_) return compared_;
  aim_at(old_rows.until);
  if (const auto read = round(old_rows.until, stop, &old_rows); !read) return read.error();
  return std::move(compared_);
}

Status Builder::run(const Ends& until, const std::stop_token& stop) {
  while (true) {
    aim_at(until);
    auto read = round(until, stop);
    if (!read) return read.error();
    if (*read == 0) return done();
  }
}

std::vector<Fold> Builder::divide(const Ends& until) {
  std::vector<std::int32_t> waiting;
  for (std::int32_t partition = 0; partition < log_->partitions(); ++partition) {
    if (checkpoint_.next(partition) < until[static_cast<std::size_t>(partition)])
      waiting.push_back(partition);
  }
  const std::size_t threads = std::min<std::size_t>(waiting.size(), std::max(1, options_.threads));
  std::vector<std::vector<std::int32_t>> shares(threads);
  for (std::size_t i = 0; i < waiting.size(); ++i) shares[i % threads].push_back(waiting[i]);
  ProjectorOptions options = options_;
  options.chunk_records = options_.build_chunk_records;
  std::vector<Fold> folds;
  folds.reserve(threads);
  for (std::vector<std::int32_t>& share : shares) {
    Fold& fold = folds.emplace_back(*log_, checkpoint_, options, std::move(share));
    for (const Part& part : parts_) {
      if (!stopped_.contains(part.view->name()))
        fold.add(*part.view, has_rows_ ? store_ : nullptr, part.slot);
    }
  }
  return folds;
}

Result<std::size_t> Builder::round(const Ends& until, const std::stop_token& stop, const OldRows* old_rows) {
  std::vector<Fold> folds = divide(until);
  std::atomic<std::size_t> total = 0;
  in_parallel(folds.size(), [&](std::size_t i) {
    do {
      const std::size_t read = folds[i].drain(&until);
      if (read == 0) break;
      progress_->folded(static_cast<std::int64_t>(read));
      total += read;
    } while (!stop.stop_requested() && folds[i].bytes() < options_.build_bytes / folds.size());
    folds[i].flush();
  });
  if (stop.stop_requested()) {
    return Error{ErrorKind::refused, "stopped",
                 "the building of views was stopped; it goes on at the next start", ""};
  }
  // A log that is away for a while has not ended there.
  for (const Fold& fold : folds) {
    if (fold.blocked() && fold.blocked()->kind == ErrorKind::unknown_outcome) return *fold.blocked();
  }
  if (total == 0) return std::size_t{0};
  log::crash_point("views.built");
  for (Fold& fold : folds) {
    for (const Fold::Target& target : fold.targets()) {
      if (!target.why.empty()) stopped_.emplace(target.view->name(), target.why);
    }
    for (const std::int32_t partition : fold.partitions())
      checkpoint_.adopt(fold.checkpoint(), partition, log_->partitions());
    passed_over_.repeats += fold.passed_over().repeats;
    passed_over_.gaps += fold.passed_over().gaps;
    passed_over_.lower_epochs += fold.passed_over().lower_epochs;
  }
  for (std::int32_t partition = 0; partition < log_->partitions(); ++partition) {
    if (checkpoint_.next(partition) != until[static_cast<std::size_t>(partition)]) old_rows = nullptr;
  }
  const auto records = static_cast<std::int64_t>(total.load());
  if (Status taken = take_in(folds, records, old_rows); !taken) return taken.error();
  return total.load();
}

Status Builder::take_in(std::vector<Fold>& folds, std::int64_t records, const OldRows* old_rows) {
  // A view never holds what the log may still lose.
  if (Status synced = log_->sync(); !synced) return synced;
  auto load = store_->begin_load();
  if (!load) return load.error();
  auto rows = rows_of(folds);
  if (!rows) return rows.error();
  struct Task {
    std::size_t part = 0;
    KeyRange range;
  };
  std::vector<Task> tasks;
  const auto threads = static_cast<std::size_t>(std::max(1, options_.threads));
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const std::size_t count = rows_in((*rows)[i]);
    const bool in_ranges = count >= options_.range_rows;
    for (KeyRange& range : ranges_of((*rows)[i], in_ranges ? std::min(threads, kFilesMost) : 1))
      tasks.push_back({i, std::move(range)});
    if (count <= parts_[i].rows) continue;
    parts_[i].rows = count;
    parts_[i].ranges = ranges_of((*rows)[i], in_ranges ? threads : 1);
  }
  struct Outcome {
    Result<std::int64_t> held = 0;
    std::optional<Result<Compared>> compared;
  };
  std::vector<Outcome> outcomes(tasks.size());
  const std::int64_t share = records / static_cast<std::int64_t>(tasks.size());
  each_in_parallel(tasks.size(), options_.threads, [&](std::size_t i) {
    const Part& part = parts_[tasks[i].part];
    const KeyRange& range = tasks[i].range;
    const std::string_view name = part.view->name();
    std::optional<Comparison> comparison;
    if (old_rows != nullptr && old_rows->views.contains(name) && !stopped_.contains(name))
      comparison.emplace(*old_rows->rows, family_of(name, 1 - part.slot), range);
    outcomes[i].held =
        load_rows(**load, family_of(name, part.slot), rows_of_range((*rows)[tasks[i].part], range),
                  comparison ? &*comparison : nullptr);
    if (comparison) outcomes[i].compared = comparison->finish();
    progress_->taken_in(share);
    if (old_rows != nullptr) progress_->compared(share);
  });
  for (Part& part : parts_) part.held = has_rows_ ? std::nullopt : std::optional<std::int64_t>(0);
  if (old_rows != nullptr) compared_.emplace();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto& [held, compared] = outcomes[i];
    if (!held) return held.error();
    Part& part = parts_[tasks[i].part];
    if (part.held) *part.held += *held;
    if (!compared) continue;
    if (Status added = add_range(*compared_, part.view->name(), *compared); !added) return added;
  }
  const auto mark = (*load)->file(kBuildFamily);
  if (!mark) return mark.error();
  for (const auto& [key, value] : checkpoint_.rows()) {
    if (Status added = (*mark)->add(key, value); !added) return added;
  }
  if (Status added = (*mark)->add(kWhatRow, what()); !added) return added;
  log::crash_point("views.before_load");
  if (Status committed = (*load)->commit(); !committed) return committed;
  log::crash_point("views.loaded");
  has_rows_ = true;
  return done();
}

Result<std::vector<RowLists>> Builder::rows_of(std::vector<Fold>& folds) {
  std::vector<RowLists> rows(parts_.size());
  std::vector<Rows::Sums> sums(parts_.size());
  std::vector<std::pair<Fold::Target*, std::vector<ChangedRow>*>> taken;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const std::string_view name = parts_[i].view->name();
    if (stopped_.contains(name)) continue;
    rows[i].resize(folds.size() + 1);
    for (std::size_t k = 0; k < folds.size(); ++k) {
      for (Fold::Target& target : folds[k].targets()) {
        if (target.view->name() != name) continue;
        for (const auto& [key, n] : target.rows.take_sums()) sums[i][key] += n;
        taken.emplace_back(&target, &rows[i][k]);
      }
    }
  }
  each_in_parallel(taken.size(), options_.threads,
                   [&](std::size_t i) { *taken[i].second = taken[i].first->rows.take(); });
  std::vector<Status> all_summed(parts_.size(), done());
  each_in_parallel(parts_.size(), options_.threads, [&](std::size_t i) {
    if (rows[i].empty()) return;
    const std::string family = family_of(parts_[i].view->name(), parts_[i].slot);
    auto rows_of_sums = summed(has_rows_ ? store_ : nullptr, family, sums[i]);
    if (rows_of_sums) {
      rows[i].back() = std::move(*rows_of_sums);
    } else {
      all_summed[i] = rows_of_sums.error();
    }
  });
  for (const Status& status : all_summed) {
    if (!status) return status.error();
  }
  return rows;
}

}  // namespace lastkm::projections
