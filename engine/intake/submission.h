// A submission: what a caller asks, in plain, before it is sealed and becomes a command.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/privacy/vault.h"
#include "engine/record/command.h"

namespace lastkm::intake {

struct Submission {
  std::string name;     ///< command name
  std::string case_id;  ///< aggregate id or reference number; empty where `channel` names the case, or a new
                        ///< one is opened
  std::string channel, reference;  ///< the external reference
  std::string client = "cli";
  std::string idempotency_key;
  record::Actor actor;
  std::optional<std::int64_t> expected_version;
  std::optional<Instant> occurred_at;
  std::optional<Instant> at;  ///< record time, virtual clocks only
  bool clocks_from_business_time = false;
  bool historical = false;     ///< imported: see newest_of_rows
  bool case_from_log = false;  ///< its id stands in the log already, whether the case was opened or not
  std::string correlation, trace;
  Value data;  ///< plain; an object
};

/// The newest time, up to `at_most`, at which rows of an import were asked or closed: before the first of
/// them is taken a virtual clock moves there, so that none is recorded before what it tells of. nullopt: no
/// row names one.
[[nodiscard]] std::optional<Instant> newest_of_rows(std::span<const Submission> submissions, Instant at_most);
/// Where a virtual clock that stands at `now` moves by the business time of a submission; nullopt: nowhere.
/// One that nobody has set (0) takes the first time that it is told.
[[nodiscard]] std::optional<Instant> moved_to(Instant now, const Submission& submission,
                                              std::optional<Instant> newest_row);

/// Reads a line of `submit` (schemas/cli/submit.schema.json). bad_input "bad-data" with the JSON pointer in
/// `path`; unknown members are refused.
[[nodiscard]] Result<Submission> read_submission(const Value& line);

/// What a submission is known by, found before anything is sealed: keyed hashes that tell nothing of it.
struct Identity {
  AggregateId aggregate;
  CommandId command;
  LaneId lane;
  std::string fingerprint;  ///< of what has to be the same in a repeat, however its letters are composed
};

/// What has to be the same where a key is given again.
enum class KeyStandsFor {
  content,  ///< the command's name and its plain data
  request,  ///< these, and who asks, what version they have seen and what time they give
};

/// What a time may be: wherever on earth it is read, it has a year of four digits (RFC 3339), from 1970 on.
[[nodiscard]] constexpr bool is_within_years(Instant time) {
  return time.ms >= 0 && time.ms <= 253402214400000;  // 9999-12-31T00:00:00Z
}
inline constexpr std::string_view kOutOfYears = "out-of-range: a time from 1970 to 9999 is expected";

/// `aggregate` is the case that the submission is about, where the caller has resolved it.
[[nodiscard]] Result<Identity> identify(const Submission& submission,
                                        const std::optional<AggregateId>& aggregate, std::int32_t lanes,
                                        KeyStandsFor key_stands_for, const privacy::Vault& vault);

/// Makes the command: all that may be free text or personal is sealed. In the clear stay the members of the
/// data that are among `plain_fields`, those which the published workflows know for this command and declare
/// as neither, except the fixed names (base/sealed_names.h); the `value` that corrects the fact `field`,
/// where that is a plain fact; and in them no string that is neither a code nor a time.
[[nodiscard]] Result<record::Command> seal_command(const Submission& submission, Identity identity,
                                                   const std::set<std::string>& plain_fields, Instant now,
                                                   privacy::Vault& vault);

}  // namespace lastkm::intake
