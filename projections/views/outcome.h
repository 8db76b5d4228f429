// What the three rates count of one case (domain 1.10): a row of the view "rates", and what it brings to the
// lines of each month, body and community.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/record/decision.h"

namespace lastkm::projections {

/// Why an order leaves a base, or some of the rates; for auditors, with who approved it.
struct Exclusion {
  std::string code;  ///< X-CONSULT …
  std::string approver;
  Instant at;        ///< business time
  std::string body;  ///< whose order it was

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.code, self.approver, self.at, self.body);
  }
};

struct CallbackOutcome {
  Instant at;  ///< business time
  std::string lead;
  bool reached = false;
  bool contacted = false;  ///< by this lead, in time: what is done after the call changes nothing of it
  bool denied_contact = false;
  std::string solved, satisfied;  ///< empty: not answered
  std::string by;                 ///< body that called

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.at, self.lead, self.reached, self.contacted, self.denied_contact, self.solved, self.satisfied,
         self.by);
  }
};

struct Outcome {
  std::string place, lead, opened_by;
  std::string workflow;  ///< "ID@VERSION": the rule set that says how it counts
  bool anonymous = false;
  std::optional<Instant> contact_due;  ///< of the present lead
  std::optional<bool> contacted;       ///< by the present lead, in time or late
  /// In order; of those about one body the first that reached the caller and the last that did, or, while
  /// none did, the last attempt.
  std::vector<CallbackOutcome> callbacks;
  std::optional<Instant> closed_at;
  std::string closed_lead;
  std::vector<Exclusion> returned;  ///< a body each: the order is not that body's
  std::vector<Exclusion> excluded;  ///< by what happened, in order
  /// It was asked here, and not imported, or a limit for the first contact has run since.
  bool contact_expected = false;
  /// Not kept: of a row before layout 6, whose sums count by close with the first call-back of all.
  bool by_first_of_all = false;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.place, self.lead, self.opened_by, self.workflow, self.anonymous, self.contact_due,
         self.contacted, self.callbacks, self.closed_at, self.closed_lead, self.returned, self.excluded,
         self.contact_expected);
  }
  [[nodiscard]] Status apply(const record::Event& event, Instant recorded_at);

 private:
  void take(CallbackOutcome callback);
};

/// From a row of the view "rates" in this layout, which may be an older one.
[[nodiscard]] Result<Outcome> outcome_of(std::int32_t layout, std::string_view key, std::string_view row);

enum class RatesBy : std::uint8_t { month, body, community };
enum class RatesBasis : std::uint8_t { callback, close };

/// What an order brings to a line, before a rule set has said how that counts. Few different ones exist, so a
/// line is kept as how many orders bring each.
struct Score {
  std::string workflow;
  bool unscored = false;  ///< in no base: only among what was excluded, where that leaves the base
  /// Nobody knows here whether contact was made in time, as of what an import had closed: it says nothing of
  /// response.
  bool contact_unknown = false;
  struct Answer {
    bool reached = false, contacted = false, denied_contact = false;
    std::string solved, satisfied;
  };
  Answer first, last;
  std::vector<std::pair<std::string, std::string>> excluded;  ///< codes and approvers

  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<Score> from(std::string_view text);
};

/// An order in one line.
struct Brought {
  RatesBy by = RatesBy::month;
  RatesBasis basis = RatesBasis::callback;
  std::string key;
  Instant at;
  std::shared_ptr<const Score> score;  ///< one for all lines to which the order brings the same
};
[[nodiscard]] std::vector<Brought> brought_by(const Outcome& outcome);

/// Of the sums of one dimension: then the line's key "/" and the score's text.
[[nodiscard]] std::string rates_prefix(RatesBy by, RatesBasis basis);

}  // namespace lastkm::projections
