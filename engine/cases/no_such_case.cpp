#include "engine/cases/no_such_case.h"

#include <utility>

namespace lastkm::cases {

Error no_such_case(std::string_view named, std::string path) {
  return Error{
      ErrorKind::not_found, "no-such-case",
      "there is no case '" + std::string(named) +
          "': give its id (32 hex digits), its reference number, such as 17-000042, or the caller's own as "
          "CHANNEL/REFERENCE",
      std::move(path)};
}

}  // namespace lastkm::cases
