// One lane as a deterministic state machine: f in decisions = f(commands). `step` answers the next command of
// the lane; `fold` applies a decision, made just now or read from the log. Live work, recovery, re-deciding
// by an auditor and the simulator all call these two and nothing else.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/cases/state.h"
#include "engine/directory/context.h"
#include "engine/lane/state.h"
#include "engine/record/command.h"
#include "engine/record/decision.h"

namespace lastkm::lane {

/// A command about an aggregate. An id alone does not tell one: a foreign writer may use it twice.
struct Asked {
  AggregateId about;
  CommandId id;
  bool operator==(const Asked&) const = default;
  struct Hash {
    std::size_t operator()(const Asked& asked) const noexcept {
      // Ids are keyed hashes and random numbers: their sum is as good.
      return std::hash<AggregateId>{}(asked.about) + std::hash<CommandId>{}(asked.id);
    }
  };
};

/// What the lane has decided so far, as `step` may read it.
class Memory {
 public:
  virtual ~Memory() = default;
  /// The case, or nullptr where there is none. Valid until the next fold.
  [[nodiscard]] virtual const cases::CaseState* find_case(const AggregateId& id) = 0;
  /// The last outcome that is remembered of a command about this aggregate, or nullopt.
  [[nodiscard]] virtual std::optional<cases::Remembered> find_answered(const AggregateId& about,
                                                                       const CommandId& id) = 0;
  /// What is in force at a directory ordinal, or nullptr where a document up to it is missing.
  [[nodiscard]] virtual std::shared_ptr<const directory::Context> context(DirectoryOrdinal ordinal) = 0;
};

/// What `fold` changes.
class Books : public Memory {
 public:
  /// The case, to be changed where it stands; one that bears no more than its id where there is none, and
  /// none comes to be unless it is kept. Valid until the next call.
  [[nodiscard]] virtual cases::CaseState& edit_case(const AggregateId& id) = 0;
  /// The case that edit_case gave out last has changed. Precondition: it has events.
  virtual void keep_case() = 0;
  virtual void remember(const AggregateId& about, cases::Remembered answered) = 0;
};

/// A command as it stands in the log: its bytes, and what they say where they can be read.
struct Taken {
  std::string_view bytes;
  std::optional<record::Command> command;  ///< absent: undecodable
  std::string why_not;                     ///< the reason, where it is absent
  bool unknown_type = false;               ///< it is of a type that a newer program may know
};
/// Undecodable also where the record's key, its lane and its aggregate do not belong together, or not to the
/// lane `in` whose partition it was read from.
[[nodiscard]] Taken take(std::string_view key, std::string_view bytes, std::int32_t lanes, LaneId in);

/// The decision on the lane's next command. An error stops the lane before this command:
/// integrity "upgrade-required" (a decider version that this program cannot run; from the decider 2 on also a
/// command of an unknown type, which the decider 1 cannot decode), "document-missing".
[[nodiscard]] Result<record::Decision> step(const LaneState& state, const Taken& taken, std::int32_t lanes,
                                            Memory& memory);

/// What others have decided is only folded where this program knows all that stands in it. integrity
/// "upgrade-required": a decider of the future made it, or it holds an event that is not known here.
[[nodiscard]] Status check_known(const record::Decision& decision);

/// Applies an accepted decision; `decision_bytes` is its record's value.
void fold(LaneState& state, Books& books, const Taken& taken, const record::Decision& decision,
          std::string_view decision_bytes);

/// A decision that an operator gives instead of one that `step` cannot make (quarantine skip). Audits count
/// it as given.
[[nodiscard]] record::Decision given(const LaneState& state, const Taken& taken, std::int32_t lanes,
                                     Memory& memory, std::string_view by, std::string_view reason);
[[nodiscard]] bool is_given(const record::Decision& decision);

/// Remembered outcomes expire in lane time, this long after their case has been archived.
inline constexpr std::int64_t kRememberedDays = 400;

/// Names of the commands that the engine itself appends.
inline constexpr std::string_view kActivate =
    "Activate";  ///< input {"directory": n, "from"?: an instant ahead} or {"decider": n}
inline constexpr std::string_view kAdvanceClock = "AdvanceClock";  ///< input {}
inline constexpr std::string_view kFollowUpsSent =
    "FollowUpsSent";                                       ///< input {"lane": target, "number": up to}
inline constexpr std::string_view kClockDue = "ClockDue";  ///< input {}; to one case

/// A follow-up as a command of its target: input {"follow_up": {"lane": source, "number": n}} and what the
/// follow-up's own input says: {"from": case, "input": {…}, "refused"?}. Where the target refuses it, the
/// command "refused" is asked back of "from", with {"case", "reason"}.
[[nodiscard]] record::Command follow_up_command(const record::Decision& decision,
                                                const record::FollowUp& follow_up, Instant now);
/// A command that the engine gives itself. `id` must be new.
[[nodiscard]] record::Command engine_command(std::string_view name, AggregateId aggregate, LaneId lane,
                                             CommandId id, Object input, Instant now);

}  // namespace lastkm::lane
