#include "tools/lastkm/memory.h"

#ifdef LASTKM_MIMALLOC
#include <mimalloc.h>
#endif

namespace lastkm::tool {

void give_memory_back_at_once() {
#ifdef LASTKM_MIMALLOC
  mi_option_set_default(mi_option_decommit_delay, 0);
#endif
}

}  // namespace lastkm::tool
