#include "engine/log/free_space.h"

#include <sys/statvfs.h>

namespace lastkm::log {

std::uint64_t FreeSpace::bytes() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - asked_at_ > std::chrono::milliseconds(200)) {
    struct statvfs about {};
    bytes_ = ::statvfs(folder_.c_str(), &about) == 0 ? about.f_bavail * about.f_frsize : UINT64_MAX;
    asked_at_ = now;
  }
  return bytes_;
}

}  // namespace lastkm::log
