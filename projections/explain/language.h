// Texts in the two languages of an explanation, and patterns that are filled in.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/rules/workflow.h"

namespace lastkm::explain {

using rules::Language;

/// One text in both languages.
struct Both {
  std::string_view zh;
  std::string_view en;
  [[nodiscard]] std::string_view in(Language language) const {
    return language == Language::chinese ? zh : en;
  }
};

/// The text in the language, or the other one where it is empty.
[[nodiscard]] std::string in(const rules::Bilingual& text, Language language);

/// The pattern with {0} to {9} replaced. What is filled in is not searched again.
[[nodiscard]] std::string fill(std::string_view pattern, std::initializer_list<std::string_view> values);

/// Items as a list of the language: "a, b" or "a、b"; clauses, which may hold such lists themselves: "a; b"
/// or "a；b".
class Listing {
 public:
  enum class Between : std::uint8_t { items, clauses };
  explicit Listing(Language language, Between between = Between::items)
      : language_(language), between_(between) {}
  void add(std::string_view item);
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  Language language_;
  Between between_;
  std::string text_;
};

}  // namespace lastkm::explain
