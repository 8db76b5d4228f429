#include "engine/runtime/what_if.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/cases/decide.h"
#include "engine/cases/evolve.h"
#include "engine/cases/firing.h"
#include "engine/lane/step.h"
#include "engine/runtime/directory_log.h"
#include "engine/runtime/lane_reader.h"

namespace lastkm::runtime {

namespace {

using Contexts = std::vector<std::shared_ptr<const directory::Context>>;

/// The directory at each ordinal, with the draft in the place of every version of its workflow.
Result<Contexts> with_draft(const std::vector<record::Document>& documents, const Value& draft) {
  Contexts out{std::make_shared<const directory::Context>()};
  bool found = false;
  for (record::Document document : documents) {
    if (document.kind == "workflow" && document.id == draft.text("id")) {
      found = true;
      document.content = draft;
      document.content.if_object()->set("version", document.version);
      document.sha256.clear();
    }
    auto next = directory::with_document(out.back(), document);
    if (!next) return next.error();
    out.push_back(std::move(*next));
  }
  if (found) return out;
  return Error{ErrorKind::bad_input, "no-such-workflow",
               "No workflow '" + std::string(draft.text("id")) +
                   "' was ever published here, so no case was opened under it: give the draft the id of the "
                   "workflow that it "
                   "is to replace (`lastkm directory list`).",
               "/id"};
}

/// What a clock did or will do, as far as a caller would notice.
std::string shown(const cases::Clock& clock) {
  const bool runs = clock.state == cases::ClockState::running || clock.state == cases::ClockState::breached;
  return clock.name + " " + std::string(cases::name_of(clock.state)) +
         (runs ? " " + format_utc(clock.due) : "");
}

std::vector<std::string> waits(const cases::CaseState& state) {
  std::vector<std::string> out;
  for (const cases::Clock& clock : state.clocks) {
    if (clock.state != cases::ClockState::met) out.push_back(shown(clock));
  }
  return out;
}

Differing compare(const cases::CaseState& was, const cases::CaseState& would) {
  Differing out;
  out.ended = was.stage != would.stage || was.ended != would.ended;
  out.waited = waits(was) != waits(would);
  out.escalated = was.level != would.level || was.lead != would.lead || was.card != would.card ||
                  was.supervision != would.supervision;
  return out;
}

/// One lane, played twice side by side: as it was, and as it would have been.
class LanePlay {
 public:
  LanePlay(log::EventLog& log, const Deployment& deployment, const DirectoryLog& directory,
           const Contexts& drafted, LaneId lane)
      : deployment_(deployment),
        lane_(lane),
        commands_(log, log::Topic::commands, lane, deployment.lanes),
        decisions_(log, log::Topic::decisions, lane, deployment.lanes),
        was_books_([&directory](DirectoryOrdinal at) { return directory.at(at); }),
        would_books_([&drafted](DirectoryOrdinal at) -> std::shared_ptr<const directory::Context> {
          const auto index = static_cast<std::size_t>(at.value);
          return index < drafted.size() ? drafted[index] : nullptr;
        }) {
    was_ = would_ = deployment.begun(lane);
  }

  Result<WhatIf> run(std::size_t examples) {
    while (true) {
      auto stored = commands_.next();
      if (!stored) return stored.error();
      if (!*stored) break;
      auto accepted = next_accepted(decisions_, was_.ordinal);
      if (!accepted) return accepted.error();
      if (!*accepted || !(*accepted)->decision)
        break;  // not decided yet, or not to be read: the comparison ends here
      const lane::Taken taken =
          lane::take((*stored)->record.key, (*stored)->record.value, deployment_.lanes, lane_);
      if (auto played = play(taken, *(*accepted)->decision); !played) return played.error();
    }
    // What fell due by the end of the log counts on both sides, woken or not.
    const Instant end = was_.time;
    compare_all(end, examples);
    return std::move(out_);
  }

 private:
  Status play(const lane::Taken& taken, const record::Decision& decision) {
    ++out_.commands;
    lane::fold(was_, was_books_, taken, decision, "");
    // A decision that an operator gave stands in both worlds.
    if (lane::is_given(decision)) {
      lane::fold(would_, would_books_, taken, decision, "");
      return done();
    }
    auto would = lane::step(would_, taken, deployment_.lanes, would_books_);
    if (!would) return would.error();
    if (would->rejection && !decision.rejection) ++out_.newly_refused;
    if (!would->rejection && decision.rejection) ++out_.newly_taken;
    lane::fold(would_, would_books_, taken, *would, "");
    return done();
  }

  cases::CaseState at_the_end(const cases::CaseState* state, lane::LaneState& lane, PlainBooks& books,
                              Instant end) const {
    if (state == nullptr) return {};
    cases::CaseState out = *state;
    const auto context = books.context(lane::context_at(lane, end));
    if (context == nullptr) return out;
    const cases::Moment moment{end, "", lane.decider};
    for (int rounds = 0; rounds < kMaxRounds && cases::is_due(out, end); ++rounds) {
      const std::vector<record::Event> events = cases::fire(out, *context, moment).events;
      if (events.empty()) break;
      for (const record::Event& event : events) cases::evolve(out, event, end);
    }
    return out;
  }

  void compare_all(Instant end, std::size_t examples) {
    std::vector<const AggregateId*> ids;
    for (const auto& [id, state] : was_books_.cases()) ids.push_back(&id);
    for (const auto& [id, state] : would_books_.cases()) {
      if (was_books_.find_case(id) == nullptr) ids.push_back(&id);
    }
    std::sort(ids.begin(), ids.end(), [](const auto* a, const auto* b) { return a->value < b->value; });
    out_.cases = static_cast<std::int64_t>(ids.size());
    for (const AggregateId* id : ids) {
      cases::CaseState was = at_the_end(was_books_.find_case(*id), was_, was_books_, end);
      cases::CaseState would = at_the_end(would_books_.find_case(*id), would_, would_books_, end);
      Differing found = compare(was, would);
      out_.ended += found.ended ? 1 : 0;
      out_.waited += found.waited ? 1 : 0;
      out_.escalated += found.escalated ? 1 : 0;
      if (!found.ended && !found.waited && !found.escalated) continue;
      ++out_.differing;
      if (out_.examples.size() >= examples) continue;
      found.was = std::move(was);
      found.would = std::move(would);
      out_.examples.push_back(std::move(found));
    }
  }

  static constexpr int kMaxRounds = 1000;

  const Deployment& deployment_;
  const LaneId lane_;
  LaneReader commands_;
  LaneReader decisions_;
  lane::LaneState was_;
  lane::LaneState would_;
  PlainBooks was_books_;
  PlainBooks would_books_;
  WhatIf out_;
};

void add(WhatIf& sum, WhatIf lane, std::size_t examples) {
  sum.commands += lane.commands;
  sum.cases += lane.cases;
  sum.differing += lane.differing;
  sum.ended += lane.ended;
  sum.waited += lane.waited;
  sum.escalated += lane.escalated;
  sum.newly_refused += lane.newly_refused;
  sum.newly_taken += lane.newly_taken;
  for (Differing& example : lane.examples) {
    if (sum.examples.size() < examples) sum.examples.push_back(std::move(example));
  }
}

}  // namespace

Result<WhatIf> what_if(log::EventLog& log, const Deployment& deployment, const Value& draft,
                       const WhatIfOptions& options, const std::function<void(std::int32_t)>& progress) {
  DirectoryLog directory(log, deployment.source());
  if (auto fresh = directory.refresh(); !fresh) return fresh.error();
  const auto drafted = with_draft(directory.documents(), draft);
  if (!drafted) return drafted.error();

  std::vector<Result<WhatIf>> lanes(static_cast<std::size_t>(deployment.lanes), WhatIf{});
  std::atomic<std::int32_t> next_lane{0};
  std::mutex telling;
  std::int32_t lanes_done = 0;
  const auto work = [&] {
    for (std::int32_t lane = next_lane++; lane < deployment.lanes; lane = next_lane++) {
      lanes[static_cast<std::size_t>(lane)] =
          LanePlay(log, deployment, directory, *drafted, LaneId(lane)).run(options.examples);
      const std::lock_guard lock(telling);
      if (progress) progress(++lanes_done);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i < options.threads; ++i) threads.emplace_back(work);
    work();
  }
  WhatIf sum;
  for (Result<WhatIf>& lane : lanes) {
    if (!lane) return lane.error();
    add(sum, std::move(*lane), options.examples);
  }
  return sum;
}

}  // namespace lastkm::runtime
