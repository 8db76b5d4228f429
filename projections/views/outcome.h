// What the three rates count of one case (domain 1.10): a row of the view "rates", and how it counts in a
// period.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/record/decision.h"

namespace lastkm::projections {

/// Takes an order out of a base; for auditors, with who approved it.
struct Exclusion {
  std::string code;  ///< X-CONSULT …
  std::string approver;
  Instant at;        ///< business time
  std::string body;  ///< whose order it was
};

struct CallbackOutcome {
  Instant at;  ///< business time
  std::string lead;
  bool reached = false;
  bool denied_contact = false;
  std::string solved, satisfied;  ///< empty: not answered
  std::string by;                 ///< body that called
};

struct Outcome {
  std::string place, lead, opened_by;
  bool anonymous = false;
  std::optional<Instant> contact_due;  ///< of the present lead
  std::optional<bool> contacted;       ///< by the present lead, in time or late
  std::optional<CallbackOutcome>
      callback;  ///< the first that reached the caller; while none did, the last attempt
  std::optional<Instant> closed_at;
  std::string closed_lead;
  std::vector<Exclusion> returned;    ///< a body each: the order is not that body's
  std::optional<Exclusion> excluded;  ///< from every base
  std::optional<Exclusion> parked;    ///< from solve and satisfaction, while it is parked

  [[nodiscard]] static Result<Outcome> from(const Value& value);
  [[nodiscard]] Value to_value() const;
  [[nodiscard]] Status apply(const record::Event& event, Instant recorded_at);
};

}  // namespace lastkm::projections
