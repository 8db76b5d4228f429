// What guards and selectors of a workflow may read: the case, its clocks, the command, the actor and the
// category, named as in the workflow language (case.*, clock.ID.*, cmd.*, actor.*, category.*). Scalars are
// found without allocating; lists are built when asked for and live as long as this object.
#pragma once

#include <forward_list>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/value.h"
#include "engine/cases/state.h"
#include "engine/directory/context.h"
#include "engine/record/command.h"
#include "engine/rules/cel.h"
#include "engine/rules/workflow.h"

namespace lastkm::cases {

class CaseFacts final : public rules::Facts {
 public:
  /// Without a command: cmd.* and actor.* are null. All arguments outlive this object; `state` is read when a
  /// fact is asked, so that it may change in between. `now` is what "today" means, `decider` the version.
  CaseFacts(const CaseState& state, const directory::Context& context, Instant now, std::int32_t decider,
            const record::Command* command = nullptr, const rules::CommandRule* rule = nullptr);

  [[nodiscard]] rules::CelValue fact(std::string_view name) const override;
  /// body(kind, place), kind_of(body), place_of(body), under(place, ancestor), known_place(place),
  /// future(time), days_until(time), minutes_between(time, time), maker_of(seq): the body that made the
  /// event, same(texts, texts): the same members in any order.
  [[nodiscard]] rules::CelValue call(std::string_view function,
                                     std::span<const rules::CelValue> arguments) const override;

  /// The facts that these programs read, with their values now.
  [[nodiscard]] Object values(std::span<const rules::Program* const> programs) const;
  [[nodiscard]] Object values(const rules::Program& program) const;

 private:
  [[nodiscard]] rules::CelValue case_fact(std::string_view name) const;
  [[nodiscard]] rules::CelValue clock_fact(std::string_view name) const;
  [[nodiscard]] rules::CelValue command_fact(std::string_view name) const;
  [[nodiscard]] rules::CelValue field_fact(const rules::Field& field, const Value& value) const;
  [[nodiscard]] rules::CelValue actor_fact(std::string_view name) const;
  [[nodiscard]] rules::CelValue category_fact(std::string_view name) const;
  [[nodiscard]] const directory::Category* category() const;
  [[nodiscard]] rules::CelValue keep(std::vector<std::string_view> list) const;
  [[nodiscard]] rules::CelValue texts(const std::vector<std::string>& list) const;

  const CaseState& state_;
  const directory::Context& context_;
  Instant now_;
  std::int32_t decider_;
  const record::Command* command_;
  const rules::CommandRule* rule_;
  mutable const directory::Body* actor_body_ = nullptr;  ///< once it was asked for
  // Most facts need neither: these take no memory while they are empty.
  mutable std::forward_list<std::vector<std::string_view>> lists_;
  mutable std::forward_list<std::string> kept_texts_;
};

/// As records hold it. Texts become strings, lists arrays.
[[nodiscard]] Value to_value(const rules::CelValue& value);

}  // namespace lastkm::cases
