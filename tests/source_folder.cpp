#include "tests/source_folder.h"

namespace lastkm::test {

std::string source_folder() {
  return LASTKM_SOURCE_DIR;
}

}  // namespace lastkm::test
