// What one lane remembers, kept in memory in front of the state store: cases, answered commands, reference
// numbers, due times, follow-ups on their way. A cache of the fold: everything here can be made again from
// the logs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/lane/step.h"
#include "engine/runtime/deployment.h"
#include "engine/runtime/directory_log.h"
#include "engine/runtime/due_times.h"
#include "engine/store/store.h"

namespace lastkm::runtime {

/// The state store's column families.
inline constexpr std::string_view kMetaFamily = "meta";
inline constexpr std::string_view kPartitionFamily = "partition";
inline constexpr std::string_view kLaneFamily = "lane";
inline constexpr std::string_view kCaseFamily = "case";
inline constexpr std::string_view kAnsweredFamily = "answered";
inline constexpr std::string_view kExpiryFamily = "expiry";
inline constexpr std::string_view kReferenceFamily = "reference";
inline constexpr std::string_view kDueFamily = "due";
inline constexpr std::string_view kOutboxFamily = "outbox";
[[nodiscard]] std::vector<std::string> state_families();
/// Of the rows in them, to be changed whenever they change: a state of another layout is made again.
inline constexpr std::string_view kStateLayout = "2";

/// A follow-up that its source lane has decided and not yet noted as sent.
struct Outgoing {
  record::FollowUp follow_up;
  record::Command command;
};

/// One thread at a time.
class LaneBooks final : public lane::Books {
 public:
  /// One of the deployment's lanes, which share the memory of a process.
  LaneBooks(LaneId lane, const Deployment& deployment, store::Store& store, const DirectoryLog& directory);

  /// Reads the lane's state and outbox from the store. An absent state is the empty one.
  [[nodiscard]] Status load();

  const cases::CaseState* find_case(const AggregateId& id) override;
  std::optional<cases::Remembered> find_answered(const AggregateId& about, const CommandId& id) override;
  std::shared_ptr<const directory::Context> context(DirectoryOrdinal ordinal) override;
  cases::CaseState& edit_case(const AggregateId& id) override;
  void keep_case() override;
  void remember(const AggregateId& about, cases::Remembered answered) override;

  /// Reads together what commands are going to be decided by, and notes what is not there. Good for as long
  /// as nothing is flushed. Each command with the books of its lane, which are all of one store.
  using Expected = std::pair<LaneBooks*, const lane::Taken*>;
  static void expect(std::span<const Expected> commands);
  /// A command's id that was made here at random, before any record bears it: that it has no answer yet need
  /// not be looked up.
  void note_made(const CommandId& id) { made_.insert(id); }

  /// The case that got the n-th reference number of this lane.
  [[nodiscard]] std::optional<AggregateId> find_reference(std::int64_t n);
  /// Where the decision at an ordinal lies, for commands that are remembered.
  void note_decision(const lane::Asked& asked, std::int64_t offset);
  [[nodiscard]] std::optional<std::int64_t> decision_offset(const lane::Asked& asked);

  void put_outgoing(Outgoing outgoing);
  void drop_outgoing(LaneId target, std::int64_t up_to);
  [[nodiscard]] const std::map<std::pair<std::int32_t, std::int64_t>, Outgoing>& outbox() const {
    return outbox_;
  }

  [[nodiscard]] std::optional<Instant> next_due() { return due_.first(); }
  /// Cases with something due at or before `now`, the earliest first; at most `most`.
  [[nodiscard]] std::vector<DueTimes::Entry> due(Instant now, std::size_t most) {
    return due_.due(now, most);
  }

  struct Pass {
    std::vector<AggregateId> behind;  ///< cases whose due times the calendar in force counts otherwise
    std::size_t looked = 0;           ///< 0: every case follows it
  };
  /// Goes on with the pass over all open clocks that a change of the calendar asks for, or another owner, by
  /// at most `most` of them. What is found has to be decided; passes end with one that finds nothing.
  [[nodiscard]] Pass behind_calendar(Instant now, std::size_t most);

  /// Lets go of what was only read where there is much of it: for those who read and never flush. What
  /// find_case and find_answered gave before is no longer valid.
  void let_go_of_read();
  /// Cases and answered commands in memory.
  [[nodiscard]] std::size_t kept() const { return cases_.size() + answered_.size(); }
  /// Puts all that changed since the last call into the batch, and lets go of what was not used lately.
  /// Outcomes that have expired (step.h) leave the store. The batch of the last call must be written; this
  /// one may be written later, while the books go on.
  void flush_into(store::Batch& batch);
  /// The first failure of the store or of reading the directory, if there was one: the lane must not go on.
  [[nodiscard]] const std::optional<Error>& failure() const {
    return failure_ ? failure_ : due_.failure() ? due_.failure() : expiries_.failure();
  }

  lane::LaneState state;
  /// Offset of the command that `state.ordinal` answers; -1 before the first.
  std::int64_t last_command_offset = -1;

 private:
  struct Held {
    cases::CaseState state;
    bool changed = false;
    bool used = false;
    bool stored = false;  ///< just so in the store
  };
  struct Answered {
    cases::Remembered remembered;
    std::int64_t decision_offset = -1;
    bool changed = false;
    bool stored = false;
  };
  [[nodiscard]] std::string lane_key() const;
  [[nodiscard]] std::string answered_key(const lane::Asked& asked) const;
  Answered* answered(const lane::Asked& asked);
  Answered* hold_answer(const lane::Asked& asked, std::string_view bytes);
  Held* held(const AggregateId& id);
  Held* hold(const AggregateId& id, std::string_view bytes);
  void let_go();
  std::optional<std::string> read(std::string_view family, std::string_view key);
  void forget_expired(store::Batch& batch);
  void forget_outcomes(const AggregateId& about, Instant before, store::Batch& batch);

  const lane::LaneState begun_;  ///< before its first decision
  store::Store& store_;
  const DirectoryLog& directory_;
  const std::size_t cases_kept_;  ///< in memory after a flush, beside those that are being changed
  std::unordered_map<AggregateId, Held> cases_;
  std::unordered_map<lane::Asked, Answered, lane::Asked::Hash> answered_;
  std::unordered_set<AggregateId> no_case_;  ///< in the store, as expect() found
  std::unordered_set<lane::Asked, lane::Asked::Hash> no_answer_;
  std::unordered_set<CommandId> made_;                  ///< by note_made, and not answered yet
  std::map<std::int64_t, AggregateId> new_references_;  ///< which the store may not hold yet
  std::int64_t references_in_batch_ = 0;                ///< up to this one they are in the last batch
  DueTimes due_;
  std::map<std::pair<std::int32_t, std::int64_t>, Outgoing> outbox_;
  std::map<std::string, bool> outbox_changes_;
  Held* edited_ = nullptr;             ///< given out by edit_case last; nullptr: it is `new_case_`
  cases::CaseState new_case_;          ///< no case yet
  std::optional<Instant> edited_due_;  ///< as it was before
  bool edited_was_archived_ = false;
  DueTimes expiries_;                       ///< when the outcomes of archived cases expire
  DirectoryOrdinal followed_context_;       ///< with this context in force, every case follows the calendar
  std::string followed_calendar_;           ///< that it was then
  std::optional<DueTimes::Entry> pass_at_;  ///< of the pass over open clocks; nullopt: at its begin
  bool pass_found_ = false;
  std::optional<Error> failure_;
};

}  // namespace lastkm::runtime
