#include "projections/explain/language.h"

namespace lastkm::explain {

std::string in(const rules::Bilingual& text, Language language) {
  const bool chinese = language == Language::chinese;
  const std::string& wanted = chinese ? text.zh : text.en;
  return wanted.empty() ? (chinese ? text.en : text.zh) : wanted;
}

std::string fill(std::string_view pattern, std::initializer_list<std::string_view> values) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool place = pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}';
    const auto index = place ? static_cast<std::size_t>(pattern[i + 1] - '0') : values.size();
    if (index < values.size()) {
      out += *(values.begin() + index);
      i += 2;
    } else {
      out += pattern[i];
    }
  }
  return out;
}

void Listing::add(std::string_view item) {
  const Both between = between_ == Between::items ? Both{"、", ", "} : Both{"；", "; "};
  if (!text_.empty()) text_ += between.in(language_);
  text_ += item;
}

}  // namespace lastkm::explain
