#include "engine/log/crash_point.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string>

namespace lastkm::log {

namespace {

struct Chosen {
  std::string name;
  std::atomic<int> left{0};
  Chosen() {
    const char* variable =
        std::getenv("LASTKM_CRASH_AT");  // NOLINT(concurrency-mt-unsafe): read once, before threads
    if (variable == nullptr) return;
    const std::string_view text(variable);
    const std::size_t colon = text.rfind(':');
    int passings = 1;
    if (colon != std::string_view::npos)
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), passings);
    name = text.substr(0, colon);
    left = passings;
  }
};

}  // namespace

bool crash_is_due(std::string_view name) {
  static Chosen chosen;
  return !chosen.name.empty() && chosen.name == name && --chosen.left == 0;
}

// The call of the kernel itself: ::_exit is one that sanitizers look in at, which then judge threads that
// nobody had the time to join, and end with a code of their own.
void crash_now() {
  for (;;) ::syscall(SYS_exit_group, 137);
}

}  // namespace lastkm::log
