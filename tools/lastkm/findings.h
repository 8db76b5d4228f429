// What is wrong with a document, where it stands in its file, for people and for programs.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "engine/base/value.h"
#include "engine/json/read.h"
#include "tools/lastkm/session.h"

namespace lastkm::tool {

/// Every finding on a file's text as {"code","severity","line","column","path","text"}: of reading it as
/// JSON, of reading the document, and of what must be proven of it; by line and column. With the roles that
/// bodies play a workflow is held against them.
[[nodiscard]] Array findings_in(const std::string& bytes, const std::string& file,
                                const std::set<std::string>* played);
/// "FILE:12:3: error code: text", and the JSON pointer on a line of its own.
void print_findings(Session& session, std::string_view file, const Array& findings);
/// All of them as one error: bad_input with the code and place of the first. `findings` is not empty.
[[nodiscard]] Error error_of(std::string_view file, const Array& findings);

}  // namespace lastkm::tool
