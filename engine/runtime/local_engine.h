// The engine over one log and one state: the class behind assemble(), in sources by subject. Included by them
// alone.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/runtime/assemble.h"
#include "engine/runtime/committer.h"
#include "engine/runtime/directory_log.h"
#include "engine/runtime/known_commands.h"
#include "engine/runtime/partition_owner.h"
#include "engine/runtime/waiters.h"

namespace lastkm::runtime {

inline constexpr std::size_t kDrainMost = 1024;

/// What is to come into force in lanes: the directory up to an ordinal, now or from an instant on, or a
/// version of the decider.
struct Activation {
  DirectoryOrdinal directory = DirectoryOrdinal();
  std::optional<Instant> from = std::nullopt;
  std::int32_t decider = 0;  ///< 0: the directory
};

class LocalEngine final : public Engine {
 public:
  LocalEngine(EngineOptions options, EngineParts parts);
  ~LocalEngine() override;
  Status load();

  const Deployment& deployment() const override { return deployment_; }
  bool read_only() const override { return options_.read_only; }
  const std::string& folder() const override { return options_.folder; }
  log::EventLog& log() override { return *log_; }
  privacy::Vault& vault() override { return *vault_; }
  Instant now() const override;

  std::vector<Result<Outcome>> submit(std::span<const intake::Submission> submissions) override;
  Result<std::unique_ptr<Rehearsal>> rehearse() override;
  Status advance(Instant to) override;
  Result<std::vector<record::Document>> publish(std::span<const Value> documents) override;
  Status activate(DirectoryOrdinal ordinal, std::optional<Instant> from) override;
  Status activate_decider(std::int32_t decider) override;
  [[nodiscard]] std::int32_t decider(LaneId lane) const override;
  std::vector<Result<Outcome>> migrate(std::span<const Migration> cases) override;
  std::vector<record::Document> documents() const override { return directory_.documents(); }
  std::shared_ptr<const directory::Context> context(LaneId lane) const override;
  std::shared_ptr<const directory::Context> published() const override { return directory_.newest(); }
  Result<cases::CaseState> find_case(std::string_view id_or_ref) override;
  bool clocks_are_late() const override;
  Ordinal position(LaneId lane) const override;
  std::vector<Stopped> stopped() const override;
  Status skip(LaneId lane, Ordinal ordinal, std::string_view by, std::string_view reason) override;

 private:
  PartitionOwner& owner_of(LaneId lane) const;
  Result<AggregateId> resolve(std::string_view id_or_ref);
  std::unique_ptr<PartitionOwner> make_owner(std::int32_t partition);
  std::vector<PartitionOwner*> owners_of(int worker) const;

  // local_submit.cpp: from submissions to outcomes
  struct Pending {
    std::size_t index = 0;
    Waiters::Ticket ticket;
  };
  Status not_ahead(const intake::Submission& submission) const;
  /// As messages say a time: at the deployment's offset.
  std::string shown(Instant at) const;
  Result<intake::Identity> identify(const intake::Submission& submission);
  Result<record::Command> seal(const intake::Submission& submission, intake::Identity identity);
  Result<Outcome> outcome_at(Waiters::Call& call, std::size_t index) const;
  log::Append append_of(const record::Command& command) const;
  std::optional<Outcome> known_before(const intake::Submission& submission, const intake::Identity& identity);
  std::vector<Result<Outcome>> submit_inline(std::span<const intake::Submission> submissions);
  std::vector<Result<Outcome>> submit_to_workers(std::span<const intake::Submission> submissions);
  std::vector<Result<Outcome>> migrate_batch(std::span<const Migration> cases);
  Result<Outcome> advance_command(const intake::Submission& submission);
  std::optional<Instant> newest_row(std::span<const intake::Submission> submissions) const;
  std::optional<Instant> own_time(const intake::Submission& submission,
                                  std::optional<Instant> newest_row) const;
  bool is_repeat(const intake::Submission& submission);
  Status advance_locked(Instant to);

  // local_work.cpp: what goes on by itself
  Status settle();
  Status tend(PartitionOwner& owner);
  Status recount();
  Status wake_due();
  void start_workers();
  Result<std::size_t> wake_some(std::span<PartitionOwner* const> owners, std::size_t& first);
  void work(int worker, const std::stop_token& stop);
  void keep_flushing(const std::stop_token& stop);
  std::size_t unflushed();
  void save_much();
  Status flush();
  Status write_unsaved();
  Status activate_lanes(Activation what);
  /// All that some lane has been told; where two have other times for one directory, the later one.
  std::vector<Activation> told_somewhere() const;
  /// Whether there were any.
  Result<bool> activate_laggards(std::span<PartitionOwner* const> owners);
  void look_for_laggards_again();
  std::vector<log::Append> activations(std::span<const LaneId> lanes, const Activation& what) const;
  Status wait_until_active(const Activation& what);
  /// unknown_outcome where lanes have not taken it.
  Status is_active(const Activation& what) const;

  const EngineOptions options_;
  const Deployment deployment_;
  const std::unique_ptr<log::EventLog> log_;
  const std::unique_ptr<log::Shares> shares_;
  std::unique_ptr<store::Store> state_;
  const std::unique_ptr<privacy::Vault> vault_;
  const std::unique_ptr<Attempts> attempts_;
  const std::unique_ptr<Clock> clock_;
  DirectoryLog directory_;
  KnownCommands known_commands_;
  std::atomic<std::int64_t> virtual_now_{0};
  std::atomic<Instant> clocks_late_at_{Instant{INT64_MIN / 2}};  ///< when they were last seen to be
  Waiters waiters_;
  std::mutex inline_;
  std::atomic<bool> saving_ = false;  ///< by keep_flushing; stays so while it cannot
  std::mutex flushing_;
  store::Batch unsaved_;  ///< guarded by flushing_: what the owners gave and the store has not taken yet
  std::vector<std::unique_ptr<PartitionOwner>> owners_;
  // Threads, the last to be made and the first to end.
  std::unique_ptr<Committer> committer_;
  std::vector<std::jthread> workers_;
};

}  // namespace lastkm::runtime
