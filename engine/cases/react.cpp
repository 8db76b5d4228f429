#include "engine/cases/decide.h"

namespace lastkm::cases {

// No event of version 1 asks anything of another case.
std::vector<Request> react(const CaseState&, const record::Event&) {
  return {};
}

}  // namespace lastkm::cases
