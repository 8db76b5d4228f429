#include <map>
#include <random>
#include <set>

#include "engine/base/packed.h"
#include "tests/cases/world.h"

namespace lastkm::cases {
namespace {

/// What must be true after every step of any life.
class Watch {
 public:
  void step(const CaseState& before, const record::Command& asked, const Answer& answer) {
    const Instant now = asked.recorded_at;
    // Folding the events gives the state that decide arrived at; numbers are dense.
    CaseState folded = before;
    if (before.version == 0) folded.id = asked.aggregate;
    bool by_command = false;
    for (const record::Event& event : answer.events) {
      REQUIRE(event.seq == folded.version + 1);
      const bool by_clock = event.actor.role == "SYSTEM";
      REQUIRE_FALSE((by_clock && by_command));
      by_command = by_command || !by_clock;
      if (by_clock) {
        REQUIRE(event.occurred_at <= now);
      } else {
        // The command is answered after everything that was due.
        REQUIRE_FALSE((folded.next_due() && *folded.next_due() <= now));
      }
      clocks(folded, event);
      evolve(folded, event, now);
    }
    REQUIRE((answer.after != nullptr) == !answer.events.empty());
    if (answer.after) REQUIRE(folded == *answer.after);
    REQUIRE((!answer.rejection || !by_command));
    REQUIRE(*unpack<CaseState>(pack(folded)) == folded);
    if (asked.name == "ClockDue" && before.version > 0) {
      REQUIRE_FALSE(by_command);
      REQUIRE_FALSE(answer.rejection);
    }
  }

 private:
  void clocks(const CaseState& before, const record::Event& event) {
    if (event.clocks.if_array() == nullptr) return;
    for (const Value& change : *event.clocks.if_array()) {
      const std::string name(change.text("clock"));
      const std::string_view what = change.text("change");
      if (what == "started") {
        breached_.erase(name);
        marked_[name].clear();
      } else if (what == "breached") {
        REQUIRE(breached_.insert(name).second);
        // Never early: it fires at the due time that stood.
        const Clock* clock = before.find_clock(name);
        REQUIRE(clock != nullptr);
        REQUIRE(event.occurred_at == clock->due);
      } else if (what == "marked") {
        REQUIRE(marked_[name].insert(std::string(change.text("mark"))).second);
      }
      stands_still(name, what, change);
    }
  }

  /// What is left of a clock that was suspended stays so until it goes on or begins anew, whatever became of
  /// it in between; one that is restored with something left waits for its resumption, and no other does.
  void stands_still(const std::string& name, std::string_view what, const Value& change) {
    const Value* said = change.find("left");
    if (what == "started" || what == "resumed") {
      left_.erase(name);
    } else if (what == "suspended" || (what == "extended" && said != nullptr)) {
      REQUIRE(said != nullptr);
      left_[name] = *said;
    } else if (what == "stopped" || what == "restored") {
      const auto left = left_.find(name);
      REQUIRE((said == nullptr ? Value() : *said) == (left == left_.end() ? Value() : left->second));
      if (what == "restored" && said != nullptr) ++restored_suspended;
    }
  }

 public:
  int restored_suspended = 0;

 private:
  std::map<std::string, Value> left_;
  std::set<std::string> breached_;
  std::map<std::string, std::set<std::string>> marked_;
};

TEST_CASE(
    "cases: in any life the fold is the state, numbers are dense, clocks fire once, in time and before "
    "commands") {
  struct Ask {
    const char* name;
    record::Actor actor;
    std::string input;
  };
  const std::vector<Ask> asks = {
      {"Open", kAgent, kOpening},
      {"Open", kAgent, R"({"type":"ENQUIRY","category":"C15","place":"510108"})"},
      {"Send", kDispatcher, R"({"lead":"PSC-5101080170060001"})"},
      {"Send", kDispatcher,
       R"({"lead":"OC-5101080170060001","co_handlers":[{"body":"PSC-5101080170060001"}]})"},
      {"Sign", kPsc, "{}"},
      {"Sign", kOc, "{}"},
      {"Sign", kCommunity, "{}"},
      {"Pause", kSupervisor, R"({"clock":"handle","reason":"X"})"},
      {"Pause", kSupervisor, R"({"clock":"level_0","reason":"X"})"},
      {"GoOn", kSupervisor, R"({"clock":"handle"})"},
      {"GoOn", kSupervisor, R"({"clock":"level_0"})"},
      {"Park", kSupervisor, R"({"reason":"P-ENG","review_on":"2027-06-01"})"},
      {"Unpark", kSupervisor, "{}"},
      {"Extend", kSupervisor, R"({"n":2,"unit":"WD"})"},
      {"Extend", kSupervisor, R"({"n":5,"unit":"NH"})"},
      {"Tell", kPsc, kProof},
      {"Tell", kOc, kProof},
      {"Refuse", kAgent, R"({"reason":"X"})"},
      {"Close", kAgent, R"({"solved":false})"},
      {"Close", kAgent, R"({"solved":true})"},
      {"Begin", kSupervisor, R"({"which":"fuse"})"},
      {"Begin", kSupervisor, R"({"which":"tick"})"},
      {"ClockDue", kSupervisor, "{}"},
      {"ClockDue", kSupervisor, "{}"},
  };
  std::map<std::string, int> seen;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto up_to = [&random](std::uint32_t n) { return static_cast<std::size_t>(random() % n); };
    Life life;
    Watch watch;
    Instant now = at("2026-03-16T09:00");
    for (int i = 0; i < 60; ++i) {
      constexpr std::int64_t leaps[] = {
          0, 1, kMsPerMinute, kMsPerHour, 5 * kMsPerHour, kMsPerDay, 3 * kMsPerDay};
      const auto due = life.state.next_due();
      now = up_to(4) == 0 && due && *due > now ? *due : now + leaps[up_to(7)];
      const Ask& ask = i == 0 ? asks[0] : asks[up_to(static_cast<std::uint32_t>(asks.size()))];
      if (std::string(ask.name) == "Begin" && up_to(4) != 0) continue;
      auto asked = command(ask.name, ask.actor, ask.input, now);
      if (up_to(8) == 0) asked.expected_version = life.state.version;
      const CaseState before = life.state;
      const Answer answer = life.send(asked);
      INFO("step " << i << " " << ask.name);
      watch.step(before, asked, answer);
      const Answer again = decide(before, asked, *life.context, moment(now));
      REQUIRE(again.events == answer.events);
      REQUIRE(again.rejection == answer.rejection);
      ++seen[code(answer)];
      for (const std::string& type : types(answer.events)) ++seen[type];
    }
    seen["restored while suspended"] += watch.restored_suspended;
    CaseState whole;
    whole.id = life.state.id;
    for (const auto& [event, recorded_at] : life.history) evolve(whole, event, recorded_at);
    REQUIRE(whole == life.state);
  }
  // The walks get to where it matters.
  for (const char* reached :
       {"taken", "clocks-pending", "version-conflict", "wrong-stage", "guard-failed", "CaseEscalated",
        "SlaBreached", "RedCardIssued", "FeedbackRejected", "CaseReopened", "CaseClosed", "ClockResumed",
        "CaseUnparked", "ExtensionGranted", "restored while suspended"}) {
    INFO(reached);
    CHECK(seen[reached] > 0);
  }
}

}  // namespace
}  // namespace lastkm::cases
