#include "projections/query/paging.h"

#include <charconv>

#include "engine/record/digest.h"

namespace lastkm::projections {

namespace {
constexpr std::size_t kMarkDigits = 32;
}

Result<std::string> Cursors::key_in(std::string_view cursor) const {
  if (cursor.empty()) return std::string();
  const std::size_t dot = cursor.find('.');
  const std::string_view digits = cursor.substr(0, dot);
  std::string key;
  bool good = dot != std::string_view::npos && digits.size() % 2 == 0;
  for (std::size_t i = 0; good && i < digits.size(); i += 2) {
    unsigned int byte = 0;
    const auto [end, failed] = std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    good = failed == std::errc{} && end == digits.data() + i + 2;
    key.push_back(static_cast<char>(byte));
  }
  if (good && cursor.substr(dot + 1) == mark(key)) return key;
  return Error{ErrorKind::bad_input, "bad-cursor",
               "'" + std::string(cursor) + "' is no cursor that this query gave; begin again without one",
               ""};
}

std::string Cursors::of(std::string_view key) const {
  return record::hex(key) + "." + mark(key);
}

std::string Cursors::mark(std::string_view key) const {
  // Half of the hash is kept back, so that nobody can go on hashing from it.
  return record::hex(record::sha256(secret_ + "\n" + query_ + "\n" + std::string(key)))
      .substr(0, kMarkDigits);
}

}  // namespace lastkm::projections
