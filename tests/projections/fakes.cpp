#include "tests/projections/fakes.h"

#include <catch2/catch.hpp>

#include "engine/cases/evolve.h"
#include "engine/record/digest.h"
#include "projections/views/views.h"

namespace lastkm::projections::test {

namespace {
/// Fails with the store that it loads into.
class FakeLoad final : public store::Load {
 public:
  FakeLoad(FakeStore& store, std::unique_ptr<store::Load> rows) : store_(&store), rows_(std::move(rows)) {}
  Result<store::LoadFile*> file(std::string_view family) override { return rows_->file(family); }
  Status commit() override {
    if (Status counted = store_->write({}); !counted) return counted;
    return rows_->commit();
  }

 private:
  FakeStore* store_;
  std::unique_ptr<store::Load> rows_;
};

class DamagedCursor final : public store::Cursor {
 public:
  bool valid() const override { return false; }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  void next() override {}
  Status status() const override { return Error{ErrorKind::integrity, "store-corrupt", "a bad block", ""}; }
};

class FakeSnapshot final : public store::Snapshot {
 public:
  FakeSnapshot(std::unique_ptr<store::Snapshot> rows, std::string damaged)
      : rows_(std::move(rows)), damaged_(std::move(damaged)) {}
  Result<std::optional<std::string>> get(std::string_view family, std::string_view key) const override {
    return rows_->get(family, key);
  }
  Result<std::vector<std::optional<std::string>>> get_many(std::string_view family,
                                                           std::span<const std::string> keys) const override {
    return rows_->get_many(family, keys);
  }
  Status scan(std::string_view family, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return rows_->scan(family, from, visit);
  }
  Result<std::unique_ptr<store::Cursor>> cursor(std::string_view family,
                                                std::string_view from) const override {
    if (family == damaged_) return std::unique_ptr<store::Cursor>(std::make_unique<DamagedCursor>());
    return rows_->cursor(family, from);
  }

 private:
  std::unique_ptr<store::Snapshot> rows_;
  std::string damaged_;
};
}  // namespace

std::unique_ptr<store::Snapshot> FakeStore::snapshot() {
  return std::make_unique<FakeSnapshot>(rows_->snapshot(), damaged);
}

Status FakeStore::write(const store::Batch& batch) {
  if (writes_until_failure == 0) return Error{ErrorKind::integrity, "disk-full", "no room", ""};
  if (writes_until_failure > 0) --writes_until_failure;
  if (on_write) on_write();
  Status written = rows_->write(batch);
  if (on_write) on_write();
  return written;
}

Status FakeStore::scan(std::string_view family, std::string_view from,
                       const std::function<bool(std::string_view, std::string_view)>& visit) {
  return rows_->scan(family, from, visit);
}

Result<std::unique_ptr<store::Load>> FakeStore::begin_load() {
  auto rows = rows_->begin_load();
  if (!rows) return rows.error();
  return std::unique_ptr<store::Load>(std::make_unique<FakeLoad>(*this, std::move(*rows)));
}

Result<std::vector<std::int64_t>> FakeLog::append(std::span<const log::Append> records,
                                                  log::Durability /*durability*/) {
  std::vector<std::int64_t> offsets;
  for (const log::Append& append : records) {
    auto& partition = decisions.at(static_cast<std::size_t>(append.partition));
    const std::int64_t offset = partition.empty() ? 0 : partition.back().offset + 3;
    partition.push_back({offset, append.record});
    offsets.push_back(offset);
  }
  ++version_;
  return offsets;
}

Status FakeLog::read(log::Topic /*topic*/, std::int32_t partition, std::int64_t from, std::size_t max_records,
                     std::size_t /*max_bytes*/, std::vector<log::StoredRecord>& out) {
  if (away) return Error{ErrorKind::unknown_outcome, "log-unreachable", "it does not answer", ""};
  for (const log::StoredRecord& stored : decisions.at(static_cast<std::size_t>(partition))) {
    if (stored.offset < from) continue;
    if (max_records-- == 0) break;
    out.push_back(stored);
  }
  return done();
}

Result<std::int64_t> FakeLog::end(log::Topic /*topic*/, std::int32_t partition) {
  if (ends_away) return Error{ErrorKind::unknown_outcome, "log-unreachable", "it does not answer", ""};
  const auto& records = decisions.at(static_cast<std::size_t>(partition));
  return records.empty() ? 0 : records.back().offset + 1;
}

Result<std::int64_t> FakeLog::end_now(log::Topic topic, std::int32_t partition) {
  if (now_away) return Error{ErrorKind::unknown_outcome, "log-unreachable", "it does not answer", ""};
  return end(topic, partition);
}

void FakeLog::add(const record::Decision& decision, std::int64_t epoch) {
  const log::Append append{log::Topic::decisions,
                           log::partition_of(decision.lane, partitions_),
                           {decision.aggregate.value,
                            record::encode(decision, "/lastkm/test"),
                            {{"epoch", std::to_string(epoch)}}}};
  REQUIRE(this->append({&append, 1}, log::Durability::buffered));
}

void FakeLog::add_owner(std::int32_t partition, std::int64_t epoch) {
  const log::Append append{log::Topic::decisions,
                           partition,
                           {"owner",
                            record::encode(record::OwnerStarted{epoch, "o", kBegin}, "/lastkm/test"),
                            {{"epoch", std::to_string(epoch)}}}};
  REQUIRE(this->append({&append, 1}, log::Durability::buffered));
}

void FakeLog::add_bytes(std::int32_t partition, std::string bytes) {
  const log::Append append{log::Topic::decisions, partition, {"x", std::move(bytes), {}}};
  REQUIRE(this->append({&append, 1}, log::Durability::buffered));
}

record::Event event(std::string type, Value data, std::string stage, bool ended) {
  record::Event event;
  event.type = std::move(type);
  event.data = std::move(data);
  event.stage = std::move(stage);
  event.ended = ended;
  event.actor = record::Actor{BodyId("HOTLINE-510108"), "AGENT", "", ""};
  event.rule = "test@1/X/T01";
  return event;
}

Value clock_change(std::string_view clock, std::string_view change, std::optional<Instant> due) {
  Object object{{"clock", clock}, {"change", change}};
  if (due) object.set("due", format_utc(*due));
  if (change == "started") {
    object.set("base", format_utc(kBegin));
    object.set("n", 1);
    object.set("unit", "WD");
  }
  return object;
}

Value standing(std::string_view clock, std::string_view change) {
  return Object{{"clock", clock}, {"change", change}, {"left", Object{{"n", 1}, {"unit", "WD"}}}};
}

record::Decision Author::decide(const std::string& id, std::vector<record::Event> events, Instant at) {
  record::Decision decision;
  decision.aggregate = AggregateId(id);
  decision.lane = record::lane_of(decision.aggregate, kLanes);
  decision.ordinal = Ordinal(++ordinals_[decision.lane]);
  decision.command =
      CommandId(record::hex(record::sha256(id + std::to_string(decision.ordinal.value))).substr(0, 32));
  decision.command_name = "Invented";
  decision.lane_time = at;
  for (record::Event& one : events) {
    one.seq = ++versions_[id];
    if (one.occurred_at == Instant{}) one.occurred_at = at;
  }
  decision.events = std::move(events);
  decision.command_hash = record::hex(record::sha256(decision.command.value));
  decision.prev = hashes_[id];
  if (!decision.events.empty() || !decision.prev.empty() || record::is_lane_aggregate(decision.aggregate))
    hashes_[id] = record::hex(record::sha256(record::encode(decision, "/lastkm/test")));
  return decision;
}

namespace {
struct Life {
  std::string id;
  bool ended = false;
  std::map<std::string, Instant> running;
  std::vector<std::string> suspended;
};

class Inventor {
 public:
  explicit Inventor(unsigned seed) : random_(seed) {}

  record::Decision next() {
    now_ = now_ + pick(0, 3 * 3600) * kMsPerSecond;
    const int dice = pick(0, 19);
    if (lives_.empty() || dice < 3) return open();
    Life& life = lives_[static_cast<std::size_t>(pick(0, static_cast<int>(lives_.size()) - 1))];
    // A refused command, and something about the lane itself: no events of a case.
    if (dice == 3) return author_.decide(life.id, {}, now_);
    if (dice == 4) {
      return author_.decide("lane-" + std::to_string(pick(0, kLanes - 1)),
                            {event("DirectoryActivated", Object{{"ordinal", 1}})}, now_);
    }
    std::vector<record::Event> events;
    for (int n = pick(1, 3); n > 0; --n) events.push_back(step(life));
    return author_.decide(life.id, std::move(events), now_);
  }

 private:
  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  std::string body() { return "PSC-510108017006000" + std::to_string(pick(1, 5)); }
  std::string place() {
    return pick(0, 9) == 0 ? "510108017" : "51010801700" + std::to_string(pick(1, 3)) + "0001";
  }
  std::string category() { return "C0" + std::to_string(pick(1, 6)); }
  std::string yes_no() { return pick(0, 1) == 0 ? "yes" : "no"; }

  record::Decision open() {
    Life life;
    life.id = record::hex(record::sha256("case" + std::to_string(lives_.size()))).substr(0, 32);
    record::Event opening = event("CaseRegistered",
                                  Object{{"ref", "R-" + std::to_string(lives_.size())},
                                         {"workflow", "test"},
                                         {"workflow_version", 1},
                                         {"channel", pick(0, 1) == 0 ? "CH-12345" : "CH-GRID"},
                                         {"anonymous", pick(0, 5) == 0},
                                         {"type", pick(0, 1) == 0 ? "HELP" : "COMPLAINT"},
                                         {"category", category()},
                                         {"place", place()}},
                                  "REGISTERED");
    opening.holders = Array{Value("HOTLINE-510108")};
    life.running["handle"] = now_ + pick(1, 15) * kMsPerDay;
    opening.clocks = Array{clock_change("handle", "started", life.running["handle"])};
    lives_.push_back(life);
    return author_.decide(life.id, {opening}, now_);
  }

  record::Event step(Life& life) {
    record::Event made = step_kind(life);
    if (life.ended) return made;
    Array changes;
    const std::string clock = pick(0, 1) == 0 ? "first_contact" : "sign";
    const auto running = life.running.find(clock);
    const auto paused = std::find(life.suspended.begin(), life.suspended.end(), clock);
    if (running == life.running.end() && paused == life.suspended.end()) {
      life.running[clock] = now_ + pick(1, 40) * kMsPerHour;
      changes.push_back(clock_change(clock, "started", life.running[clock]));
    } else if (paused != life.suspended.end() && pick(0, 3) == 0) {
      // Stopped while it stands still, and restored: it stands still.
      changes.push_back(standing(clock, "stopped"));
      changes.push_back(standing(clock, "restored"));
    } else if (paused != life.suspended.end()) {
      life.suspended.erase(paused);
      life.running[clock] = now_ + pick(1, 40) * kMsPerHour;
      changes.push_back(clock_change(clock, "resumed", life.running[clock]));
    } else if (const int what = pick(0, 4); what == 0) {
      changes.push_back(clock_change(clock, "stopped"));
      life.running.erase(running);
    } else if (what == 1 && running->second > now_) {
      changes.push_back(standing(clock, "suspended"));
      life.suspended.push_back(clock);
      life.running.erase(running);
    } else if (what == 2 && running->second <= now_) {
      changes.push_back(clock_change(clock, "breached", running->second));
      // Breached and then stopped: no longer open, never met.
      changes.push_back(clock_change(clock, "stopped"));
      life.running.erase(running);
    } else if (what == 3) {
      running->second = running->second + kMsPerDay;
      changes.push_back(clock_change(clock, "extended", running->second));
    }
    if (!changes.empty()) made.clocks = std::move(changes);
    return made;
  }

  record::Event step_kind(Life& life) {
    if (life.ended) {
      life.ended = false;
      record::Event reopened = event("CaseReopened", Object{{"reason", "NEW-FACT"}}, "REOPENED");
      reopened.holders = Array{Value("HOTLINE-510108")};
      return reopened;
    }
    switch (pick(0, 11)) {
      case 0: {
        const std::string lead = body();
        record::Event dispatched = event("CaseDispatched", Object{{"lead", lead}}, "DISPATCHED");
        dispatched.holders = Array{Value(lead), Value(body())};
        return dispatched;
      }
      case 1:
        return event("CaseSigned", Object{}, "SIGNED");
      case 2:
        return event("FirstContactMade", Object{{"channel", "PHONE"}}, "IN_PROGRESS");
      case 3:
        return event("CallbackRecorded", Object{{"reached", pick(0, 2) > 0},
                                                {"contacted", pick(0, 3) > 0},
                                                {"solved", yes_no()},
                                                {"satisfied", yes_no()}});
      case 4: {
        life.ended = true;
        record::Event closed = event("CaseClosed", Object{}, "CLOSED", true);
        closed.holders = Array{};
        return closed;
      }
      case 5:
        return event("CaseParked", Object{{"reason", "P-ENG"}, {"approver", "STREET-510108017"}}, "PARKED");
      case 6:
        return event("CaseUnparked", Object{}, "IN_PROGRESS");
      case 7:
        return event("FactCorrected",
                     Object{{"event_seq", 1}, {"field", "category"}, {"value", category()}, {"reason", "X"}});
      case 8:
        return event("FactCorrected",
                     Object{{"event_seq", 1}, {"field", "place"}, {"value", place()}, {"reason", "X"}});
      case 9:
        return event("ReturnAccepted", Object{}, "ACCEPTED");
      case 10:
        return event("CaseEscalated", Object{{"level", pick(1, 3)}, {"lead", body()}});
      default:
        return event("ActionTaken", Object{});
    }
  }

  std::mt19937 random_;
  Author author_;
  std::vector<Life> lives_;
  Instant now_ = kBegin;
};
}  // namespace

std::vector<record::Decision> invent_lives(unsigned seed, int decisions) {
  Inventor inventor(seed);
  std::vector<record::Decision> made;
  for (int i = 0; i < decisions; ++i) made.push_back(inventor.next());
  return made;
}

ProjectorOptions options(std::size_t chunk_records) {
  ProjectorOptions options;
  options.log_id = kLogId;
  options.knows = cases::is_known;
  options.chunk_records = options.build_chunk_records = chunk_records;
  return options;
}

std::unique_ptr<Projector> open(log::EventLog& log, store::Store& store, std::size_t chunk_records) {
  auto projector = Projector::open(log, store, make_views(), options(chunk_records));
  REQUIRE(projector);
  return std::move(*projector);
}

rules::Evaluation test_evaluation() {
  rules::Evaluation evaluation;
  const rules::Evaluation::Leaves answers{
      .base = false, .response = false, .resolution = true, .satisfaction = true};
  evaluation.exclusions["X-PARKED"] = answers;
  evaluation.exclusions["X-UNREACH"] = answers;
  evaluation.exclusions["X-ANON"] = {
      .base = false, .response = true, .resolution = false, .satisfaction = false};
  evaluation.duplicate_hours["URGENT"] = 6;
  evaluation.duplicate_hours_otherwise = 168;
  return evaluation;
}

QueryOptions query_options() {
  QueryOptions options;
  options.cursor_secret = "secret";
  options.evaluations = [](std::string_view) { return test_evaluation(); };
  return options;
}

std::string digest_of(const Projector& projector) {
  auto digest = projector.digest();
  REQUIRE(digest);
  std::string text;
  for (const auto& [lane, ordinal] : digest->positions) {
    text += std::to_string(lane.value) + ":" + std::to_string(ordinal.value) + " ";
  }
  for (const ViewDigest& view : digest->views) {
    INFO(view.name);
    CHECK_FALSE(view.sha256.empty());
    text += "\n" + view.name + " " + std::to_string(view.rows) + " " + view.sha256;
  }
  return text;
}

std::string fresh_digest(log::EventLog& log) {
  FakeStore store;
  const auto projector = open(log, store);
  const Status caught_up = projector->catch_up();
  REQUIRE(caught_up);
  return digest_of(*projector);
}

ViewStatus status_of(const Projector& projector, std::string_view name) {
  auto all = projector.status();
  REQUIRE(all);
  for (const ViewStatus& status : *all) {
    if (status.name == name) return status;
  }
  FAIL("no such view");
  return {};
}

}  // namespace lastkm::projections::test
