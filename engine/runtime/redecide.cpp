#include "engine/runtime/redecide.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "engine/lane/step.h"
#include "engine/record/digest.h"
#include "engine/runtime/directory_log.h"
#include "engine/runtime/lane_reader.h"

namespace lastkm::runtime {

namespace {

std::int64_t first_difference(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return x - a.begin();
}

void note(Redecided& result, LaneId lane, Ordinal ordinal, std::int64_t byte, std::string what) {
  ++result.different;
  if (!result.first) result.first = Redecided::Difference{lane, ordinal, byte, std::move(what)};
}

/// Told without reading the record: what an operator gives is a rejection, which is the last member of a
/// decision that has one; the last of others is a text.
bool may_be_given(std::string_view decision_bytes) {
  static constexpr std::string_view kBehindData = R"(,"datacontenttype":)";
  if (decision_bytes.empty()) return true;
  // The C library's way back is many times as fast as that of a text.
  const char* const begin = decision_bytes.data();
  const auto* const end = static_cast<const char*>(::memrchr(begin, '}', decision_bytes.size() - 1));
  const bool ends_data =
      end != nullptr &&
      decision_bytes.substr(static_cast<std::size_t>(end - begin) + 1).starts_with(kBehindData);
  return !ends_data || end == begin || end[-1] != '"';
}

Status redecide_lane(log::EventLog& log, const Deployment& deployment, const DirectoryLog& directory,
                     LaneId lane, Redecided& result) {
  LaneReader commands(log, log::Topic::commands, lane, deployment.lanes);
  LaneReader decisions(log, log::Topic::decisions, lane, deployment.lanes);
  lane::LaneState state = deployment.begun(lane);
  const std::string source = deployment.source();
  PlainBooks books([&directory](DirectoryOrdinal ordinal) { return directory.at(ordinal); });
  bool newer = false;
  const auto differs = [&](std::int64_t byte, std::string what) {
    if (newer) ++result.newer;
    note(result, lane, next(state.ordinal), byte, std::move(what));
  };
  const auto needs_newer = [&](const Error& why) {
    newer = true;
    if (!result.needs_newer) result.needs_newer = why;
  };
  while (true) {
    auto stored = commands.next();
    if (!stored) return stored.error();
    auto held = decisions.next();
    if (!held) return held.error();
    if (!*stored) {
      if (auto accepted = accepted_from(decisions, std::move(*held), state.ordinal); !accepted) {
        return accepted.error();
      } else if (*accepted) {
        differs(0, "there is a decision, but the command that it answers is gone");
      }
      return done();
    }
    const lane::Taken taken =
        lane::take((*stored)->record.key, (*stored)->record.value, deployment.lanes, lane);
    std::optional<record::Decision> decision;
    std::string bytes;
    // A command at which programs die is not decided here either.
    if (*held && !may_be_given((*held)->record.value)) {
      if (auto stepped = lane::step(state, taken, deployment.lanes, books)) {
        decision = std::move(*stepped);
        bytes = record::encode(*decision, source);
      }
    }
    // Nearly always this is the record, and there is nothing in it to be read.
    if (decision && bytes == (*held)->record.value) {
      ++result.commands;
      ++result.equal;
      result.deciders.insert(decision->decider);
      lane::fold(state, books, taken, *decision, bytes);
      continue;
    }
    auto accepted = accepted_from(decisions, std::move(*held), state.ordinal);
    if (!accepted) return accepted.error();
    if (!*accepted) {
      ++result.undecided;
      while (true) {
        auto rest = commands.next();
        if (!rest) return rest.error();
        if (!*rest) return done();
        ++result.undecided;
      }
    }
    ++result.commands;
    if ((*accepted)->decision) result.deciders.insert((*accepted)->decision->decider);
    if ((*accepted)->decision && lane::is_given(*(*accepted)->decision)) {
      ++result.given;
      decision = lane::given(state, taken, deployment.lanes, books,
                             (*accepted)->decision->rejection->facts.text("by"),
                             (*accepted)->decision->rejection->text);
    } else if (!decision) {
      auto stepped = lane::step(state, taken, deployment.lanes, books);
      if (!stepped) {
        if (stepped.error().code == "upgrade-required") needs_newer(stepped.error());
        differs(0, stepped.error().message);
        return done();
      }
      decision = std::move(*stepped);
    }
    bytes = record::encode(*decision, source);
    if (bytes == (*accepted)->bytes) {
      if (!lane::is_given(*decision)) ++result.equal;
    } else {
      // Whether it was changed, or a newer program made it, cannot be told from here.
      const Status known = (*accepted)->decision ? lane::check_known(*(*accepted)->decision) : done();
      if (!known) needs_newer(known.error());
      differs(first_difference((*accepted)->bytes, bytes),
              known ? "the decision in the log is not what the commands and rules give"
                    : "the decision in the log cannot be decided again: " + known.error().message);
    }
    lane::fold(state, books, taken, *decision, bytes);
  }
}

}  // namespace

Result<Redecided> redecide(log::EventLog& log, const Deployment& deployment,
                           const std::function<void(std::int32_t)>& progress) {
  DirectoryLog directory(log, deployment.source());
  if (auto fresh = directory.refresh(); !fresh) return fresh.error();
  Redecided result;
  for (std::int32_t lane = 0; lane < deployment.lanes; ++lane) {
    if (auto checked = redecide_lane(log, deployment, directory, LaneId(lane), result); !checked)
      return checked.error();
    if (progress) progress(lane + 1);
  }
  return result;
}

}  // namespace lastkm::runtime
