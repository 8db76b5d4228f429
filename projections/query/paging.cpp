#include "projections/query/paging.h"

#include <charconv>

#include "engine/record/digest.h"

namespace lastkm::projections {

Result<std::string> key_in(std::string_view cursor) {
  std::string key;
  bool good = cursor.size() % 2 == 0;
  for (std::size_t i = 0; good && i < cursor.size(); i += 2) {
    unsigned int byte = 0;
    const auto [end, failed] = std::from_chars(cursor.data() + i, cursor.data() + i + 2, byte, 16);
    good = failed == std::errc{} && end == cursor.data() + i + 2;
    key.push_back(static_cast<char>(byte));
  }
  if (good) return key;
  return Error{ErrorKind::bad_input, "bad-cursor",
               "'" + std::string(cursor) + "' is no cursor of an earlier page", ""};
}

std::string cursor_of(std::string_view key) {
  return record::hex(key);
}

}  // namespace lastkm::projections
