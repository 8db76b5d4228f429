// What a thread is for, as `top -H`, `perf` and a debugger show it.
#pragma once

#include <pthread.h>

namespace lastkm {

/// Names the calling thread; `name` has at most 15 characters (Linux keeps no more).
inline void name_thread(const char* name) {
  (void)::pthread_setname_np(::pthread_self(), name);
}

}  // namespace lastkm
