#include "tools/lastkm/memory.h"

#ifdef LASTKM_JEMALLOC
#include <jemalloc/jemalloc.h>

#include <sys/types.h>
#include <cstddef>
#include <string>
#endif

namespace lastkm::tool {

void give_memory_back_at_once() {
#ifdef LASTKM_JEMALLOC
  ssize_t at_once = 0;
  (void)mallctl("arenas.dirty_decay_ms", nullptr, nullptr, &at_once, sizeof(at_once));  // those to come
  unsigned arenas = 0;
  std::size_t size = sizeof(arenas);
  if (mallctl("arenas.narenas", &arenas, &size, nullptr, 0) != 0) return;
  for (unsigned arena = 0; arena < arenas; ++arena) {
    const std::string decay = "arena." + std::to_string(arena) + ".dirty_decay_ms";
    (void)mallctl(decay.c_str(), nullptr, nullptr, &at_once, sizeof(at_once));  // fails where nothing is yet
  }
#endif
}

}  // namespace lastkm::tool
