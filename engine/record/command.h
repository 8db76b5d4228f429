// A command: something asked of one aggregate, as it stands in the `commands` log. Its value is a
// CloudEvent 1.0 in structured mode and canonical JSON; encode and decode are exact inverses on what encode
// writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"

namespace lastkm::record {

/// The client of the engine's own commands, follow-ups among them. No other client has this name: intake
/// refuses it.
inline constexpr std::string_view kEngineClient = "engine";

/// Who asks. `person` is a reference; names live in the vault.
struct Actor {
  BodyId body;
  std::string role;
  std::string person;
  std::string on_behalf_of;
  bool operator==(const Actor&) const = default;
};

struct Command {
  CommandId id;
  AggregateId aggregate;
  LaneId lane;
  std::string name;             ///< imperative: "SignCase"
  std::string client;           ///< who sent it to us: the scope of the idempotency key
  std::string idempotency_key;  ///< empty: none
  std::string channel;          ///< of the external reference: "CH-12345"; empty: none
  std::string reference;        ///< the channel's own number of the request; empty: none
  std::string fingerprint;      ///< keyed hash of the plain input: tells a repeat from something new
  Actor actor;
  Instant occurred_at;  ///< business time
  Instant recorded_at;  ///< stamped by whoever appends
  std::optional<std::int64_t> expected_version;
  bool clocks_from_business_time = false;  ///< clocks that it starts count from occurred_at (imports)
  std::string correlation;
  std::string trace;
  Value input;  ///< the command's fields, personal data and free text sealed; always an object

  bool operator==(const Command&) const = default;
};

/// Limits of one record's value, in bytes, and of its nesting.
inline constexpr std::size_t kMaxCommandBytes = 256 * 1024;
inline constexpr std::size_t kMaxDepth = 32;
/// No record of any kind is larger (a directory document is the largest).
inline constexpr std::size_t kMaxRecordBytes = 8U << 20U;

/// `source` is the deployment's CloudEvents source, "/lastkm/<log id>".
[[nodiscard]] std::string encode(const Command& command, std::string_view source);
/// integrity "unknown-type", "undecodable" where the bytes are no command of a version known here. Members in
/// another order and blanks are taken: what is hashed is the bytes as they are.
[[nodiscard]] Result<Command> decode_command(std::string_view bytes);
/// The same into a new command, which is large to move; after an error there is no saying what it holds.
[[nodiscard]] Status decode_command(std::string_view bytes, Command& out);

}  // namespace lastkm::record
