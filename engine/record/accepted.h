// The accepted sequence of `decisions` (design section 1): of each lane and ordinal the first decision of a
// live epoch. Whoever reads decisions follows this rule:
//   1. A record was written in the epoch that its header names; without that header in epoch 0.
//   2. An owner's start opens its epoch in its partition. It is no part of the sequence.
//   3. What was written in an epoch below the highest one opened before it in its partition is stale: its
//      owner had lost the partition. It is passed over.
//   4. Of the other decisions the one with the next ordinal of its lane is accepted. A lower one is a repeat
//      and is passed over; a higher one leaves a gap.
// A gap is an error to those who answer for the whole sequence (owners, copies, tools), and a difference to
// audits; views pass it over and count it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/record/decision.h"

namespace lastkm::record {

inline constexpr std::string_view kEpochHeader = "epoch";
using Headers = std::span<const std::pair<std::string, std::string>>;

/// The epoch that the headers name; 0: none. integrity "bad-epoch" where it is no whole number that another
/// epoch can follow.
[[nodiscard]] Result<std::int64_t> epoch_in(Headers headers);

/// What there is to know of a record of `decisions` without reading what it decides.
struct Written {
  DecisionRecordKind kind = DecisionRecordKind::unknown;
  std::int64_t epoch = 0;
  bool stale = false;  ///< an owner had opened a higher epoch before it
};

/// Of one partition: the highest epoch that an owner has opened.
class LiveEpoch {
 public:
  explicit LiveEpoch(std::int64_t highest = 0) : highest_(highest) {}
  /// Takes the next record of the partition; errors as epoch_in().
  [[nodiscard]] Result<Written> read(std::string_view bytes, Headers headers);
  [[nodiscard]] std::int64_t highest() const { return highest_; }

 private:
  std::int64_t highest_;
};

enum class Verdict : std::uint8_t { accepted, repeat, gap };
/// On a decision of a live epoch, where `last` is the ordinal of the last accepted decision of its lane; 0:
/// none.
[[nodiscard]] Verdict verdict_on(Ordinal ordinal, Ordinal last);

}  // namespace lastkm::record
