// A disk that loses power, laid under a whole program with LD_PRELOAD. The program writes its folder as ever;
// what it syncs is copied to a second folder, the disk. When the program is killed the first folder is what a
// page cache would have had, and the second is what is left after loss of power: files at their last synced
// length, names that a synced file or folder bears. Also plays a full disk and a clock that is wrong.
//   DISK_CACHE=DIR DISK_DISK=DIR   the two folders; both exist and are equal at the start
//   DISK_LIES=1                    syncs are answered and nothing is copied (a control)
//   DISK_FREE=BYTES                what statvfs says is free
//   DISK_CLOCK=SECONDS             added to the wall clock
//   DISK_FAILS=FILE                while FILE is there, what its lines name fails: "write /log/ 5" writes to
//                                  paths with "/log/" in them, by errno 5; "sync /log/ 5" their syncs
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

template <class F>
F real(const char* name) {
  void* const found = ::dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  F out = nullptr;
  std::memcpy(&out, &found, sizeof out);
  return out;
}

std::string variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

bool lies() {
  static const bool set = !variable("DISK_LIES").empty();
  return set;
}

std::recursive_mutex& guard() {
  static std::recursive_mutex& mutex = *new std::recursive_mutex();
  return mutex;
}

/// The path on the disk of a path in the folder; empty where it lies elsewhere.
std::string on_disk(const std::string& path) {
  // Never destroyed: threads of the program may outlive this library's end.
  static const std::string& cache = *new std::string(variable("DISK_CACHE"));
  static const std::string& disk = *new std::string(variable("DISK_DISK"));
  if (cache.empty() || !path.starts_with(cache + "/")) return path == cache && !cache.empty() ? disk : "";
  return disk + path.substr(cache.size());
}

std::string absolute(const char* path, int folder = AT_FDCWD) {
  const std::string given(path);
  if (given.starts_with("/")) return fs::path(given).lexically_normal().string();
  std::string base = folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(folder);
  char text[4096];
  const ssize_t size = ::readlink(base.c_str(), text, sizeof text);
  return size < 0 ? ""
                  : (fs::path(std::string(text, static_cast<std::size_t>(size))) / given)
                        .lexically_normal()
                        .string();
}

std::string path_of(int file) {
  char text[4096];
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), text, sizeof text);
  return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
}

/// Files that only grow are copied from where the disk's copy ends; others whole.
bool only_grows(const std::string& path) {
  return path.ends_with(".log") || path.ends_with(".sst") || path.find("/MANIFEST-") != std::string::npos;
}

void copy_file(const std::string& from, const std::string& to) {
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) return;
  const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (out < 0) std::abort();
  struct stat have {};
  ::fstat(out, &have);
  off_t at = only_grows(from) ? have.st_size : 0;
  std::vector<char> buffer(1U << 18U);
  while (true) {
    const ssize_t n = ::pread(in, buffer.data(), buffer.size(), at);
    if (n <= 0) break;
    static const auto put = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
    if (put(out, buffer.data(), static_cast<std::size_t>(n), at) != n) std::abort();
    at += n;
  }
  if (!only_grows(from)) {
    static const auto cut = real<int (*)(int, off_t)>("ftruncate");
    if (cut(out, at) != 0) std::abort();
  }
  ::close(out);
  ::close(in);
}

/// The names in a folder, with nothing in those that were never synced themselves.
void copy_names(const std::string& from, const std::string& to) {
  std::error_code gone;
  fs::create_directories(to, gone);
  for (const auto& entry : fs::directory_iterator(from, gone)) {
    const std::string name = to + "/" + entry.path().filename().string();
    if (fs::exists(name, gone)) continue;
    if (entry.is_directory(gone)) {
      ::mkdir(name.c_str(), 0700);
    } else if (entry.is_regular_file(gone)) {
      ::close(::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
  }
}

int synced(int file) {
  const std::string path = path_of(file);
  const std::string disk = on_disk(path);
  if (disk.empty()) return -1;
  if (lies()) return 0;
  const std::lock_guard lock(guard());
  std::error_code gone;
  if (fs::is_directory(path, gone)) {
    copy_names(path, disk);
  } else if (fs::exists(path, gone)) {
    fs::create_directories(fs::path(disk).parent_path(), gone);
    copy_file(path, disk);
  }
  return 0;
}

/// Whether a call of this kind on the file fails now; errno then says how.
bool fails(const char* call, int file) {
  static const std::string& faults = *new std::string(variable("DISK_FAILS"));
  if (faults.empty() || ::access(faults.c_str(), F_OK) != 0) return false;
  std::ifstream lines(faults);
  const std::string path = path_of(file);
  std::string kind, part;
  int error = 0;
  while (lines >> kind >> part >> error) {
    if (kind != call || path.find(part) == std::string::npos) continue;
    errno = error;
    return true;
  }
  return false;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t)>("write");
  return fails("write", file) ? -1 : next(file, bytes, size);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return fails("write", file) ? -1 : next(file, bytes, size, at);
}

int fsync(int file) {
  static const auto next = real<int (*)(int)>("fsync");
  if (fails("sync", file)) return -1;
  return synced(file) == 0 ? 0 : next(file);
}

int fdatasync(int file) {
  static const auto next = real<int (*)(int)>("fdatasync");
  if (fails("sync", file)) return -1;
  return synced(file) == 0 ? 0 : next(file);
}

// Names are kept as a journalling file system keeps them: at once, with what was synced of the file.
int rename(const char* from, const char* to) noexcept {
  static const auto next = real<int (*)(const char*, const char*)>("rename");
  const std::lock_guard lock(guard());
  const std::string a = on_disk(absolute(from));
  const std::string b = on_disk(absolute(to));
  const int done = next(from, to);
  if (done == 0 && !a.empty() && !b.empty() && !lies()) {
    const int error = errno;
    if (next(a.c_str(), b.c_str()) != 0)
      copy_names(fs::path(absolute(to)).parent_path(), fs::path(b).parent_path());
    errno = error;
  }
  return done;
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  static const auto next = real<int (*)(int, const char*, int)>("unlinkat");
  const std::lock_guard lock(guard());
  const std::string disk = on_disk(absolute(path, folder));
  const int done = next(folder, path, flags);
  if (done == 0 && !disk.empty() && !lies()) {
    const int error = errno;
    next(AT_FDCWD, disk.c_str(), flags);
    errno = error;
  }
  return done;
}

int unlink(const char* path) noexcept {
  return unlinkat(AT_FDCWD, path, 0);
}

int statvfs(const char* path, struct statvfs* about) noexcept {
  static const auto next = real<int (*)(const char*, struct statvfs*)>("statvfs");
  const int done = next(path, about);
  if (const std::string free = variable("DISK_FREE"); done == 0 && !free.empty()) {
    about->f_bavail = std::strtoull(free.c_str(), nullptr, 10) / about->f_frsize;
    about->f_bfree = about->f_bavail;
  }
  return done;
}

int clock_gettime(clockid_t clock, struct timespec* time) noexcept {
  static const auto next = real<int (*)(clockid_t, struct timespec*)>("clock_gettime");
  const int done = next(clock, time);
  static const long shift = std::atol(variable("DISK_CLOCK").c_str());
  if (done == 0 && clock == CLOCK_REALTIME) time->tv_sec += shift;
  return done;
}

}  // extern "C"
