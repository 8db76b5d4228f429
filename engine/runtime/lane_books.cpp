#include "engine/runtime/lane_books.h"

#include <algorithm>
#include <utility>

#include "engine/base/packed.h"
#include "engine/cases/decide.h"
#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "engine/record/envelope.h"
#include "engine/record/parse.h"

namespace lastkm::runtime {

namespace {

/// Kept in memory by all lanes of a process together.
constexpr std::size_t kCasesKept = 4096;
constexpr std::size_t kAnsweredToCase = 2;

/// What the store keeps of an answered command beside its key.
struct AnsweredRow {
  Instant at;
  std::string fingerprint;
  std::int64_t offset = -1;
  Ordinal ordinal;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.at, self.fingerprint, self.offset, self.ordinal);
  }
};

Error unreadable(const std::string& what) {
  return Error{ErrorKind::integrity, "state-corrupt",
               "the state of the " + what + " cannot be read: move the folder 'state' away and start again",
               ""};
}

std::string big_endian(std::uint64_t n, int bytes) {
  std::string out;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(n >> shift & 255U));
  return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t n = 0;
  for (const char c : bytes) n = n << 8U | static_cast<unsigned char>(c);
  return n;
}

}  // namespace

std::vector<std::string> state_families() {
  std::vector<std::string> out;
  for (const std::string_view family :
       {kMetaFamily, kPartitionFamily, kLaneFamily, kCaseFamily, kAnsweredFamily, kExpiryFamily,
        kReferenceFamily, kDueFamily, kOutboxFamily}) {
    out.emplace_back(family);
  }
  return out;
}

LaneBooks::LaneBooks(LaneId lane, const Deployment& deployment, store::Store& store,
                     const DirectoryLog& directory)
    : state(deployment.begun(lane)),
      begun_(state),
      store_(store),
      directory_(directory),
      cases_kept_(kCasesKept / static_cast<std::size_t>(std::max(deployment.lanes, 1))),
      due_(store, kDueFamily, big_endian(static_cast<std::uint64_t>(lane.value), 4)),
      expiries_(store, kExpiryFamily, big_endian(static_cast<std::uint64_t>(lane.value), 4)) {}

std::string LaneBooks::lane_key() const {
  return big_endian(static_cast<std::uint64_t>(state.lane.value), 4);
}

std::optional<std::string> LaneBooks::read(std::string_view family, std::string_view key) {
  auto value = store_.get(family, key);
  if (value) return std::move(*value);
  if (!failure_) failure_ = value.error();
  return std::nullopt;
}

Status LaneBooks::load() {
  cases_.clear();
  answered_.clear();
  no_case_.clear();
  no_answer_.clear();
  made_.clear();
  new_references_.clear();
  references_in_batch_ = 0;
  due_.reset();
  expiries_.reset();
  followed_context_ = DirectoryOrdinal();
  followed_calendar_.clear();
  pass_at_.reset();
  pass_found_ = false;
  outbox_.clear();
  outbox_changes_.clear();
  failure_.reset();
  state = begun_;
  last_command_offset = -1;
  auto stored = store_.get(kLaneFamily, lane_key());
  if (!stored) return stored.error();
  if (!*stored) return done();
  auto value = record::parse(**stored);
  if (!value) return value.error();
  const Value* inner = value->find("state");
  auto read_state = lane::lane_state_from(inner == nullptr ? Value() : *inner);
  if (!read_state) return read_state.error();
  state = std::move(*read_state);
  last_command_offset = value->number("command_offset", -1);
  followed_calendar_ = value->text("calendar");

  const std::string prefix = lane_key();
  std::optional<Error> bad;
  Status scanned = store_.scan(kOutboxFamily, prefix, [&](std::string_view key, std::string_view bytes) {
    if (!key.starts_with(prefix) || key.size() != 16) return false;
    auto command = record::decode_command(bytes);
    if (!command) {
      bad = command.error();
      return false;
    }
    Outgoing outgoing;
    outgoing.follow_up.target = LaneId(static_cast<std::int32_t>(from_big_endian(key.substr(4, 4))));
    outgoing.follow_up.number = static_cast<std::int64_t>(from_big_endian(key.substr(8, 8)));
    outgoing.command = std::move(*command);
    outbox_.emplace(std::pair(outgoing.follow_up.target.value, outgoing.follow_up.number),
                    std::move(outgoing));
    return true;
  });
  if (bad) return *bad;
  return scanned;
}

LaneBooks::Held* LaneBooks::held(const AggregateId& id) {
  if (const auto found = cases_.find(id); found != cases_.end()) {
    found->second.used = true;
    return &found->second;
  }
  if (no_case_.contains(id)) return nullptr;
  const auto bytes = read(kCaseFamily, id.value);
  return bytes ? hold(id, *bytes) : nullptr;
}

LaneBooks::Held* LaneBooks::hold(const AggregateId& id, std::string_view bytes) {
  auto read_state = unpack<cases::CaseState>(bytes);
  if (!read_state) {
    if (!failure_) failure_ = unreadable("case " + id.value);
    return nullptr;
  }
  return &cases_.emplace(id, Held{std::move(*read_state), false, true, true}).first->second;
}

const cases::CaseState* LaneBooks::find_case(const AggregateId& id) {
  const Held* found = held(id);
  return found == nullptr || found->state.version == 0 ? nullptr : &found->state;
}

cases::CaseState& LaneBooks::edit_case(const AggregateId& id) {
  edited_ = held(id);
  if (edited_ == nullptr) {
    new_case_ = cases::CaseState();
    new_case_.id = id;
  }
  cases::CaseState& given = edited_ == nullptr ? new_case_ : edited_->state;
  edited_due_ = given.next_due();
  edited_was_archived_ = given.archived_at.has_value();
  return given;
}

void LaneBooks::keep_case() {
  if (edited_ == nullptr) {
    const AggregateId id = new_case_.id;
    new_references_[state.opened] = id;
    edited_ = &cases_.insert_or_assign(id, Held{std::move(new_case_)}).first->second;
  }
  edited_->changed = true;
  edited_->used = true;
  edited_->stored = false;
  const cases::CaseState& kept = edited_->state;
  const auto due = kept.next_due();
  if (due != edited_due_) {
    if (edited_due_) due_.remove(*edited_due_, kept.id);
    if (due) due_.add(*due, kept.id);
  }
  if (kept.archived_at && !edited_was_archived_)
    expiries_.add(Instant{kept.archived_at->ms + lane::kRememberedDays * kMsPerDay}, kept.id);
}

// All that is remembered of a case lies together.
std::string LaneBooks::answered_key(const lane::Asked& asked) const {
  return lane_key() + asked.about.value + "/" + asked.id.value;
}

LaneBooks::Answered* LaneBooks::answered(const lane::Asked& asked) {
  if (const auto found = answered_.find(asked); found != answered_.end()) return &found->second;
  if (no_answer_.contains(asked)) return nullptr;
  const auto bytes = read(kAnsweredFamily, answered_key(asked));
  return bytes ? hold_answer(asked, *bytes) : nullptr;
}

LaneBooks::Answered* LaneBooks::hold_answer(const lane::Asked& asked, std::string_view bytes) {
  auto row = unpack<AnsweredRow>(bytes);
  if (!row) {
    if (!failure_) failure_ = unreadable("answer to " + asked.id.value);
    return nullptr;
  }
  Answered out;
  out.remembered = cases::Remembered{asked.id, std::move(row->fingerprint), "", row->ordinal, row->at};
  out.decision_offset = row->offset;
  out.stored = true;
  return &answered_.emplace(asked, std::move(out)).first->second;
}

void LaneBooks::expect(std::span<const Expected> commands) {
  if (commands.empty()) return;
  store::Store& store = commands.front().first->store_;
  std::vector<std::string> case_keys, answer_keys;
  std::vector<LaneBooks*> of_case;
  std::vector<Expected> of_answer;
  for (const auto& [books, taken] : commands) {
    if (!taken->command) continue;
    const record::Command& command = *taken->command;
    if (!record::is_lane_aggregate(command.aggregate) && !books->cases_.contains(command.aggregate) &&
        books->no_case_.insert(command.aggregate).second) {
      case_keys.push_back(command.aggregate.value);
      of_case.push_back(books);
    }
    const lane::Asked asked{command.aggregate, command.id};
    if (!books->answered_.contains(asked) && books->no_answer_.insert(asked).second &&
        !books->made_.contains(command.id)) {
      answer_keys.push_back(books->answered_key(asked));
      of_answer.emplace_back(books, taken);
    }
  }
  const auto cases = store.get_many(kCaseFamily, case_keys);
  const auto answers = cases ? store.get_many(kAnsweredFamily, answer_keys) : cases;
  if (!answers) {
    // Whoever asks for one of them alone is told.
    for (const auto& [books, taken] : commands) {
      books->no_case_.clear();
      books->no_answer_.clear();
    }
    return;
  }
  for (std::size_t i = 0; i < case_keys.size(); ++i) {
    if (!(*cases)[i]) continue;
    const AggregateId id(case_keys[i]);
    of_case[i]->no_case_.erase(id);
    of_case[i]->hold(id, *(*cases)[i]);
  }
  for (std::size_t i = 0; i < answer_keys.size(); ++i) {
    if (!(*answers)[i]) continue;
    const auto& [books, taken] = of_answer[i];
    const lane::Asked asked{taken->command->aggregate, taken->command->id};
    books->no_answer_.erase(asked);
    books->hold_answer(asked, *(*answers)[i]);
  }
}

std::optional<cases::Remembered> LaneBooks::find_answered(const AggregateId& about, const CommandId& id) {
  const Answered* found = answered({about, id});
  if (found == nullptr) return std::nullopt;
  return found->remembered;
}

void LaneBooks::remember(const AggregateId& about, cases::Remembered remembered) {
  lane::Asked asked{about, remembered.command};
  made_.erase(asked.id);
  answered_[std::move(asked)] = Answered{std::move(remembered), -1, true, false};
}

void LaneBooks::note_decision(const lane::Asked& asked, std::int64_t offset) {
  if (const auto found = answered_.find(asked);
      found != answered_.end() && found->second.decision_offset < 0) {
    found->second.decision_offset = offset;
    found->second.changed = true;
    found->second.stored = false;
  }
}

std::optional<std::int64_t> LaneBooks::decision_offset(const lane::Asked& asked) {
  const Answered* found = answered(asked);
  if (found == nullptr || found->decision_offset < 0) return std::nullopt;
  return found->decision_offset;
}

std::shared_ptr<const directory::Context> LaneBooks::context(DirectoryOrdinal ordinal) {
  std::optional<Error> unread;
  auto found = directory_.at(ordinal, &unread);
  // Whether it is there is not known: the partition begins anew, where a document that is missing would stop
  // the lane for good.
  if (unread && unread->kind == ErrorKind::unknown_outcome && !failure_) failure_ = *unread;
  return found;
}

std::optional<AggregateId> LaneBooks::find_reference(std::int64_t n) {
  if (const auto found = new_references_.find(n); found != new_references_.end()) return found->second;
  const auto bytes = read(kReferenceFamily, lane_key() + big_endian(static_cast<std::uint64_t>(n), 8));
  if (!bytes) return std::nullopt;
  return AggregateId(*bytes);
}

namespace {
std::string outbox_key(const std::string& lane, LaneId target, std::int64_t number) {
  return lane + big_endian(static_cast<std::uint64_t>(target.value), 4) +
         big_endian(static_cast<std::uint64_t>(number), 8);
}
}  // namespace

void LaneBooks::put_outgoing(Outgoing outgoing) {
  const std::pair key(outgoing.follow_up.target.value, outgoing.follow_up.number);
  outbox_changes_[outbox_key(lane_key(), outgoing.follow_up.target, outgoing.follow_up.number)] = true;
  outbox_[key] = std::move(outgoing);
}

void LaneBooks::drop_outgoing(LaneId target, std::int64_t up_to) {
  auto at = outbox_.lower_bound({target.value, 0});
  while (at != outbox_.end() && at->first.first == target.value && at->first.second <= up_to) {
    outbox_changes_[outbox_key(lane_key(), target, at->first.second)] = false;
    at = outbox_.erase(at);
  }
}

LaneBooks::Pass LaneBooks::behind_calendar(Instant now, std::size_t most) {
  Pass out;
  const DirectoryOrdinal in_force = lane::context_at(state, now);
  if (in_force == followed_context_) return out;
  const auto context = this->context(in_force);
  if (context == nullptr) return out;
  const calendar::Calendar* calendar = context->working_calendar();
  const std::string key = calendar == nullptr ? "" : calendar->id + "@" + std::to_string(calendar->version);
  while (key != followed_calendar_ && out.looked < most && !failure()) {
    pass_at_ = due_.after(pass_at_);
    if (!pass_at_) {
      const bool found = std::exchange(pass_found_, false);
      if (!found) followed_calendar_ = key;
      // What was found has to be decided before another pass can tell.
      if (found) ++out.looked;
      break;
    }
    ++out.looked;
    const AggregateId& id = pass_at_->second;
    const bool was_held = cases_.contains(id);
    const cases::CaseState* about = find_case(id);
    if (about != nullptr && cases::is_behind_calendar(*about, *context, std::max(state.time, now))) {
      pass_found_ = true;
      out.behind.push_back(id);
    } else if (!was_held) {
      cases_.erase(id);
    }
  }
  if (key == followed_calendar_) followed_context_ = in_force;
  return out;
}

void LaneBooks::forget_expired(store::Batch& batch) {
  constexpr std::size_t most = 256;
  for (const auto& [at, id] : expiries_.due(state.time, most)) {
    forget_outcomes(id, at, batch);
    expiries_.remove(at, id);
  }
}

void LaneBooks::forget_outcomes(const AggregateId& about, Instant before, store::Batch& batch) {
  const std::string prefix = lane_key() + about.value + "/";
  auto scanned = store_.scan(kAnsweredFamily, prefix, [&](std::string_view key, std::string_view bytes) {
    if (!key.starts_with(prefix)) return false;
    const auto row = unpack<AnsweredRow>(bytes);
    if (row && row->at < before) batch.erase(kAnsweredFamily, key);
    return true;
  });
  if (!scanned && !failure_) failure_ = scanned.error();
  std::erase_if(answered_, [&](const auto& entry) {
    const bool gone = entry.first.about == about && entry.second.remembered.at < before;
    if (gone) batch.erase(kAnsweredFamily, answered_key(entry.first));
    return gone;
  });
}

void LaneBooks::let_go_of_read() {
  constexpr std::size_t much = 2;
  const auto is_read = [](const auto& entry) { return entry.second.stored; };
  if (cases_.size() > much * cases_kept_) std::erase_if(cases_, is_read);
  if (answered_.size() > much * kAnsweredToCase * cases_kept_) std::erase_if(answered_, is_read);
}

void LaneBooks::let_go() {
  no_case_.clear();
  no_answer_.clear();
  // What did not change since the flush before has been written by it: only that may be read from the store
  // again.
  if (cases_.size() > cases_kept_) {
    std::erase_if(cases_, [](const auto& entry) { return !entry.second.changed && !entry.second.used; });
    if (cases_.size() > cases_kept_)
      std::erase_if(cases_, [](const auto& entry) { return !entry.second.changed; });
    for (auto& [id, held] : cases_) held.used = false;
  }
  for (auto& [id, held] : cases_) held.stored = !held.changed;
  for (auto& [asked, entry] : answered_) entry.stored = !entry.changed;
  if (answered_.size() > kAnsweredToCase * cases_kept_) {
    std::erase_if(answered_, [](const auto& entry) { return !entry.second.changed; });
  }
  std::erase_if(new_references_, [this](const auto& entry) { return entry.first <= references_in_batch_; });
}

void LaneBooks::flush_into(store::Batch& batch) {
  let_go();
  for (auto& [id, held] : cases_) {
    if (!held.changed) continue;
    batch.put(kCaseFamily, id.value, pack(held.state));
    held.changed = false;
  }
  for (auto& [asked, entry] : answered_) {
    if (!entry.changed) continue;
    batch.put(kAnsweredFamily, answered_key(asked),
              pack(AnsweredRow{entry.remembered.at, entry.remembered.fingerprint, entry.decision_offset,
                               entry.remembered.ordinal}));
    entry.changed = false;
  }
  for (const auto& [n, id] : new_references_) {
    batch.put(kReferenceFamily, lane_key() + big_endian(static_cast<std::uint64_t>(n), 8), id.value);
  }
  if (!new_references_.empty()) references_in_batch_ = new_references_.rbegin()->first;
  due_.flush_into(batch);
  forget_expired(batch);
  expiries_.flush_into(batch);
  for (const auto& [key, there] : outbox_changes_) {
    if (!there) {
      batch.erase(kOutboxFamily, key);
      continue;
    }
    const auto target = static_cast<std::int32_t>(from_big_endian(std::string_view(key).substr(4, 4)));
    const auto number = static_cast<std::int64_t>(from_big_endian(std::string_view(key).substr(8, 8)));
    if (const auto found = outbox_.find({target, number}); found != outbox_.end()) {
      batch.put(kOutboxFamily, key, record::encode(found->second.command, "/lastkm"));
    }
  }
  outbox_changes_.clear();
  batch.put(kLaneFamily, lane_key(),
            record::canonical(Value(Object{{"calendar", followed_calendar_},
                                           {"command_offset", last_command_offset},
                                           {"state", lane::to_value(state)}})));
}

}  // namespace lastkm::runtime
