// A bed for engines: one simulated log, one state, one vault, from which engines are opened, dropped and
// opened again.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/packed.h"
#include "engine/log/simulated_log.h"
#include "engine/runtime/assemble.h"
#include "engine/runtime/lane_books.h"
#include "engine/runtime/redecide.h"
#include "tests/cases/world.h"

namespace lastkm::runtime {

/// The small world's workflow as it may be published: every clock that it starts has an end.
inline Value workflow() {
  std::string text = cases::kWorkflow;
  const auto put = [&text](const std::string& old, const std::string& now) {
    const std::size_t at = text.find(old);
    REQUIRE(at != std::string::npos);
    text.replace(at, old.size(), now);
  };
  put(R"({"type":"CaseClosed"}],"clocks":[)",
      R"({"type":"CaseClosed"}],"clocks":[{"op":"stop","clock":"tick"},{"op":"stop","clock":"fuse"},{"op":"stop","clock":"far"},)");
  put(R"({"type":"InterimFeedbackGiven"}],"clocks":[{"op":"start","clock":"tick"}])",
      R"({"type":"InterimFeedbackGiven"}],"clocks":[{"op":"start","clock":"fuse"}])");
  put(R"({"id":"T13","from":"any")", R"({"id":"T13","from":"open")");
  return cases::parsed(text);
}

/// Time that a test moves.
struct HandClock final : Clock {
  explicit HandClock(std::shared_ptr<std::atomic<std::int64_t>> held) : ms(std::move(held)) {}
  [[nodiscard]] Instant now() const override { return Instant{ms->load()}; }
  std::shared_ptr<std::atomic<std::int64_t>> ms;
};

/// A share that a test deals out; several engines may believe to hold one partition.
struct HandShares final : log::Shares {
  using Held = std::shared_ptr<std::set<std::int32_t>>;
  explicit HandShares(Held dealt) : held(std::move(dealt)) {}
  Status join() override { return done(); }
  bool take(std::int32_t partition) override { return held->contains(partition); }
  void release(std::int32_t /*partition*/) override {}
  Held held;
};

/// A store that outlives its engine; deaf: what is written is forgotten, as by a process that dies first.
struct KeptStore final : store::Store {
  KeptStore(std::shared_ptr<store::Store> held, std::shared_ptr<bool> is_deaf,
            std::function<Status()> before_each_write)
      : inner(std::move(held)), deaf(std::move(is_deaf)), before_write(std::move(before_each_write)) {}
  Result<std::optional<std::string>> get(std::string_view family, std::string_view key) override {
    return inner->get(family, key);
  }
  Status write(const store::Batch& batch) override {
    if (before_write) {
      if (auto may = before_write(); !may) return may;
    }
    return *deaf ? done() : inner->write(batch);
  }
  Status sync() override { return done(); }
  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    return inner->scan(family, from, visit);
  }
  Status clear(const std::vector<std::string>& families) override {
    if (clears_left == 0) return Error{ErrorKind::unknown_outcome, "died", "", ""};
    --clears_left;
    return *deaf ? done() : inner->clear(families);
  }
  std::unique_ptr<store::Snapshot> snapshot() override { return inner->snapshot(); }
  Result<std::unique_ptr<store::Load>> begin_load() override { return inner->begin_load(); }
  std::shared_ptr<store::Store> inner;
  std::shared_ptr<bool> deaf;
  std::function<Status()> before_write;  ///< an error: that one is not written
  int clears_left = 1000;
};

/// A seeded vault whose random ids go on from one engine to the next, as true ones do.
struct CountingVault final : privacy::Vault {
  explicit CountingVault(std::shared_ptr<std::atomic<int>> counter) : given(std::move(counter)) {}
  std::string id() const override { return inner->id(); }
  AggregateId aggregate_of(std::string_view channel, std::string_view reference) const override {
    return inner->aggregate_of(channel, reference);
  }
  AggregateId aggregate_of_key(std::string_view client, std::string_view key) const override {
    return inner->aggregate_of_key(client, key);
  }
  CommandId command_of(std::string_view client, std::string_view key,
                       const AggregateId& aggregate) const override {
    return inner->command_of(client, key, aggregate);
  }
  std::string fingerprint(std::string_view plain) const override { return inner->fingerprint(plain); }
  CommandId random_command() const override { return CommandId(random("command")); }
  AggregateId random_aggregate() const override { return AggregateId(random("aggregate")); }
  Result<std::string> new_key(std::string_view subject) override { return inner->new_key(subject); }
  Result<Value> seal(const Value& plain, std::string_view key_id, const privacy::Place& place) override {
    return inner->seal(plain, key_id, place);
  }
  Result<Value> open(const Value& box, const privacy::Place& place) override {
    return inner->open(box, place);
  }
  Status erase(std::string_view key_id) override { return inner->erase(key_id); }

  [[nodiscard]] std::string random(const std::string& of) const {
    return inner->fingerprint(of + std::to_string(++*given)).substr(0, 32);
  }
  std::unique_ptr<privacy::Vault> inner = privacy::make_seeded_vault(7);
  std::shared_ptr<std::atomic<int>> given;
};

/// The bytes of every lane's decisions without repeats, and of its commands, by lane.
struct Sequences {
  std::map<std::int32_t, std::vector<std::string>> commands, decisions;
  bool operator==(const Sequences&) const = default;
};

inline std::vector<log::StoredRecord> all_records(log::EventLog& log, log::Topic topic,
                                                  std::int32_t partition) {
  std::vector<log::StoredRecord> out;
  REQUIRE(log.read(topic, partition, 0, 1U << 30U, 1U << 30U, out).has_value());
  return out;
}

/// Reads with nothing but the rule of acceptance: of each ordinal the first decision whose owner's epoch is
/// not below one that has started before it. `rule` off: every decision.
inline Sequences sequences_of(log::EventLog& log, std::int32_t lanes, bool rule = true) {
  Sequences out;
  for (std::int32_t partition = 0; partition < log.partitions(); ++partition) {
    for (const auto& stored : all_records(log, log::Topic::commands, partition)) {
      const LaneId named = record::lane_of(AggregateId(stored.record.key), lanes);
      out.commands[log::lane_in(partition, named, log.partitions()).value].push_back(stored.record.value);
    }
    std::int64_t started = 0;
    for (const auto& stored : all_records(log, log::Topic::decisions, partition)) {
      std::int64_t epoch = 0;
      for (const auto& [name, value] : stored.record.headers) {
        if (name == "epoch") epoch = std::stoll(value);
      }
      auto decision = record::decode_decision(stored.record.value);
      if (!decision) started = std::max(started, epoch);
      if (!decision || (rule && epoch < started)) continue;
      auto& lane = out.decisions[decision->lane.value];
      if (!rule || decision->ordinal.value == static_cast<std::int64_t>(lane.size()) + 1)
        lane.push_back(stored.record.value);
    }
  }
  return out;
}

struct Bed {
  explicit Bed(std::int32_t lane_count = 4, std::int32_t partition_count = 2, bool is_virtual = true)
      : storage(std::make_shared<log::SimulatedStorage>(partition_count)) {
    deployment.log_id = std::string(32, 'a');
    deployment.lanes = lane_count;
    deployment.decider = lane::kNewestDecider;
    deployment.virtual_clock = is_virtual;
    deployment.vault_id = privacy::make_seeded_vault(7)->id();
    auto log = log::open_simulated_log(storage);
    REQUIRE(write_deployment(*log, deployment).has_value());
  }

  Result<std::unique_ptr<Engine>> try_open(std::unique_ptr<log::EventLog> log, int workers = 0,
                                           const HandShares::Held& shares = nullptr) {
    auto opened = Attempts::open("", deployment.lanes);
    if (attempts) opened = Attempts::open(attempts_file, deployment.lanes);
    EngineOptions options{.folder = "", .workers = workers};
    if (unsaved_most > 0) options.unsaved_most = unsaved_most;
    return assemble(options,
                    EngineParts{std::move(log), std::make_unique<KeptStore>(state, deaf, before_saving),
                                std::make_unique<CountingVault>(given_ids), std::move(*opened),
                                std::make_unique<HandClock>(time), deployment,
                                shares ? std::make_unique<HandShares>(shares) : nullptr});
  }
  /// An engine with a share and a state of its own.
  std::unique_ptr<Engine> open_sharing(const HandShares::Held& shares, int workers = 0) {
    state = store::make_memory_store();
    auto engine = try_open(log::open_simulated_log(storage), workers, shares);
    if (!engine) FAIL(engine.error().code + ": " + engine.error().message);
    return std::move(*engine);
  }
  std::unique_ptr<Engine> open(const log::Faults& faults = {}, int workers = 0) {
    auto engine = try_open(log::open_simulated_log(storage, faults), workers);
    if (!engine) FAIL(engine.error().code + ": " + engine.error().message);
    return std::move(*engine);
  }
  /// An engine with the small world in force.
  std::unique_ptr<Engine> open_with_rules() {
    auto engine = open();
    put_rules(*engine);
    return engine;
  }
  static void put_rules(Engine& engine) {
    const std::array documents{cases::from_file("schemas/directory/calendar-2025-2026.json"),
                               cases::parsed(cases::kBodies), cases::parsed(cases::kPlaces),
                               cases::parsed(cases::kCatalogue), workflow()};
    const auto published = engine.publish(documents);
    if (!published) FAIL(published.error().code + " " + published.error().message);
    auto activated = engine.activate(published->back().ordinal);
    if (!activated) FAIL(activated.error().message);
    if (!engine.deployment().virtual_clock) return;
    intake::Submission advance;
    advance.name = "AdvanceClock";
    advance.actor = cases::kAgent;
    advance.at = cases::at("2026-05-20T09:00");
    advance.data = Value(Object{});
    REQUIRE(engine.submit(std::span(&advance, 1)).front().has_value());
  }
  void forget_state() { state = store::make_memory_store(); }
  Sequences sequences() {
    auto log = log::open_simulated_log(storage);
    return sequences_of(*log, deployment.lanes);
  }
  Redecided redecided() {
    auto log = log::open_simulated_log(storage);
    auto result = redecide(*log, deployment, nullptr);
    if (!result) FAIL(result.error().message);
    return *result;
  }

  std::shared_ptr<log::SimulatedStorage> storage;
  std::shared_ptr<store::Store> state = store::make_memory_store();
  std::shared_ptr<bool> deaf = std::make_shared<bool>(false);
  std::shared_ptr<std::atomic<std::int64_t>> time =
      std::make_shared<std::atomic<std::int64_t>>(cases::at("2026-05-20T09:00").ms);
  std::shared_ptr<std::atomic<int>> given_ids = std::make_shared<std::atomic<int>>(0);
  std::function<Status()> before_saving;
  std::size_t unsaved_most = 0;  ///< 0: as many as may be
  bool attempts = false;
  std::string attempts_file;
  Deployment deployment;
};

inline intake::Submission opening(const std::string& key) {
  intake::Submission out;
  out.name = "Open";
  out.idempotency_key = key;
  out.actor = cases::kAgent;
  out.data = cases::parsed(cases::kOpening);
  return out;
}

inline intake::Submission act(const std::string& name, const std::string& case_id, const record::Actor& actor,
                              const std::string& data, const std::string& key) {
  intake::Submission out;
  out.name = name;
  out.case_id = case_id;
  out.actor = actor;
  out.data = cases::parsed(data);
  out.idempotency_key = key;
  return out;
}

inline intake::Submission at(intake::Submission submission, const std::string& time) {
  submission.at = cases::at(time);
  return submission;
}

inline Result<Outcome> send(Engine& engine, const intake::Submission& submission) {
  return std::move(engine.submit(std::span(&submission, 1)).front());
}

inline Outcome must(Engine& engine, const intake::Submission& submission) {
  auto outcome = send(engine, submission);
  if (!outcome) FAIL(submission.name + ": " + outcome.error().code + " " + outcome.error().message);
  return std::move(*outcome);
}

/// A program told this lane what is in force and died before it asked another.
inline void activate_lane(const Bed& bed, LaneId lane, Object input) {
  const auto activate = lane::engine_command(lane::kActivate, record::lane_aggregate(lane), lane,
                                             CommandId(std::string(31, '9') + std::to_string(lane.value)),
                                             std::move(input), cases::at("2026-05-20T09:00"));
  const auto log = log::open_simulated_log(bed.storage);
  const log::Append append{
      log::Topic::commands, log::partition_of(lane, log->partitions()),
      log::Record{record::lane_aggregate(lane).value, record::encode(activate, bed.deployment.source()), {}}};
  REQUIRE(log->append(std::span(&append, 1), log::Durability::synced));
}

inline void ask_decider(const Bed& bed, LaneId lane, std::int32_t decider) {
  activate_lane(bed, lane, Object{{"decider", decider}});
}

/// A few cases in several lanes, with refusals, a repeat and clocks that fire.
inline std::vector<AggregateId> live(Engine& engine, int cases = 6) {
  std::vector<AggregateId> ids;
  for (int i = 0; i < cases; ++i) {
    const std::string n = std::to_string(i);
    const AggregateId id = must(engine, at(opening("open-" + n), "2026-05-20T09:00")).aggregate;
    ids.push_back(id);
    must(engine,
         act("Send", id.value, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "send-" + n));
    must(engine, act("Send", id.value, cases::kPsc, R"({"lead":"PSC-5101080170060001"})", "forbidden-" + n));
    must(engine,
         act("Send", id.value, cases::kDispatcher, R"({"lead":"PSC-5101080170060001"})", "send-" + n));
    if (i % 2 == 0) must(engine, act("Sign", id.value, cases::kPsc, "{}", "sign-" + n));
  }
  REQUIRE(engine.advance(cases::at("2026-05-27T12:00")).has_value());
  return ids;
}

/// Everything that an engine knows of its lanes and of these cases, as bytes with the states of clocks in
/// words.
inline std::string all_of(Engine& engine, const std::vector<AggregateId>& ids) {
  std::string out;
  for (const AggregateId& id : ids) {
    auto found = engine.find_case(id.value);
    out += found ? pack(*found) : found.error().code;
    if (found) {
      for (const cases::Clock& clock : found->clocks) out += cases::name_of(clock.state);
      out += engine.find_case(found->ref)->id.value;
    }
    out += "\n";
  }
  for (std::int32_t lane = 0; lane < engine.deployment().lanes; ++lane)
    out += std::to_string(engine.position(LaneId(lane)).value) + " ";
  return out;
}

}  // namespace lastkm::runtime
