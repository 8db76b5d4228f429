// A decision: the engine's one answer to one command: events, or a rejection, or "this is a repeat of that".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/record/command.h"

namespace lastkm::record {

/// A fact inside a decision; past tense. Its record time is the decision's lane time.
struct Event {
  std::int64_t seq = 0;  ///< dense per aggregate, from 1
  std::string type;      ///< of the fixed vocabulary: "CaseSigned"
  std::int32_t version = 1;
  Instant occurred_at;
  Actor actor;         ///< SYSTEM where a clock did it
  std::string rule;    ///< "three-party@1/SignCase/T08": the rule that allowed or caused it
  std::string stage;   ///< the stage that the case is in from here on; empty: unchanged
  bool ended = false;  ///< the new stage ends the case; only with a stage
  Value holders;       ///< body ids whose worklist the case is on from here on; null: unchanged
  Value clocks;        ///< array of clock changes, see cases/state.h; null: none
  Value facts;         ///< the values that the rule's guards saw; null: none
  Value data;          ///< by type; an object
  bool operator==(const Event&) const = default;
};

struct Rejection {
  std::string code;  ///< kebab-case: "wrong-stage"
  std::string text;  ///< a sentence; holds no personal data
  std::string path;  ///< JSON pointer into the input, or empty
  std::string rule;  ///< the rule that spoke, or empty
  Value facts;       ///< what its guard saw; null: none
  bool operator==(const Rejection&) const = default;
};

/// Work that a decision asks of another aggregate. Numbered densely for each (source lane, target lane).
struct FollowUp {
  LaneId target;
  std::int64_t number = 0;
  AggregateId aggregate;
  std::string command;
  Value input;
  bool operator==(const FollowUp&) const = default;
};

struct Decision {
  LaneId lane;
  Ordinal ordinal;  ///< of the command in its lane
  CommandId command;
  std::string command_name;
  AggregateId aggregate;
  Instant lane_time;
  std::int32_t decider = 1;
  DirectoryOrdinal context;  ///< stands for all document versions in force
  std::string
      command_hash;  ///< hex SHA-256 of the command's record: the decision commits to every byte of it
  std::string prev;  ///< hex SHA-256 of the aggregate's previous decision; empty for its first
  std::vector<Event> events;
  std::optional<Rejection> rejection;
  std::optional<Ordinal> duplicate_of;  ///< the command is a repeat of this one; nothing happened
  std::vector<FollowUp> follow_ups;
  bool operator==(const Decision&) const = default;
};

inline constexpr std::size_t kMaxDecisionEvents = 64;
inline constexpr std::size_t kMaxDecisionBytes = 256 * 1024;

[[nodiscard]] std::string encode(const Decision& decision, std::string_view source);
/// What readers who do not ask for it need not be given: a sixth of an event is what its rule's guards saw.
enum class Facts : std::uint8_t { read, left_out };
[[nodiscard]] Result<Decision> decode_decision(std::string_view bytes, Facts facts = Facts::read);
/// The same, and the text of its event in these bytes, where it has one and asks and refuses nothing; empty
/// also where the record is laid out in another way than encode() does.
[[nodiscard]] Result<Decision> decode_decision(std::string_view bytes, Facts facts,
                                               std::string_view& only_event);

/// Opens an owner's writing in a partition of `decisions`; outside the accepted sequence.
struct OwnerStarted {
  std::int64_t epoch = 0;
  std::string owner;
  Instant at;
};
[[nodiscard]] std::string encode(const OwnerStarted& started, std::string_view source);

/// What a record in `decisions` is, by its CloudEvents type, without reading the rest.
enum class DecisionRecordKind { decision, owner_started, unknown };
[[nodiscard]] DecisionRecordKind kind_of(std::string_view bytes);

/// One document of the directory log. `content` is the document as published, re-encoded canonically.
struct Document {
  DirectoryOrdinal ordinal;
  std::string kind;  ///< "workflow", "bodies", "places", "catalogue", "calendar", "register"
  std::string id;
  std::int64_t version = 1;
  std::string sha256;  ///< of canonical(content)
  Instant published_at;
  Value content;
};
[[nodiscard]] std::string encode(const Document& document, std::string_view source);
[[nodiscard]] Result<Document> decode_document(std::string_view bytes);

}  // namespace lastkm::record
