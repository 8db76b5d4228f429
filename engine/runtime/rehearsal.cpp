#include "engine/runtime/rehearsal.h"

#include <map>
#include <unordered_map>

#include "engine/base/packed.h"
#include "engine/lane/step.h"
#include "engine/privacy/vault.h"
#include "engine/record/digest.h"
#include "engine/runtime/scratch_folder.h"
#include "engine/store/store.h"

namespace lastkm::runtime {

namespace {

constexpr std::string_view kCases = "case";

/// The cases that a rehearsal has changed, in front of the engine's own. Those of past batches lie in a store
/// on disk, so that memory stays bounded whatever is rehearsed.
class ShadowBooks final : public lane::Books {
 public:
  ShadowBooks(const RehearsalParts& parts, std::unique_ptr<store::Store> past)
      : parts_(parts), past_(std::move(past)) {}

  const cases::CaseState* find_case(const AggregateId& id) override {
    const auto found = cases_.find(id);
    if (found != cases_.end()) return found->second.version == 0 ? nullptr : &found->second;
    cases::CaseState& held = cases_[id];
    held = load(id);
    return held.version == 0 ? nullptr : &held;
  }
  /// Whether the case was opened or changed here.
  [[nodiscard]] bool has_changed(const AggregateId& id) {
    if (changed_.contains(id)) return true;
    const auto bytes = past_->get(kCases, id.value);
    if (!bytes) unreadable_ = bytes.error();
    return bytes && *bytes;
  }
  /// Commands are told apart by what their case remembers; one that was refused is refused again.
  std::optional<cases::Remembered> find_answered(const AggregateId&, const CommandId&) override {
    return std::nullopt;
  }
  std::shared_ptr<const directory::Context> context(DirectoryOrdinal ordinal) override {
    return parts_.context(ordinal);
  }
  cases::CaseState& edit_case(const AggregateId& id) override {
    static_cast<void>(find_case(id));
    edited_ = &cases_[id];
    edited_->id = id;
    return *edited_;
  }
  void keep_case() override { changed_.insert(edited_->id); }
  void remember(const AggregateId&, cases::Remembered) override {}

  /// An error where a row could not be read in the meantime too: what was decided without it is no answer.
  Status end_batch() {
    if (unreadable_) return *unreadable_;
    store::Batch batch;
    for (const AggregateId& id : changed_) batch.put(kCases, id.value, pack(cases_[id]));
    changed_.clear();
    cases_.clear();
    return past_->write(batch);
  }

 private:
  cases::CaseState load(const AggregateId& id) {
    const auto bytes = past_->get(kCases, id.value);
    if (!bytes) {
      unreadable_ = bytes.error();
    } else if (*bytes) {
      if (auto state = unpack<cases::CaseState>(**bytes)) return std::move(*state);
      unreadable_ =
          Error{ErrorKind::integrity, "undecodable", "a case of the rehearsal cannot be read back", id.value};
    }
    return parts_.find_case(record::lane_of(id, parts_.deployment.lanes), id).value_or(cases::CaseState{});
  }

  const RehearsalParts& parts_;
  const std::unique_ptr<store::Store> past_;
  std::unordered_map<AggregateId, cases::CaseState> cases_;
  std::set<AggregateId> changed_;
  cases::CaseState* edited_ = nullptr;  ///< given out by edit_case last
  std::optional<Error> unreadable_;     ///< the last row that could not be read
};

class ShadowRehearsal final : public Rehearsal {
 public:
  ShadowRehearsal(RehearsalParts parts, ScratchFolder folder, std::unique_ptr<store::Store> past)
      : parts_(std::move(parts)), folder_(std::move(folder)), books_(parts_, std::move(past)) {}

  std::vector<Result<Outcome>> submit(std::span<const intake::Submission> submissions) override {
    std::vector<Result<Outcome>> out;
    out.reserve(submissions.size());
    newest_row_ = parts_.newest_row(submissions);
    for (const intake::Submission& submission : submissions) out.push_back(submit_one(submission));
    if (auto kept = books_.end_batch(); !kept) {
      for (auto& outcome : out) outcome = kept.error();
    }
    return out;
  }

 private:
  /// The clock as it would stand. What would fall due on the way of a virtual one is not rehearsed.
  Instant now(const intake::Submission& submission) {
    if (!parts_.deployment.virtual_clock) return parts_.now();
    const Instant now = std::max(parts_.now(), set_to_);
    set_to_ = intake::moved_to(now, submission, newest_row_).value_or(now);
    return set_to_;
  }

  Result<Outcome> submit_one(const intake::Submission& submission) {
    auto identity = parts_.identify(submission);
    if (!identity) return identity.error();
    if (!books_.has_changed(identity->aggregate)) {
      if (auto known = parts_.find_known(submission, *identity)) return std::move(*known);
    } else if (const cases::CaseState* found = books_.find_case(identity->aggregate)) {
      if (auto known = known_by(*found, identity->fingerprint)) return std::move(*known);
    }
    const LaneId lane = identity->lane;
    auto command = intake::seal_command(submission, std::move(*identity),
                                        parts_.plain_fields(submission.name), now(submission), *sealing_);
    if (!command) return command.error();
    return decide(lane, record::encode(*command, parts_.deployment.source()), command->aggregate);
  }

  Result<Outcome> decide(LaneId lane, const std::string& bytes, const AggregateId& about) {
    auto [found, is_new] = lanes_.try_emplace(lane.value);
    lane::LaneState& state = found->second;
    if (is_new) state = parts_.lane_state(lane);
    const lane::Taken taken = lane::take(about.value, bytes, parts_.deployment.lanes, lane);
    auto decision = lane::step(state, taken, parts_.deployment.lanes, books_);
    if (!decision) return decision.error();
    lane::fold(state, books_, taken, *decision, record::encode(*decision, parts_.deployment.source()));
    Outcome outcome;
    outcome.status = decision->duplicate_of ? OutcomeStatus::duplicate
                     : decision->rejection  ? OutcomeStatus::rejected
                                            : OutcomeStatus::accepted;
    outcome.command = decision->command;
    outcome.aggregate = decision->aggregate;
    outcome.lane = lane;
    outcome.ordinal = decision->ordinal;
    outcome.lane_time = decision->lane_time;
    if (const cases::CaseState* known = books_.find_case(about)) {
      outcome.ref = known->ref;
      outcome.seq = known->version;
    }
    outcome.events = std::move(decision->events);
    outcome.rejection = std::move(decision->rejection);
    return outcome;
  }

  const RehearsalParts parts_;
  const ScratchFolder folder_;  // goes after the store that lies in it
  ShadowBooks books_;
  /// Boxes of the right size under keys of nobody: the vault makes no keys for what is not kept.
  const std::unique_ptr<privacy::Vault> sealing_ = privacy::make_seeded_vault(0);
  std::map<std::int32_t, lane::LaneState> lanes_;
  std::optional<Instant> newest_row_;  ///< of the batch
  Instant set_to_;
};

}  // namespace

Result<std::unique_ptr<Rehearsal>> rehearse(RehearsalParts parts) {
  auto folder = ScratchFolder::make("rehearsal");
  if (!folder) return folder.error();
  auto past = store::open_rocks_store(
      {.folder = folder->path(), .families = {std::string(kCases)}, .memory = {.cache_bytes = 8U << 20U}});
  if (!past) return past.error();
  return std::unique_ptr<Rehearsal>(
      std::make_unique<ShadowRehearsal>(std::move(parts), std::move(*folder), std::move(*past)));
}

}  // namespace lastkm::runtime
