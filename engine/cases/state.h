// The state of a case: the fold of its events and nothing else. Facets beside the stage: responsibility,
// clocks, pressure, links, outcome.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/calendar/calendar.h"
#include "engine/record/decision.h"

namespace lastkm::cases {

enum class ClockState : std::uint8_t { running, suspended, met, breached };
[[nodiscard]] std::string_view name_of(ClockState state);
[[nodiscard]] std::optional<ClockState> clock_state_of(std::string_view name);

struct PendingMark {
  std::string id;
  Instant at;
  bool operator==(const PendingMark&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.id, self.at);
  }
};

struct Clock {
  std::string name;
  ClockState state = ClockState::running;
  Instant base;            ///< what it counts from
  Instant due;             ///< exclusive: run out once lane time reaches it
  calendar::Amount limit;  ///< as started; an extension moves the due time and leaves this
  std::optional<calendar::Amount> paused_left;   ///< while suspended, and of one that was stopped meanwhile
  std::optional<Instant> resumed_at;             ///< where it was suspended: due counts from here …
  std::optional<calendar::Amount> resumed_left;  ///< … by what was left then, not from base by the limit
  std::vector<calendar::Amount> extensions;      ///< since then: due counts on by these, one after the other
  std::vector<PendingMark> marks;                ///< to come, by time
  bool provisional = false;                      ///< due lies in a provisional calendar year
  bool silenced = false;                         ///< breached and then stopped: its marks wait for a restore
  bool operator==(const Clock&) const = default;

  /// It has run out, and what it waits for is still to be done.
  [[nodiscard]] bool is_overdue() const { return state == ClockState::breached && !silenced; }

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.name, self.state, self.base, self.due, self.limit, self.paused_left, self.resumed_at,
         self.resumed_left, self.extensions, self.marks, self.provisional, self.silenced);
  }
};

struct CoHandler {
  BodyId body;
  std::optional<Instant> due;
  bool reported = false;
  bool operator==(const CoHandler&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.body, self.due, self.reported);
  }
};

/// Who made the events of a case from one on, up to the next of these.
struct Maker {
  BodyId body;
  std::int64_t from = 1;  ///< seq
  bool operator==(const Maker&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.body, self.from);
  }
};

struct Whistle {
  std::string kind;
  std::vector<std::string> bodies;
  std::vector<std::string> answered;
  bool operator==(const Whistle&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.kind, self.bodies, self.answered);
  }
};

/// Which bodies have a part in a case, beside those that its stage names.
struct Parts {
  std::string lead;
  std::vector<CoHandler> co_handlers;
  std::optional<Whistle> whistle;
  bool operator==(const Parts&) const = default;

  struct Pending {
    std::string_view body;
    bool whistled = false;       ///< else: a co-handler
    std::optional<Instant> due;  ///< of a co-handler
  };
  /// Whether a co-handler has to report by a time of its own. The lead reports to nobody: a new dispatch may
  /// have made one of those that there were the lead.
  [[nodiscard]] bool is_pending(const CoHandler& one) const {
    return one.due && !one.reported && one.body.value != lead;
  }
  /// Co-handlers that have to report by a time of their own, and bodies that were whistled for and have not
  /// answered. Valid as long as this.
  [[nodiscard]] std::vector<Pending> pending() const;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.lead, self.co_handlers, self.whistle);
  }
};

/// A command that was answered before: so that a repeat gets the same answer.
struct Remembered {
  CommandId command;
  std::string fingerprint;
  std::string key;  ///< idempotency key; may be empty
  Ordinal ordinal;
  Instant at;  ///< lane time of the answer
  bool operator==(const Remembered&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.command, self.fingerprint, self.key, self.ordinal, self.at);
  }
};

struct CaseState : Parts {
  AggregateId id;
  std::string ref;           ///< human reference number; empty: no such case yet
  std::int64_t version = 0;  ///< seq of its last event
  std::string stage;
  bool ended = false;
  std::string workflow;
  std::int64_t workflow_version = 0;
  Instant opened_at;  ///< record time
  Instant occurred_at;

  // what was asked
  std::string type, category, urgency, place, channel, respondent;
  bool anonymous = false, confidential = false, imported = false;
  bool legal_hold = false;

  // responsibility, with the parts
  std::vector<std::string> holders;
  std::vector<std::string> returned_by;  ///< bodies that asked to return, in order
  std::int64_t returns = 0, disputes = 0, dispatches = 0;
  bool ruled = false;  ///< the panel has named the lead

  // pressure
  std::int64_t level = 0, supervision = 0;
  std::string card = "none";

  // clocks
  std::vector<Clock> clocks;
  std::string calendar;  ///< "ID@VERSION" of the calendar that a due time was computed by last
  std::int64_t extensions = 0, parks = 0;
  std::string extension_asked_by;                   ///< body; empty: none is asked
  std::string termination_asked_by;                 ///< the same of ending it without a result
  std::optional<calendar::Amount> extension_asked;  ///< by the last request, whatever became of it
  std::string parked_for;                           ///< reason; empty: not parked

  // links
  std::string merging;                ///< the case asked to be the master, which has not answered yet
  std::string master;                 ///< the case that this one is merged into
  std::vector<std::string> merged;    ///< cases merged into this one
  std::string parent;                 ///< the case that this one arose from
  std::vector<std::string> children;  ///< cases that arose from this one

  // outcome
  std::int64_t feedbacks = 0, evidence = 0, callbacks = 0, callbacks_reached = 0, reopens = 0, contacts = 0;
  std::string feedback_by, solved, satisfied, verified;
  std::int64_t tries = 0;                      ///< call-backs about what was done last, reached or not
  std::optional<Instant> first_try, last_try;  ///< of these, by business time
  std::optional<Instant> closed_at;
  std::optional<Instant> archived_at;  ///< record time

  std::vector<Remembered> remembered;  ///< by ordinal
  std::vector<Maker> makers;           ///< in the order of `from`
  std::string last_decision;           ///< hex SHA-256: `prev` of the next

  bool operator==(const CaseState&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.id, self.ref, self.version, self.stage, self.ended, self.workflow, self.workflow_version,
         self.opened_at, self.occurred_at, self.type, self.category, self.urgency, self.place, self.channel,
         self.respondent, self.anonymous, self.confidential, self.imported, self.legal_hold, self.lead,
         self.co_handlers, self.holders, self.returned_by, self.returns, self.disputes, self.dispatches,
         self.ruled, self.level, self.supervision, self.card, self.whistle, self.clocks, self.calendar,
         self.extensions, self.parks, self.extension_asked_by, self.termination_asked_by,
         self.extension_asked, self.parked_for, self.merging, self.master, self.merged, self.parent,
         self.children, self.feedbacks, self.evidence, self.callbacks, self.callbacks_reached, self.reopens,
         self.contacts, self.feedback_by, self.solved, self.satisfied, self.verified, self.tries,
         self.first_try, self.last_try, self.closed_at, self.archived_at, self.remembered, self.makers,
         self.last_decision);
  }

  [[nodiscard]] const Clock* find_clock(std::string_view name) const;
  /// The earliest instant at which something of this case falls due; nullopt: nothing.
  [[nodiscard]] std::optional<Instant> next_due() const;
  /// Who made the event `seq`; empty where there is none.
  [[nodiscard]] std::string_view maker_of(std::int64_t seq) const;
};

/// One clock change inside an event:
/// {"clock","change":"started|stopped|suspended|resumed|extended|restored|recomputed|breached|marked",
/// "due"?,"base"?,"n"?,"unit"?,"left":{"n","unit"}?,"marks":[{"id","at"}]?,"mark"?,"calendar"?,"provisional"?}.
/// Times are RFC 3339 UTC. "n" and "unit" are the limit of a start and the amount of an extension; "calendar"
/// is "ID@VERSION" where a due time was computed, `by` that calendar. "left" stands with what is or becomes
/// suspended, also with the stop of such a clock, and with the restore that makes it suspended again. Says
/// what the fold needs for this change, and no more; "mark" is added by the caller.
[[nodiscard]] Value to_value(const Clock& clock, std::string_view change,
                             const calendar::Calendar* by = nullptr);

}  // namespace lastkm::cases
