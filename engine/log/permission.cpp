#include "engine/log/permission.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

namespace lastkm::log {

namespace {

bool is_denied(const std::string& path, int what) {
  return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) != 0 && errno == EACCES;
}

std::string name_of(uid_t user) {
  passwd found{};
  passwd* known = nullptr;
  std::array<char, 4096> text{};
  if (::getpwuid_r(user, &found, text.data(), text.size(), &known) == 0 && known != nullptr)
    return found.pw_name;
  return std::to_string(user);
}

/// `may_not` be done with `barrier`, which lies on the way to `path` or is it.
Error denied(const std::string& may_not, const std::string& barrier, const std::string& path) {
  struct stat is {};
  const bool known = ::stat(barrier.c_str(), &is) == 0;
  const bool own = known && is.st_uid == ::geteuid();
  std::string text =
      "the user " + name_of(::geteuid()) + ", who runs this, may not " + may_not + " " + barrier;
  if (own) text += ", although it is its own";
  if (known && !own) text += ", which belongs to the user " + name_of(is.st_uid);
  if (barrier != path) text += ", and so not open " + path;
  if (own) text += ": allow it with 'chmod u+rwX " + barrier + "'";
  if (known && !own) text += ": run this as " + name_of(is.st_uid);
  return Error{ErrorKind::refused, "permission-denied", std::move(text), barrier};
}

/// The first folder on the way to the path that may not be entered; the path itself where there is none.
std::string barrier_to(const std::filesystem::path& path) {
  std::filesystem::path way;
  for (const auto& part : path.parent_path()) {
    way /= part;
    if (is_denied(way.string(), X_OK)) return way.string();
  }
  return path.string();
}

}  // namespace

Status check_permission(const std::string& path, Use use) {
  struct stat is {};
  if (::stat(path.c_str(), &is) != 0)
    return errno == EACCES ? Status(denied("enter", barrier_to(path), path)) : done();
  if (is_denied(path, S_ISDIR(is.st_mode) ? R_OK | X_OK : R_OK)) return denied("read", path, path);
  if (use == Use::write && is_denied(path, W_OK)) return denied("write to", path, path);
  return done();
}

}  // namespace lastkm::log
