// Owns one partition and the lanes in it: reads commands, folds the decisions that are there, makes those
// that are not, appends them, reads them back, and only then gives outcomes. If what it reads is not what it
// wrote, it has lost the partition and stops. Or it follows: folds what another process decides, and gives
// the outcomes of what was asked here all the same.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/log/event_log.h"
#include "engine/record/accepted.h"
#include "engine/runtime/attempts.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/fair_mutex.h"
#include "engine/runtime/lane_books.h"
#include "engine/store/store.h"

namespace lastkm::runtime {

/// What an owner works with; all of it outlives the owner.
struct OwnerParts {
  log::EventLog& log;
  store::Store& state;
  const DirectoryLog& directory;
  Attempts& attempts;
  std::string source;
  std::string owner;  ///< name for OwnerStarted, which no other process has
  const Deployment& deployment;
  std::function<Instant()> now;
  std::function<CommandId()> new_id;
  std::function<bool(const CommandId&)> is_awaited;  ///< does somebody wait for this command's outcome
  std::function<void(const CommandId& asked, std::string_view fingerprint, Outcome)>
      decided;  ///< called after read-back, in order
};

/// Thread-safe.
class PartitionOwner {
 public:
  PartitionOwner(std::int32_t partition, OwnerParts parts);

  /// Loads the state from the store, which agrees with the log (state_agrees); then folds the decisions that
  /// the log has beyond it, and calls `folded` now and then: what is flushed there need not be kept in
  /// memory. Decides nothing.
  [[nodiscard]] Status load(const std::function<void()>& folded);
  /// After a loss: as a new owner that loads. Nobody may write to the store between flush_into() and the end
  /// of this.
  [[nodiscard]] Status reload();
  /// From now on drain() decides (as it does from the beginning on), once all is folded that others have
  /// decided.
  [[nodiscard]] Status take();
  /// From now on drain() folds what others decide. False where decisions are still to be appended: then
  /// reload() comes first.
  [[nodiscard]] bool follow();
  [[nodiscard]] bool decides();
  /// True once after lanes, which are decided here or followed, have been told of a directory or a decider.
  [[nodiscard]] bool take_told() { return told_.exchange(false); }
  /// True once after it has begun to decide, and after each time that a lane which stood goes on: as soon as
  /// all commands that were there then are decided, but for lanes that stand. Only then it shows what lanes
  /// lack.
  [[nodiscard]] bool take_caught_up();
  /// take_caught_up() is true once more, after what the log holds now: what came of it did not succeed, or
  /// there is more to be asked.
  void catch_up_again();
  /// Why it has stopped for good.
  [[nodiscard]] std::optional<Error> lost();
  [[nodiscard]] std::int32_t partition() const { return partition_; }
  /// Handles up to `most` commands of each owner, with one append for the decisions of all; the number that
  /// was handled. The owners are of one log, each is there once, in the order of their partitions (they are
  /// locked in it). An error stops its partition for good, and the
  /// others go on; the first is returned: integrity "partition-lost", "decision-differs", or what the log
  /// says. A lane that stops alone is no error.
  [[nodiscard]] static Result<std::size_t> drain(std::span<PartitionOwner* const> owners, std::size_t most);
  /// Appends ClockDue for cases with something due at or before `now`; how many. They carry `now` as their
  /// record time.
  [[nodiscard]] Result<std::size_t> wake(Instant now, std::size_t most);
  /// After a change of the calendar: looks at open clocks, at most `most`, and appends a command for each
  /// case whose due times it moves; how many it has looked at, 0 once all follow it. Little at a time:
  /// commands wait meanwhile.
  [[nodiscard]] Result<std::size_t> recount(Instant now, std::size_t most);

  [[nodiscard]] std::optional<Instant> next_due();
  [[nodiscard]] Instant latest();  ///< largest lane time
  [[nodiscard]] std::vector<LaneId> lanes() const;
  [[nodiscard]] lane::LaneState lane_state(LaneId lane);
  [[nodiscard]] std::optional<cases::CaseState> find_case(const AggregateId& id);
  [[nodiscard]] std::optional<AggregateId> find_reference(LaneId lane, std::int64_t n);
  /// Whether it is remembered that a command of this id was answered, or, where `fingerprint` is not empty,
  /// one of this content under the case's reference.
  [[nodiscard]] bool has_answered(LaneId lane, const AggregateId& about, const CommandId& command,
                                  std::string_view fingerprint);
  /// The outcome of what was asked before: with this content of this case (then a duplicate), or by a command
  /// of this id that was refused. nullopt: neither.
  [[nodiscard]] std::optional<Outcome> find_known(LaneId lane, const AggregateId& about,
                                                  std::string_view fingerprint, const CommandId& command);
  [[nodiscard]] DirectoryOrdinal in_force(LaneId lane);
  /// Under which ordinal the lane decides its command at this offset of the partition, or has decided it.
  /// nullopt: the log cannot be read as far as that.
  [[nodiscard]] std::optional<Ordinal> ordinal_of(LaneId lane, std::int64_t offset);
  [[nodiscard]] std::vector<Engine::Stopped> stopped();
  /// Writes the operator's decision at the ordinal at which the lane has stopped. refused "not-stopped".
  [[nodiscard]] Status skip(LaneId lane, Ordinal ordinal, std::string_view by, std::string_view reason);

  /// Decisions not yet covered by a flushed state. Waits for nobody.
  [[nodiscard]] std::size_t unflushed() const { return unflushed_; }
  /// Moves all changes into the batch. The caller syncs the log before it writes the batch.
  void flush_into(store::Batch& batch);

 private:
  struct Accepted {  ///< a decision read from the log, not yet matched with its command
    std::int64_t offset = 0;
    std::string bytes;
    record::Decision decision;
  };
  struct Predicted {  ///< a decision made here, not yet read back
    LaneId lane;
    Ordinal ordinal;
    CommandId command;  ///< asked now; the outcome of a repeat names the first one
    AggregateId aggregate;
    std::string bytes;
    std::string hash;                ///< hex SHA-256 of the bytes
    std::optional<Outcome> outcome;  ///< where somebody waits for it
    std::string fingerprint;         ///< of the command, where there is an outcome
  };
  /// What one turn of drain() works on; its owner is locked for so long.
  struct Turn {
    PartitionOwner* owner = nullptr;
    std::unique_lock<FairMutex> lock;
    std::vector<log::StoredRecord> records;  ///< commands
    std::vector<lane::Taken> taken;          ///< the same; they look into the records
  };

  struct Numbered {  ///< so many commands of a lane stand in its partition up to this offset
    std::int64_t offset = -1;
    Ordinal ordinal;
  };
  /// A place in the partition: each lane is numbered as far as here or further, or to its last command
  /// before.
  struct Counted {
    std::int64_t offset = -1;
    std::map<std::int32_t, Numbered> lanes;
  };

  LaneBooks& books(LaneId lane) { return *lanes_.at(lane.value); }
  LaneId lane_of_record(const log::Record& record) const;
  Result<bool> has_work();
  Status load_locked(const std::function<void()>& folded);
  /// Folds what has been decided elsewhere; how many records.
  Result<std::size_t> fold_decided();
  /// Reads commands.
  Status take_commands(std::size_t most, Turn& turn);
  /// Reads together what the turns' commands are going to be decided by.
  static void expect(std::span<const Turn> turns);
  /// Decides the turn's commands.
  Status handle_taken(const Turn& turn);
  Status read_decisions();
  /// A record of `decisions`: an owner's start, a decision for accepted_, or one that counts for nothing.
  Status read_decision(log::StoredRecord stored);
  /// Hands every accepted decision its command; those that no decision answers yet stay for drain().
  Status fold_waiting();
  bool nothing_accepted() const;
  /// A lane that stood goes on: its commands are read again.
  void read_again();
  Status skip_locked(LaneId lane, Ordinal ordinal, std::string_view by, std::string_view reason);
  Status lose(Error why);
  void note_accepted(LaneBooks& books, const lane::Asked& asked, std::int64_t offset,
                     const std::string& hash);
  [[nodiscard]] lane::Taken take_record(const log::Record& record) const;
  /// The place nearest to an offset of which it is known how many commands of each lane stand up to it.
  /// nullopt: the state cannot be read.
  std::optional<Counted> nearest_counted(std::int64_t offset);
  std::optional<Counted> counted_by_decisions();
  /// Goes to an offset, with one reading of what stands between for all lanes. False: it cannot be read.
  bool count_to(std::int64_t offset, Counted& counted) const;
  Status handle(const log::StoredRecord& stored, const lane::Taken& taken);
  Status fold_accepted(LaneBooks& books, const lane::Taken& taken, Accepted accepted);
  Status decide(LaneBooks& books, const lane::Taken& taken);
  void apply(LaneBooks& books, const lane::Taken& taken, const record::Decision& decision,
             std::string_view bytes);
  Outcome outcome_of(LaneBooks& books, const lane::Taken& taken, record::Decision decision);
  Outcome outcome_of_repeat(LaneBooks& books, const CommandId& asked, Outcome outcome);
  std::optional<record::Decision> find_decision(LaneBooks& books, Ordinal ordinal, const AggregateId& about,
                                                const CommandId& command);
  /// Adds what is to be appended to `decisions`.
  void put_predicted(std::vector<log::Append>& appends);
  Status read_back();
  /// Whether a record is the oldest decision that was made here, as it was written.
  [[nodiscard]] bool is_predicted(const log::Record& record) const;
  /// Holds what was accepted against what was decided here.
  Status match_accepted();
  /// integrity "partition-lost" where a higher epoch was seen.
  [[nodiscard]] Status check_epoch() const;
  /// The oldest decision that was made here is this record.
  void accept_predicted(std::int64_t offset);
  /// Adds what is asked of other lanes, and the notes that it was sent. What was decided and what it asks
  /// must both survive the notes: another number would come twice, or never.
  void put_follow_ups(std::vector<log::Append>& appends, std::vector<log::Append>& notes);
  [[nodiscard]] static Status send(log::EventLog& log, std::span<const log::Append> asked,
                                   std::span<const log::Append> notes);
  /// Appends ClockDue for these cases.
  Status tell_clocks(std::span<const std::pair<AggregateId, LaneId>> cases, Instant now);
  [[nodiscard]] bool has_unsent() const;
  /// Every follow-up that is not noted as sent is sent again; targets know those that they had.
  void send_again();
  void stop(LaneId lane, Ordinal at, Error why);
  [[nodiscard]] bool has_stopped(std::int32_t lane) const {
    return stopped_.contains(lane) || newer_.contains(lane);
  }

  const std::int32_t partition_;
  OwnerParts parts_;
  FairMutex mutex_;
  std::map<std::int32_t, std::unique_ptr<LaneBooks>> lanes_;
  std::map<std::int32_t, Engine::Stopped> stopped_;
  /// Lanes in which a newer program has decided what this one does not know: they stay where they are before
  /// it, for as long as this process runs …
  std::map<std::int32_t, Engine::Stopped> newer_;
  struct Place {
    std::int64_t commands_next = 0;
    std::int64_t decisions_next = 0;
    std::int64_t epoch = 0;
  };
  std::optional<Place> before_newer_;  ///< … and the next one has to read it again: before the first of these
  std::optional<Error> lost_;
  bool decides_ = true;
  std::int64_t commands_next_ = 0;  ///< all commands before it are decided
  std::int64_t commands_read_ =
      0;  ///< from here on they are still to be read; ahead of the former while a lane stands
  /// Up to here commands are read before it is known what its lanes lack; nullopt: nobody has to know.
  std::optional<std::int64_t> catching_up_to_;
  std::int64_t decisions_next_ = 0;
  record::LiveEpoch epoch_;
  std::int64_t own_epoch_ = 0;  ///< 0: OwnerStarted is not written yet
  std::vector<std::pair<std::string, std::string>> own_header_;
  std::string own_start_;          ///< the record of OwnerStarted
  bool announced_ = false;         ///< it is written
  std::int64_t last_offset_ = -1;  ///< the highest of a decision folded
  std::string last_hash_;
  std::map<std::int32_t, std::deque<Accepted>>
      accepted_;  ///< by lane: decisions keep the order of their lane only
  std::deque<Predicted> predicted_;
  std::map<std::int32_t, Ordinal> read_ordinal_;  ///< by lane: last ordinal accepted from the log
  std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t>
      in_flight_;  ///< (source, target): follow-ups appended
  std::mutex counting_;
  /// Where an ordinal was asked last, so that a long backlog is not counted again and again. Guarded by
  /// counting_.
  std::optional<Counted> counted_;
  std::atomic<std::size_t> unflushed_ = 0;
  std::atomic<bool> told_ = false;
};

}  // namespace lastkm::runtime
