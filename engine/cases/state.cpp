#include "engine/cases/state.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lastkm::cases {

namespace {

constexpr std::array<std::pair<ClockState, std::string_view>, 4> kClockStates{
    {{ClockState::running, "running"},
     {ClockState::suspended, "suspended"},
     {ClockState::met, "met"},
     {ClockState::breached, "breached"}}};

}  // namespace

std::string_view name_of(ClockState state) {
  return kClockStates[static_cast<std::size_t>(state)].second;
}

std::optional<ClockState> clock_state_of(std::string_view name) {
  for (const auto& [state, text] : kClockStates) {
    if (text == name) return state;
  }
  return std::nullopt;
}

std::vector<Parts::Pending> Parts::pending() const {
  std::vector<Pending> pending;
  for (const CoHandler& one : co_handlers) {
    if (is_pending(one)) pending.push_back({one.body.value, false, one.due});
  }
  if (!whistle) return pending;
  const std::vector<std::string>& answered = whistle->answered;
  for (const std::string& body : whistle->bodies) {
    if (std::find(answered.begin(), answered.end(), body) == answered.end())
      pending.push_back({body, true, std::nullopt});
  }
  return pending;
}

const Clock* CaseState::find_clock(std::string_view name) const {
  for (const Clock& clock : clocks) {
    if (clock.name == name) return &clock;
  }
  return nullptr;
}

std::string_view CaseState::maker_of(std::int64_t seq) const {
  std::string_view body;
  if (seq > version) return body;
  for (const Maker& maker : makers) {
    if (maker.from > seq) break;
    body = maker.body.value;
  }
  return body;
}

std::optional<Instant> CaseState::next_due() const {
  std::optional<Instant> earliest;
  const auto consider = [&earliest](Instant at) {
    if (!earliest || at < *earliest) earliest = at;
  };
  for (const Clock& clock : clocks) {
    const bool running = clock.state == ClockState::running;
    if (running) consider(clock.due);
    if (running || clock.is_overdue()) {
      for (const PendingMark& mark : clock.marks) consider(mark.at);
    }
  }
  return earliest;
}

}  // namespace lastkm::cases
