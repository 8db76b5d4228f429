// What the parts of a workflow document have in common: titles, expressions, and effects with their events
// and clock operations.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fields.h"
#include "engine/rules/names.h"
#include "engine/rules/workflow.h"

namespace lastkm::rules {

/// `fields` are those of the command that the part belongs to; nullptr: there is no command.
class PartReader {
 public:
  using Need = Fields::Need;
  /// Stages and the names of clocks are `known` before expressions and effects are read. Both outlive this.
  PartReader(const Workflow& known, Faults& faults) : known_(known), faults_(faults) {}

  void fault(std::string pointer, std::string code, std::string text);
  /// A code; that it has the form is proven later, so that what was published under older rules can be read.
  static std::string name(Fields& fields, std::string_view member, NameForm form, Need need = Need::required);
  Bilingual bilingual(Fields& fields, std::string_view name, Need need = Need::required);
  /// Of one of these types, or of any where none is given.
  Program program(std::string_view text, const std::string& pointer, const std::vector<Field>* fields,
                  std::initializer_list<Type> types);
  Program optional_program(Fields& from, std::string_view name, const std::vector<Field>* fields,
                           std::initializer_list<Type> types, Need need = Need::optional);
  void check_stage(const std::string& id, const std::string& pointer);
  Effects read_effects(Fields& from, const std::vector<Field>* fields);

 private:
  EventRule read_event(const Value& value, const std::string& pointer, const std::vector<Field>* fields);
  Program data_program(const std::string& text, const std::string& at, const std::vector<Field>* fields);
  ClockOperation read_operation(const Value& value, const std::string& pointer,
                                const std::vector<Field>* fields);
  AskRule read_ask(const Value& value, const std::string& pointer, const std::vector<Field>* fields);

  const Workflow& known_;
  Faults& faults_;
};

}  // namespace lastkm::rules
