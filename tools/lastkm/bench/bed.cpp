#include "tools/lastkm/bench/bed.h"

#include "engine/base/thread_name.h"
#include "engine/runtime/each_record.h"
#include "engine/runtime/redecide.h"
#include "tools/lastkm/shipped.h"

namespace lastkm::tool::bench {

Status make_deployment(const std::string& folder, const runtime::LogPlace& place) {
  if (auto made = runtime::init(folder, 64, false, place); !made) return made;
  const auto opened = Folder::open({.folder = folder});
  if (!opened) return opened.error();
  const auto published = publish_shipped((*opened)->engine());
  if (!published) return published.error();
  return (*opened)->engine().activate(published->last);
}

Result<std::unique_ptr<Bed>> Bed::open(const std::string& folder, int workers, bool follow) {
  std::unique_ptr<Bed> bed(new Bed());
  auto opened = Folder::open({.folder = folder, .workers = workers});
  if (!opened) return opened.error();
  bed->folder_ = std::move(*opened);
  const auto side = bed->folder_->read_side();
  if (!side) return side.error();
  bed->side_ = *side;
  if (follow) {
    bed->follower_ = std::jthread([of = bed.get()](const std::stop_token& stop) {
      name_thread("views");
      of->followed_ = of->projector().run(stop, [of] { return of->engine().clocks_are_late(); });
    });
  }
  return bed;
}

Bed::~Bed() = default;

Status Bed::catch_up() {
  if (follower_.joinable()) {
    follower_.request_stop();
    follower_.join();
  }
  if (!followed_) return followed_;
  return projector().catch_up();
}

Result<Held> held_by(runtime::Engine& engine, std::int32_t partitions) {
  Held held;
  const std::int32_t until = partitions > 0 ? partitions : engine.log().partitions();
  for (std::int32_t partition = 0; partition < until; ++partition) {
    auto read = runtime::each_record(engine.log(), log::Topic::commands, partition,
                                     [&](const log::StoredRecord& stored) {
                                       ++held.commands;
                                       held.bytes += static_cast<std::int64_t>(stored.record.value.size());
                                       return true;
                                     });
    if (!read) return read.error();
    read = runtime::each_accepted(engine.log(), partition,
                                  [&](const record::Decision& decision, const log::Record& record) {
                                    ++held.decisions;
                                    held.events += static_cast<std::int64_t>(decision.events.size());
                                    held.bytes += static_cast<std::int64_t>(record.value.size());
                                    return true;
                                  });
    if (!read) return read.error();
  }
  return held;
}

Status same_views(const projections::Digest& before, const projections::Digest& anew) {
  for (std::size_t i = 0; i < before.views.size(); ++i) {
    if (before.views[i].sha256 == anew.views[i].sha256) continue;
    return Error{ErrorKind::difference, "views-differ",
                 "the view '" + before.views[i].name + "' differs from the same view folded anew", ""};
  }
  return done();
}

Status verify(Bed& bed, Report& report) {
  if (auto caught = bed.catch_up(); !caught) return caught;
  const auto before = bed.projector().digest();
  if (!before) return before.error();
  if (auto rebuilt = bed.projector().rebuild(); !rebuilt) return rebuilt.error();
  const auto after = bed.projector().digest();
  if (!after) return after.error();
  if (auto same = same_views(*before, *after); !same) return same;
  report.more.set("digests_equal", true);
  const auto redecided =
      runtime::redecide(bed.engine().log(), bed.engine().deployment(), [](std::int32_t) {});
  if (!redecided) return redecided.error();
  if (redecided->different > 0 || redecided->equal != redecided->commands) {
    return Error{ErrorKind::difference, "decisions-differ",
                 std::to_string(redecided->different) + " of " + std::to_string(redecided->commands) +
                     " decisions are not what the commands and rules give",
                 ""};
  }
  report.more.set("redecided", redecided->equal);
  return done();
}

Status demand_equal(std::string_view what, std::int64_t expected, std::int64_t got) {
  if (expected == got) return done();
  return Error{
      ErrorKind::difference, "bench-count",
      std::string(what) + ": " + std::to_string(expected) + " expected, " + std::to_string(got) + " found",
      ""};
}

}  // namespace lastkm::tool::bench
