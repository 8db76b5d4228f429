// Which clocks of a case run or have run out without being stopped, and when they are due: what "due" and
// "overdue" mean in lists. The fold of the clock changes of events.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/base/value.h"

namespace lastkm::projections {

class OpenClocks {
 public:
  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.due_);
  }

  /// `changes` is the `clocks` member of an event; null changes nothing.
  [[nodiscard]] Status apply(const Value& changes);
  /// The earliest, exclusive: overdue once the time reaches it.
  [[nodiscard]] std::optional<Instant> next() const;
  /// Of this clock; nullopt: it is not open.
  [[nodiscard]] std::optional<Instant> due(const std::string& clock) const;

 private:
  std::map<std::string, Instant> due_;  ///< by clock
};

/// Instants in keys: 16 hexadecimal digits that sort as the instants do; "~" sorts after them all and stands
/// for none.
[[nodiscard]] std::string sortable(std::optional<Instant> at);

}  // namespace lastkm::projections
