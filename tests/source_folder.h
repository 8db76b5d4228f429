// Where the checkout lies: tests read shipped documents there. One object file knows the path, so that the
// others are equal in every checkout and a compiler cache serves them all.
#pragma once

#include <string>

namespace lastkm::test {

[[nodiscard]] std::string source_folder();

}  // namespace lastkm::test
