#include "tools/lastkm/named_case.h"

#include <vector>

#include "engine/intake/import.h"
#include "engine/intake/text.h"
#include "tools/lastkm/known_codes.h"

namespace lastkm::tool {

namespace {

struct Found {
  std::string channel, id;
};

/// Ids of cases are made of the channel and the reference, by a key of the vault: so no view is asked.
void look_in(runtime::Engine& engine, std::string_view channel, std::string_view reference,
             std::vector<Found>& found) {
  const AggregateId id = engine.vault().aggregate_of(channel, reference);
  if (engine.find_case(id.value)) found.push_back({std::string(channel), id.value});
}

}  // namespace

Result<std::string> case_named(runtime::Engine& engine, const std::string& given) {
  if (!intake::is_identifier(given) || engine.find_case(given)) return given;
  std::vector<Found> found;
  if (const std::size_t slash = given.find('/'); slash != std::string::npos)
    look_in(engine, given.substr(0, slash), given.substr(slash + 1), found);
  if (found.empty()) {
    for (const std::string& channel : worded_codes(engine)) look_in(engine, channel, given, found);
    for (const std::string_view format : intake::formats()) look_in(engine, format, given, found);
  }
  if (found.empty()) return given;
  if (found.size() == 1) return found.front().id;
  std::string text = "Several cases have the reference " + given + "; say which:";
  for (const Found& one : found) text += " " + one.channel + "/" + given;
  return Error{ErrorKind::bad_input, "ambiguous-reference", text + ".", ""};
}

}  // namespace lastkm::tool
