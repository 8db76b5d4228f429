#include "engine/cases/react.h"

#include <algorithm>
#include <utility>

namespace lastkm::cases {

namespace {

constexpr std::size_t kIdLength = 32;

bool is_case_id(std::string_view text) {
  return text.size() == kIdLength && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<Value> input_of(const rules::AskRule& ask, const CaseFacts& facts) {
  Object out;
  for (const auto& [name, program] : ask.data) {
    auto value = program.evaluate(facts);
    if (!value) return value.error();
    if (!std::holds_alternative<std::monostate>(*value)) out.set(name, to_value(*value));
  }
  return Value(std::move(out));
}

Result<std::vector<std::string>> asked_by(const rules::AskRule& ask, const CaseFacts& facts) {
  auto of = ask.of.evaluate(facts);
  if (!of) return of.error();
  std::vector<std::string> out;
  if (const auto* one = std::get_if<std::string_view>(&*of); one != nullptr && !one->empty())
    out.emplace_back(*one);
  if (const auto* many = std::get_if<std::span<const std::string_view>>(&*of))
    out.assign(many->begin(), many->end());
  for (const std::string& id : out) {
    if (!is_case_id(id)) {
      return Error{ErrorKind::refused, "bad-case",
                   "A case is named by its id, 32 hex digits: look it up by its reference number.", ""};
    }
  }
  return out;
}

}  // namespace

Result<std::vector<Request>> react(const std::vector<rules::AskRule>& asks, const CaseFacts& facts) {
  std::vector<Request> out;
  for (const rules::AskRule& ask : asks) {
    if (!ask.when.empty()) {
      auto holds = ask.when.holds(facts);
      if (!holds) return holds.error();
      if (!*holds) continue;
    }
    auto cases = asked_by(ask, facts);
    if (!cases) return cases.error();
    if (cases->empty()) continue;
    auto input = input_of(ask, facts);
    if (!input) return input.error();
    for (std::string& id : *cases)
      out.push_back({AggregateId(std::move(id)), ask.command, *input, ask.refused});
  }
  return out;
}

}  // namespace lastkm::cases
