// Any bytes as an expression: compile() answers with a program or a refusal, and a program with a value or a
// refusal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/rules/cel_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastkm::rules;
  static const Vocabulary vocabulary = test_vocabulary();
  static const TestFacts facts;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto program = compile(text, vocabulary);
  if (!program) {
    if (!program.error().code.starts_with("cel-") || !program.error().path.starts_with("+")) std::abort();
    return 0;
  }
  const auto value = program->evaluate(facts);
  if (!value && value.error().code != "evaluation") std::abort();
  if (value && value->index() != 0 && value->index() != static_cast<std::size_t>(program->type()))
    std::abort();
  return 0;
}
