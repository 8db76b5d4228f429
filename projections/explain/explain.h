// Why each step of a case was taken, or refused, in words that can stand in a file note. Made from the
// decisions, the commands that they answer and the documents in force; nothing is decided again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/value.h"
#include "engine/cases/state.h"
#include "engine/directory/context.h"
#include "engine/record/command.h"
#include "engine/record/decision.h"
#include "projections/explain/document_text.h"
#include "projections/explain/language.h"

namespace lastkm::explain {

/// One decision on a case, the command that it answers where that can be read, and the case before it.
struct Turn {
  record::Decision decision;
  std::optional<record::Command> command;
  cases::CaseState before;
};

class Explainer {
 public:
  /// What was in force at a directory ordinal; nullptr: unknown.
  using ContextAt = std::function<std::shared_ptr<const directory::Context>(DirectoryOrdinal)>;

  Explainer(std::vector<record::Document> documents, ContextAt context_at, Language language,
            std::int32_t offset_minutes);

  /// A line of `audit explain` for each event of the decision, then one for a refusal or a repeat:
  /// {"seq","when","who","kind":"event|refusal|repeat","event","command","rule","place":{"document","line"}|null,
  /// "workflow","facts","clocks":[{"name","change","due","how"}],"refused":{"code","needed"}|null,
  /// "decision":"LANE:ORDINAL","text"}.
  [[nodiscard]] std::vector<Value> lines(const Turn& turn);

 private:
  friend class TurnExplainer;
  const Value* document(std::string_view kind, std::string_view id, std::int64_t version) const;
  const DocumentText* text_of(std::string_view workflow, std::int64_t version);

  std::vector<record::Document> documents_;
  ContextAt context_at_;
  Language language_;
  std::int32_t offset_minutes_;
  std::map<std::string, DocumentText, std::less<>> texts_;  ///< by ID@VERSION
};

}  // namespace lastkm::explain
