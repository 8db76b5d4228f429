// The codes that the documents of a deployment know, in every version that was ever published: what may be
// asked for, whether a case has it or not.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/runtime/engine.h"

namespace lastkm::tool {

/// All that workflows have a word for: channels, among others.
[[nodiscard]] std::set<std::string, std::less<>> worded_codes(const runtime::Engine& engine);

/// Whether a term of `case list --where` that no case has may be meant: done() where its code is known, or it
/// asks for no code. not_found "unknown-stage", "unknown-body", "unknown-place" … with a code that is near,
/// or what else it is. Only the directory and the catalogue are complete (is_complete): what no workflow has
/// a word for may still come.
[[nodiscard]] Status check_term(const runtime::Engine& engine, std::string_view term);
/// Whether the documents hold every code that the term may ask for.
[[nodiscard]] bool is_complete(std::string_view term);

}  // namespace lastkm::tool
