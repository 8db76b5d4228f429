#include "projections/builder.h"

#include <algorithm>
#include <thread>

#include "engine/base/thread_name.h"
#include "engine/log/crash_point.h"
#include "engine/record/canonical.h"

namespace lastkm::projections {

namespace {
constexpr std::string_view kWhatRow = "what";  // sorts after the rows of the checkpoint

std::int64_t sum(const Ends& ends) {
  std::int64_t sum = 0;
  for (const std::int64_t end : ends) sum += end;
  return sum;
}

/// The rows of one view from all folds, in key order.
Status load_rows(store::Load& load, const std::string& family, std::vector<std::vector<ChangedRow>> parts) {
  std::vector<std::size_t> at(parts.size(), 0);
  while (true) {
    std::size_t least = parts.size();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (at[i] == parts[i].size()) continue;
      if (least == parts.size() || parts[i][at[i]].first < parts[least][at[least]].first) least = i;
    }
    if (least == parts.size()) return done();
    const auto& [key, value] = parts[least][at[least]++];
    const Status added = value ? load.add(family, key, *value) : load.erase(family, key);
    if (!added) return added;
  }
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
  of_ = before_ = 0;
  done_ = 0;
  started_ = std::chrono::steady_clock::now();
}

void BuildProgress::end() {
  const std::lock_guard lock(mutex_);
  views_.clear();
}

void BuildProgress::aim_at(std::int64_t done, std::int64_t of) {
  const std::lock_guard lock(mutex_);
  if (of_ == 0) before_ = done;
  of_ = of;
  done_ = done;
}

std::optional<Building> BuildProgress::now() const {
  const std::lock_guard lock(mutex_);
  if (views_.empty()) return std::nullopt;
  Building building{views_, done_, of_, 0, std::nullopt};
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  if (passed.count() > 0) building.per_s = (building.done - before_) * 1000 / passed.count();
  if (building.per_s > 0)
    building.left = std::chrono::seconds((building.of - building.done) / building.per_s + 1);
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
  if (Status cleared = store_->clear(kBuildFamily); !cleared) return cleared;
  for (const Part& part : parts_) {
    if (Status cleared = store_->clear(family_of(part.view->name(), part.slot)); !cleared) return cleared;
  }
  return done();
}

Status Builder::run(const Ends& until, const std::stop_token& stop) {
  while (true) {
    std::int64_t behind = 0;
    for (std::int32_t partition = 0; partition < log_->partitions(); ++partition) {
      behind +=
          std::max<std::int64_t>(0, until[static_cast<std::size_t>(partition)] - checkpoint_.next(partition));
    }
    progress_->aim_at(sum(until) - behind, sum(until));
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

Result<std::size_t> Builder::round(const Ends& until, const std::stop_token& stop) {
  std::vector<Fold> folds = divide(until);
  std::atomic<std::size_t> total = 0;
  in_parallel(folds.size(), [&](std::size_t i) {
    do {
      const std::size_t read = folds[i].drain(&until);
      if (read == 0) break;
      progress_->add(static_cast<std::int64_t>(read));
      total += read;
    } while (!stop.stop_requested() && folds[i].bytes() < options_.build_bytes / folds.size());
    folds[i].flush();
  });
  if (stop.stop_requested()) {
    return Error{ErrorKind::refused, "stopped",
                 "the building of views was stopped; it goes on at the next start", ""};
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
  if (Status taken = take_in(folds); !taken) return taken.error();
  return total.load();
}

Status Builder::take_in(std::vector<Fold>& folds) {
  // A view never holds what the log may still lose.
  if (Status synced = log_->sync(); !synced) return synced;
  std::vector<std::string> families{std::string(kBuildFamily)};
  for (const Part& part : parts_) families.push_back(family_of(part.view->name(), part.slot));
  auto load = store_->begin_load(families);
  if (!load) return load.error();
  std::vector<Status> loaded(parts_.size(), done());
  each_in_parallel(parts_.size(), options_.threads, [&](std::size_t i) {
    if (stopped_.contains(parts_[i].view->name())) return;
    std::vector<std::vector<ChangedRow>> rows;
    Rows::Sums sums;
    for (Fold& fold : folds) {
      for (Fold::Target& target : fold.targets()) {
        if (target.view->name() != parts_[i].view->name()) continue;
        for (const auto& [key, n] : target.rows.take_sums()) sums[key] += n;
        rows.push_back(target.rows.take());
      }
    }
    auto all_sums = summed(has_rows_ ? store_ : nullptr, families[i + 1], sums);
    if (!all_sums) {
      loaded[i] = all_sums.error();
      return;
    }
    rows.push_back(std::move(*all_sums));
    loaded[i] = load_rows(**load, families[i + 1], std::move(rows));
  });
  for (const Status& status : loaded) {
    if (!status) return status;
  }
  for (const auto& [key, value] : checkpoint_.rows()) {
    if (Status added = (*load)->add(kBuildFamily, key, value); !added) return added;
  }
  if (Status added = (*load)->add(kBuildFamily, kWhatRow, what()); !added) return added;
  log::crash_point("views.before_load");
  if (Status committed = (*load)->commit(); !committed) return committed;
  log::crash_point("views.loaded");
  has_rows_ = true;
  return done();
}

}  // namespace lastkm::projections
