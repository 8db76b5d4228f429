// What things are called in a file note: bodies, places and categories by their titles in force, stages,
// steps and clocks by the workflow, roles and codes by the words of the workflow document. The code itself
// stands behind a title wherever a reader may have to look it up.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "engine/base/value.h"
#include "engine/directory/context.h"
#include "projections/explain/language.h"

namespace lastkm::explain {

class Names {
 public:
  /// `workflow` may be null; `words` is the document's member "words" or null. All outlive this.
  Names(Language language, std::int32_t offset_minutes, const directory::Context& context,
        const rules::Workflow* workflow, const Value* words);

  [[nodiscard]] Language language() const { return language_; }
  [[nodiscard]] std::string_view say(const Both& text) const { return text.in(language_); }

  [[nodiscard]] std::string body(std::string_view id) const;       ///< "Tangyuan Property Services (PSC-…)"
  [[nodiscard]] std::string role(std::string_view code) const;     ///< "handler"
  [[nodiscard]] std::string stage(std::string_view id) const;      ///< “Signed”
  [[nodiscard]] std::string command(std::string_view name) const;  ///< “Sign” (SignCase)
  [[nodiscard]] std::string clock(std::string_view id) const;      ///< “Handling”
  /// What a field or a fact is called: cmd.reason, case.lead, clock.handle.state.
  [[nodiscard]] std::string fact(std::string_view name) const;
  [[nodiscard]] std::string field(std::string_view name) const;
  /// A value as a sentence can hold it; sealed text is said to be sealed.
  [[nodiscard]] std::string value(const Value& value) const;
  [[nodiscard]] std::string amount(std::int64_t n, calendar::Unit unit) const;

  [[nodiscard]] std::string day(Date date) const;    ///< "18 May 2026", "2026年5月18日"
  [[nodiscard]] std::string time(Instant at) const;  ///< with the time of day
  /// A due time: the first moment after the period. "the end of 8 June 2026" at midnight, else the time.
  [[nodiscard]] std::string due(Instant at) const;

 private:
  [[nodiscard]] std::string word(std::string_view code) const;  ///< of the workflow, or empty
  [[nodiscard]] std::string quoted(std::string_view title) const;
  [[nodiscard]] std::string code(std::string_view code) const;
  [[nodiscard]] std::string with_code(std::string_view title, std::string_view code) const;

  Language language_;
  std::int32_t offset_minutes_;
  const directory::Context& context_;
  const rules::Workflow* workflow_;
  const Value* words_;
};

}  // namespace lastkm::explain
