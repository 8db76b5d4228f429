// A published document as lines of text: what `directory show` prints, and what "line" means wherever a rule
// is cited. It is made from the document alone, so whoever has the log counts the same lines: members in
// their canonical order, two spaces a level, and a value on one line where it fits into 110 columns.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/value.h"

namespace lastkm::explain {

struct DocumentText {
  std::string text;  ///< ends with a newline
  std::map<std::string, int, std::less<>>
      lines;  ///< by JSON pointer (RFC 6901): where the value begins, from 1
};

[[nodiscard]] DocumentText document_text(const Value& document);

/// The line at which the pointer's value begins, or that of its nearest ancestor.
[[nodiscard]] int line_of(const DocumentText& text, std::string_view pointer);

}  // namespace lastkm::explain
