// The engine of one data folder: submissions in, outcomes out. Wires log, state, vault and directory; owns
// the lanes. Inline (workers = 0): every call runs on the caller's thread, for verbs that open a folder.
// Threaded: start() runs workers that own whole lanes, and submit() may be called from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/cases/state.h"
#include "engine/directory/context.h"
#include "engine/intake/submission.h"
#include "engine/log/event_log.h"
#include "engine/privacy/vault.h"
#include "engine/record/decision.h"
#include "engine/runtime/deployment.h"
#include "engine/runtime/log_place.h"

namespace lastkm::runtime {

enum class OutcomeStatus : std::uint8_t { accepted, rejected, duplicate, recorded };

struct Outcome {
  OutcomeStatus status = OutcomeStatus::recorded;
  CommandId command;
  AggregateId aggregate;
  std::string ref;
  std::int64_t seq = 0;  ///< the case's version after it
  LaneId lane;
  Ordinal ordinal;  ///< of one that is only recorded: under which it is going to be decided; 0: not known
  Instant lane_time;
  std::vector<record::Event> events;  ///< of a duplicate: none
  std::optional<record::Rejection> rejection;
};

struct EngineOptions {
  std::string folder;
  bool read_only = false;
  int workers = 0;
  std::optional<LogPlace> log = std::nullopt;  ///< nullopt: as DIR/log.json says
  /// On Kafka, with workers and the system's clock, engines share the partitions. Else one process owns a
  /// deployment at a time. Asked again and again while another does; false: give up.
  std::function<bool()> stand_by = nullptr;  ///< empty: gives up after a few seconds
  std::function<void()> on_loss = nullptr;   ///< once, from any thread, when ownership is gone: end soon
  /// From any thread, when a write to the log in the folder or to the state has failed: end at once.
  std::function<void(const Error&)> on_failure = nullptr;
  bool decides = true;  ///< false: follows what others decide and takes no commands; on Kafka only
  /// Decisions that may gather in memory while a state is being saved, where deciding is faster than that:
  /// beyond a quarter of it no more cases are woken, beyond it nothing is decided. Where no thread saves yet,
  /// at opening, or none at all, the state is saved after an eighth.
  std::size_t unsaved_most = 32768;
};

/// The outcome where a case remembers this content; nullopt where it does not. The lane is left to the
/// caller.
[[nodiscard]] std::optional<Outcome> known_by(const cases::CaseState& known, std::string_view fingerprint);

/// Finds what submissions would come to, were they submitted one after the other, and writes nothing to the
/// folder. Decides as submit() does, on a shadow of the state. For rows of imports: it does not move the
/// clock.
class Rehearsal {
 public:
  virtual ~Rehearsal() = default;
  /// As Engine::submit; ordinals are those that would be given.
  [[nodiscard]] virtual std::vector<Result<Outcome>> submit(
      std::span<const intake::Submission> submissions) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  [[nodiscard]] virtual const Deployment& deployment() const = 0;
  /// True where nothing can be written: asked for, or the disk is nearly full.
  [[nodiscard]] virtual bool read_only() const = 0;
  /// Now, by the deployment's clock.
  [[nodiscard]] virtual Instant now() const = 0;
  /// One outcome or error for each submission, in order. Durable on return: what is not an error was
  /// acknowledged. bad_input: refused before the log (cannot be read, key reused is decided later).
  /// unknown_outcome: ask again with the key.
  [[nodiscard]] virtual std::vector<Result<Outcome>> submit(
      std::span<const intake::Submission> submissions) = 0;
  /// refused "cannot-write" where the system's folder for temporary files cannot be written.
  [[nodiscard]] virtual Result<std::unique_ptr<Rehearsal>> rehearse() = 0;
  /// Virtual clocks: fires everything due up to `to` in order, then stands at `to`. refused
  /// "clock-backwards".
  [[nodiscard]] virtual Status advance(Instant to) = 0;

  /// Checks documents and appends them to the directory, all or none; the same content again keeps the
  /// ordinal that it has. The path of an error is a JSON pointer into the document that is wrong.
  [[nodiscard]] virtual Result<std::vector<record::Document>> publish(std::span<const Value> documents) = 0;
  /// Puts every document up to `ordinal` into force in every lane: now, or from an instant ahead on.
  [[nodiscard]] virtual Status activate(DirectoryOrdinal ordinal,
                                        std::optional<Instant> from = std::nullopt) = 0;
  /// Puts a version of the decider into force in every lane that is below it. bad_input "unknown-decider":
  /// this program cannot run it.
  [[nodiscard]] virtual Status activate_decider(std::int32_t decider) = 0;
  /// The version of the decider that a lane runs at.
  [[nodiscard]] virtual std::int32_t decider(LaneId lane) const = 0;
  /// Gives each of these cases an operator's MigrateCase with this input; an outcome for each, in order.
  struct Migration {
    AggregateId aggregate;
    Object input;
  };
  [[nodiscard]] virtual std::vector<Result<Outcome>> migrate(std::span<const Migration> cases) = 0;
  /// Every document in the directory log, in order.
  [[nodiscard]] virtual std::vector<record::Document> documents() const = 0;
  /// What is in force in a lane.
  [[nodiscard]] virtual std::shared_ptr<const directory::Context> context(LaneId lane) const = 0;
  /// Every document published so far, in force or not.
  [[nodiscard]] virtual std::shared_ptr<const directory::Context> published() const = 0;

  /// The state of a case by id or reference number; not_found "no-such-case".
  [[nodiscard]] virtual Result<cases::CaseState> find_case(std::string_view id_or_ref) = 0;
  /// Whether clocks that ran out more than a second ago wait to be fired here: what can wait should.
  [[nodiscard]] virtual bool clocks_are_late() const = 0;
  /// Ordinal of the last decision of a lane (0: none).
  [[nodiscard]] virtual Ordinal position(LaneId lane) const = 0;

  [[nodiscard]] virtual log::EventLog& log() = 0;
  [[nodiscard]] virtual privacy::Vault& vault() = 0;
  /// A lane that has stopped, and why; empty: all run.
  struct Stopped {
    LaneId lane;
    Ordinal at;
    Error why;
    bool alone = true;  ///< false: with all lanes of its partition, and passing over a command helps nothing
  };
  [[nodiscard]] virtual std::vector<Stopped> stopped() const = 0;
  /// Writes an operator's decision at the ordinal at which a lane has stopped. refused "not-stopped".
  [[nodiscard]] virtual Status skip(LaneId lane, Ordinal ordinal, std::string_view by,
                                    std::string_view reason) = 0;
  /// Directory of the deployment's files.
  [[nodiscard]] virtual const std::string& folder() const = 0;
};

/// Makes a deployment in a new or empty folder. refused "folder-not-empty", "permission-denied";
/// bad_input for lanes outside 1..1024.
[[nodiscard]] Status init(const std::string& folder, std::int32_t lanes, bool virtual_clock,
                          const LogPlace& place = {});
/// folder_in_use (on Kafka also "deployment-in-use"), not_found "no-deployment", integrity (log-rollback,
/// foreign-state, vault-foreign, clock-behind-log …), refused "permission-denied". With too little room on
/// the disk: without workers the engine is read-only, with workers refused "disk-full".
[[nodiscard]] Result<std::unique_ptr<Engine>> open_engine(const EngineOptions& options);
/// What a folder is that has no log: integrity "log-rollback" where it was a deployment, else not_found
/// "no-deployment".
[[nodiscard]] Error without_log(const std::string& folder);

}  // namespace lastkm::runtime
