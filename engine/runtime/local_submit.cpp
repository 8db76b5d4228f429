// From submissions to outcomes: on the caller's thread, or through the workers.
#include <algorithm>
#include <unordered_set>

#include "engine/cases/decide.h"
#include "engine/log/crash_point.h"
#include "engine/record/digest.h"
#include "engine/runtime/local_engine.h"

namespace lastkm::runtime {

namespace {

constexpr std::chrono::milliseconds kAnswerWithin{2000};
constexpr std::chrono::milliseconds kRowsWithin{
    60000};  // nobody waits at a counter for the rows of an import

/// How far a caller's clock may be ahead of this one.
constexpr std::int64_t kAheadMostMs = kMsPerDay;

Error unknown(std::string why) {
  return Error{
      ErrorKind::unknown_outcome, "unknown",
      "whether the command was taken is not known (" + std::move(why) + "); send it again with the same key",
      ""};
}

/// Until it is decided: what can be said of a command that is durable.
Waiters::Awaited awaited(const record::Command& command) {
  Waiters::Awaited out;
  Outcome& receipt = out.receipt;
  receipt.status = OutcomeStatus::recorded;
  receipt.command = command.id;
  receipt.aggregate = command.aggregate;
  receipt.lane = command.lane;
  out.fingerprint = command.fingerprint;
  return out;
}

Error only_virtual() {
  return Error{ErrorKind::bad_input, "bad-data", "'at' is for deployments with a virtual clock", "/at"};
}

}  // namespace

/// What became of one command of a call.
Result<Outcome> LocalEngine::outcome_at(Waiters::Call& call, std::size_t index) const {
  if (call.failed) {
    return call.failed->kind == ErrorKind::refused ? *call.failed : unknown(call.failed->message);
  }
  if (std::optional<Outcome>& outcome = call.outcomes[index]) return std::move(*outcome);
  Outcome receipt = std::move(call.receipts[index]);
  if (index < call.offsets.size()) {
    const auto ordinal = owner_of(receipt.lane).ordinal_of(receipt.lane, call.offsets[index]);
    receipt.ordinal = ordinal.value_or(Ordinal());
  }
  return receipt;
}

std::vector<Result<Outcome>> LocalEngine::submit(std::span<const intake::Submission> submissions) {
  const bool inline_only = options_.workers == 0 || deployment_.virtual_clock;
  return inline_only ? submit_inline(submissions) : submit_to_workers(submissions);
}

std::string LocalEngine::shown(Instant at) const {
  return format_at_offset(at, published()->offset_minutes());
}

/// Nothing is told of that is still to come.
Status LocalEngine::not_ahead(const intake::Submission& submission) const {
  const bool is_virtual = deployment_.virtual_clock;
  Instant clock = submission.at.value_or(now());
  const auto check = [&](std::optional<Instant> told, std::string_view path) -> Status {
    if (!told || told->ms <= clock.ms + kAheadMostMs) return done();
    return Error{ErrorKind::bad_input, "bad-data",
                 "out-of-range: what is told of lies in the future; the clock here says " + shown(clock),
                 std::string(path)};
  };
  if (submission.historical) {
    // Rows move a virtual clock, but no further than the present.
    if (is_virtual) clock = std::max(clock, clock_->now());
    const auto closed = parse_instant(submission.data.text("closed_at"));
    if (Status past = check(closed ? std::optional(*closed) : std::nullopt, "/data/closed_at"); !past)
      return past;
  } else if (is_virtual && !submission.at) {
    return done();  // the clock follows business time, unless it is told where to go
  }
  return check(submission.occurred_at, "/occurred_at");
}

Result<intake::Identity> LocalEngine::identify(const intake::Submission& submission) {
  if (submission.name == lane::kClockDue) {
    return Error{ErrorKind::bad_input, "unknown-command",
                 "ClockDue is what the engine asks itself when a clock runs out; nobody else asks it.",
                 "/command"};
  }
  if (Status past = not_ahead(submission); !past) return past.error();
  std::optional<AggregateId> aggregate;
  if (!submission.case_id.empty()) {
    auto resolved = resolve(submission.case_id);
    if (!resolved) return resolved.error();
    aggregate = std::move(*resolved);
  }
  // A case is opened under an id that is made here: one that a caller chose could be guessed.
  if (aggregate && !submission.case_from_log &&
      known_commands_.opens(submission.name, *directory_.newest()) &&
      !owner_of(record::lane_of(*aggregate, deployment_.lanes)).find_case(*aggregate)) {
    return Error{ErrorKind::not_found, "no-such-case",
                 "there is no case '" + submission.case_id + "'; a new one is opened without its id",
                 "/case"};
  }
  // A request that bears a reference is the same with the same content, whoever passes it on.
  const bool by_content =
      submission.historical ||
      (!submission.reference.empty() && known_commands_.opens(submission.name, *directory_.newest()));
  auto identity =
      intake::identify(submission, aggregate, deployment_.lanes,
                       by_content ? intake::KeyStandsFor::content : deployment_.key_stands_for(), *vault_);
  if (identity && submission.historical && submission.idempotency_key.empty()) {
    // The same row asked by the same actor under the same documents is the same command, whoever sends it
    // when: so that one that was refused is known too, and asked again once the documents have changed.
    const DirectoryOrdinal in_force = owner_of(identity->lane).in_force(identity->lane);
    identity->command =
        vault_->command_of(submission.client,
                           identity->fingerprint + " " + std::to_string(in_force.value) + " " +
                               submission.actor.body.value + " " + submission.actor.role,
                           identity->aggregate);
  }
  return identity;
}

Result<record::Command> LocalEngine::seal(const intake::Submission& submission, intake::Identity identity) {
  auto sealed = intake::seal_command(submission, std::move(identity),
                                     *known_commands_.plain_fields(submission.name, *directory_.newest()),
                                     now(), *vault_);
  log::crash_point("intake.sealed");
  return sealed;
}

log::Append LocalEngine::append_of(const record::Command& command) const {
  return log::Append{log::Topic::commands, log::partition_of(command.lane, log_->partitions()),
                     log::Record{command.aggregate.value, record::encode(command, deployment_.source()), {}}};
}

/// What became of a row that was imported before, found without asking again: a repeated import leaves no
/// trace.
std::optional<Outcome> LocalEngine::known_before(const intake::Submission& submission,
                                                 const intake::Identity& identity) {
  if (!submission.historical || submission.reference.empty()) return std::nullopt;
  return owner_of(identity.lane)
      .find_known(identity.lane, identity.aggregate, identity.fingerprint, identity.command);
}

std::vector<Result<Outcome>> LocalEngine::submit_inline(std::span<const intake::Submission> submissions) {
  const std::lock_guard lock(inline_);
  std::vector<Result<Outcome>> out(submissions.size(), unknown("the engine stopped before this line"));
  std::vector<Pending> pending;
  std::vector<log::Append> appends;
  std::unordered_set<std::string> asked;  ///< rows of imports, since the batch was settled last
  std::optional<Error> broken;
  std::size_t settled_lines = 0;
  const std::optional<Instant> newest_row = this->newest_row(submissions);
  if (shares_) {
    // What others have decided meanwhile.
    if (auto settled = settle(); !settled) broken = settled.error();
  }
  const auto settle_batch = [&] {
    asked.clear();
    if (broken || appends.empty()) return;
    auto appended = log_->append(appends, log::Durability::buffered);
    if (!appended) {
      if (appended.error().kind == ErrorKind::refused) {  // nothing was written
        for (std::size_t i = settled_lines; i < pending.size(); ++i) {
          waiters_.close(pending[i].ticket);
          out[pending[i].index] = appended.error();
        }
        pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(settled_lines), pending.end());
      } else {
        broken = appended.error();
      }
    } else {
      for (std::size_t i = 0; i < appended->size(); ++i)
        pending[settled_lines + i].ticket->offsets = {(*appended)[i]};
      if (auto settled = settle(); !settled) broken = settled.error();
    }
    settled_lines = pending.size();
    appends.clear();
  };
  for (std::size_t i = 0; i < submissions.size() && !broken; ++i) {
    const intake::Submission& submission = submissions[i];
    if (deployment_.virtual_clock) {
      if (const auto to = own_time(submission, newest_row); to && *to != now()) {
        settle_batch();
        // Who sends a file again gets its outcomes, however late it is by then.
        const bool repeats = *to < now() && !broken && is_repeat(submission);
        const Status moved = broken ? Status(*broken) : repeats ? done() : advance_locked(*to);
        if (!moved) {
          if (moved.error().kind == ErrorKind::integrity) broken = moved.error();
          out[i] = moved.error();
          continue;
        }
      }
    } else if (submission.at) {
      out[i] = only_virtual();
      continue;
    }
    if (submission.name == lane::kAdvanceClock) {
      settle_batch();
      out[i] = advance_command(submission);
      continue;
    }
    // A reference number given by a line before is known once that line is decided.
    if (submission.case_id.find('-') != std::string::npos) settle_batch();
    auto identity = identify(submission);
    if (!identity) {
      out[i] = identity.error();
      continue;
    }
    if (submission.historical) {
      // The same row twice in one batch: the second is known once the first is decided.
      if (!asked.insert(identity->aggregate.value + identity->fingerprint).second) settle_batch();
      if (auto known = known_before(submission, *identity)) {
        out[i] = std::move(*known);
        continue;
      }
    }
    auto command = seal(submission, std::move(*identity));
    if (!command) {
      out[i] = command.error();
      continue;
    }
    pending.push_back(Pending{i, waiters_.expect({awaited(*command)})});
    appends.push_back(append_of(*command));
    if (appends.size() >= kDrainMost) settle_batch();
  }
  settle_batch();
  if (!broken) {
    if (auto synced = log_->sync(); !synced) broken = synced.error();
  }
  log::crash_point("submit.synced");
  for (const Pending& one : pending) {
    waiters_.close(one.ticket);
    out[one.index] = broken ? Result<Outcome>(unknown(broken->message)) : outcome_at(*one.ticket, 0);
  }
  return out;
}

/// What an import tells of is not newer than the present, whatever a row says.
std::optional<Instant> LocalEngine::newest_row(std::span<const intake::Submission> submissions) const {
  return intake::newest_of_rows(submissions, Instant{clock_->now().ms + kAheadMostMs});
}

/// The time to which a submission moves a virtual clock; nullopt: it does not.
std::optional<Instant> LocalEngine::own_time(const intake::Submission& submission,
                                             std::optional<Instant> newest_row) const {
  if (submission.at) return submission.at;
  return intake::moved_to(now(), submission, newest_row);
}

/// Whether its outcome is known already, by its key or by its reference and content.
bool LocalEngine::is_repeat(const intake::Submission& submission) {
  if (submission.name == lane::kAdvanceClock) return false;
  if (submission.idempotency_key.empty() && submission.reference.empty()) return false;
  const auto identity = identify(submission);
  return identity && owner_of(identity->lane)
                         .has_answered(identity->lane, identity->aggregate, identity->command,
                                       submission.reference.empty() ? "" : identity->fingerprint);
}

Result<Outcome> LocalEngine::advance_command(const intake::Submission& submission) {
  if (!deployment_.virtual_clock || !submission.at) {
    return Error{ErrorKind::bad_input, "bad-data",
                 "AdvanceClock needs 'at', and a deployment with a virtual clock", "/at"};
  }
  const record::Command command = lane::engine_command(lane::kAdvanceClock, record::lane_aggregate(LaneId(0)),
                                                       LaneId(0), vault_->random_command(), Object{}, now());
  const Waiters::Ticket ticket = waiters_.expect({awaited(command)});
  const log::Append append = append_of(command);
  Status settled = done();
  if (auto appended = log_->append(std::span(&append, 1), log::Durability::buffered)) {
    ticket->offsets = std::move(*appended);
    settled = settle();
  } else {
    settled = appended.error();
  }
  waiters_.close(ticket);
  return settled ? outcome_at(*ticket, 0) : Result<Outcome>(settled.error());
}

std::vector<Result<Outcome>> LocalEngine::submit_to_workers(std::span<const intake::Submission> submissions) {
  std::vector<Result<Outcome>> out(submissions.size(), unknown("the engine stopped before this line"));
  std::vector<std::size_t> places;
  std::vector<Waiters::Awaited> awaits;
  std::vector<log::Append> appends;
  for (std::size_t i = 0; i < submissions.size(); ++i) {
    if (submissions[i].at) {
      out[i] = only_virtual();
      continue;
    }
    auto identity = identify(submissions[i]);
    if (!identity) {
      out[i] = identity.error();
      continue;
    }
    if (auto known = known_before(submissions[i], *identity)) {
      out[i] = std::move(*known);
      continue;
    }
    auto command = seal(submissions[i], std::move(*identity));
    if (!command) {
      out[i] = command.error();
      continue;
    }
    appends.push_back(append_of(*command));
    awaits.push_back(awaited(*command));
    places.push_back(i);
  }
  if (awaits.empty()) return out;
  const Waiters::Ticket call = waiters_.expect(std::move(awaits));
  committer_->take(std::move(appends), call);
  const bool rows =
      std::any_of(submissions.begin(), submissions.end(), [](const auto& one) { return one.historical; });
  waiters_.wait(call, rows ? kRowsWithin : kAnswerWithin);
  for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = outcome_at(*call, i);
  return out;
}

std::vector<Result<Outcome>> LocalEngine::migrate(std::span<const Migration> cases) {
  const std::lock_guard lock(inline_);
  std::vector<Result<Outcome>> out;
  for (std::size_t done_before = 0; done_before < cases.size();) {
    const auto batch = cases.subspan(done_before, std::min(kDrainMost, cases.size() - done_before));
    done_before += batch.size();
    for (Result<Outcome>& outcome : migrate_batch(batch)) out.push_back(std::move(outcome));
  }
  return out;
}

std::vector<Result<Outcome>> LocalEngine::migrate_batch(std::span<const Migration> cases) {
  std::vector<Waiters::Awaited> awaits;
  std::vector<log::Append> appends;
  for (const Migration& one : cases) {
    const record::Command command = lane::engine_command(cases::kMigrateCase, one.aggregate,
                                                         record::lane_of(one.aggregate, deployment_.lanes),
                                                         vault_->random_command(), one.input, now());
    awaits.push_back(awaited(command));
    appends.push_back(append_of(command));
  }
  const Waiters::Ticket call = waiters_.expect(std::move(awaits));
  if (workers_.empty()) {
    Status written = done();
    auto appended = log_->append(appends, log::Durability::synced);
    if (appended) {
      call->offsets = std::move(*appended);
      written = settle();
    } else {
      written = appended.error();
    }
    if (!written) waiters_.settle({call}, {}, written.error());
    waiters_.close(call);
  } else {
    committer_->take(std::move(appends), call);
    waiters_.wait(call, kAnswerWithin);
  }
  std::vector<Result<Outcome>> out;
  for (std::size_t i = 0; i < cases.size(); ++i) out.push_back(outcome_at(*call, i));
  return out;
}

Status LocalEngine::advance_locked(Instant to) {
  if (!deployment_.virtual_clock) {
    return Error{ErrorKind::refused, "clock-backwards", "only a virtual clock can be moved", "/at"};
  }
  if (to < now()) {
    return Error{ErrorKind::refused, "clock-backwards",
                 "the clock stands at " + shown(now()) + ", which is after " + shown(to), "/at"};
  }
  while (true) {
    if (auto recounted = recount(); !recounted) return recounted;
    std::optional<Instant> first;
    for (const auto& owner : owners_) {
      const auto due = owner->next_due();
      if (due && (!first || *due < *first)) first = due;
    }
    if (!first || *first > to) break;
    const Instant at = std::max(*first, now());
    virtual_now_ = at.ms;
    std::size_t woken = 0;
    for (const auto& owner : owners_) {
      auto count = owner->wake(at, kDrainMost);
      if (!count) return count.error();
      woken += *count;
    }
    if (auto settled = settle(); !settled) return settled;
    if (woken == 0) break;
  }
  virtual_now_ = to.ms;
  return recount();
}

}  // namespace lastkm::runtime
