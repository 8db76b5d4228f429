#include "engine/log/acknowledged.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace lastkm::log {

namespace {

struct Slot {
  std::uint64_t turn = 0;
  std::int64_t records = 0;
  std::uint64_t sum = 0;
};
constexpr off_t kSlotBytes = 512;  // a sector each: one torn write cannot spoil both

/// FNV-1a, 64 bits: finds torn and rotten slots; it is no protection against a forger.
std::uint64_t sum_of(const Slot& slot) {
  std::array<unsigned char, 16> bytes{};
  std::memcpy(bytes.data(), &slot.turn, 8);
  std::memcpy(bytes.data() + 8, &slot.records, 8);
  std::uint64_t sum = 14695981039346656037ULL;
  for (const unsigned char byte : bytes) sum = (sum ^ byte) * 1099511628211ULL;
  return sum;
}

bool write_slot(int fd, const Slot& slot) {
  const off_t at = static_cast<off_t>(slot.turn % 2) * kSlotBytes;
  return ::pwrite(fd, &slot, sizeof slot, at) == static_cast<ssize_t>(sizeof slot) && ::fdatasync(fd) == 0;
}

}  // namespace

Status Acknowledged::make_if_missing(const std::string& file) {
  if (::access(file.c_str(), F_OK) == 0) return done();
  // Under another name first: a file that is there is whole.
  const std::string unfinished = file + ".new";
  const std::string folder = std::filesystem::path(file).parent_path().string();
  const int fd = ::open(unfinished.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Slot first;
  first.sum = sum_of(first);
  bool made = fd >= 0 && ::ftruncate(fd, 2 * kSlotBytes) == 0 && write_slot(fd, first) && ::fsync(fd) == 0 &&
              ::rename(unfinished.c_str(), file.c_str()) == 0;
  const int folder_fd = made ? ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  made = made && folder_fd >= 0 && ::fsync(folder_fd) == 0;
  const int why = errno;
  if (folder_fd >= 0) ::close(folder_fd);
  if (fd >= 0) ::close(fd);
  if (made) return done();
  return Error{ErrorKind::refused, "cannot-write", "cannot write " + file + ": " + std::strerror(why), file};
}

Result<std::unique_ptr<Acknowledged>> Acknowledged::open(const std::string& file, bool read_only) {
  std::unique_ptr<Acknowledged> mark(new Acknowledged());
  mark->file_ = file;
  mark->fd_ = ::open(file.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
  if (mark->fd_ < 0) {
    return Error{
        ErrorKind::integrity, "mark-missing",
        file + " (how many records were acknowledged) cannot be opened: " + std::strerror(errno) +
            ". Without it nobody can tell whether the log is whole; restore the folder from a backup",
        file};
  }
  bool found = false;
  for (off_t i = 0; i < 2; ++i) {
    Slot slot;
    if (::pread(mark->fd_, &slot, sizeof slot, i * kSlotBytes) != static_cast<ssize_t>(sizeof slot)) continue;
    if (slot.sum != sum_of(slot) || (found && slot.turn < mark->turn_)) continue;
    mark->turn_ = slot.turn;
    mark->records_ = slot.records;
    found = true;
  }
  if (!found) {
    return Error{ErrorKind::integrity, "mark-damaged",
                 file + " is damaged in both of its slots; restore it from a backup", file};
  }
  return mark;
}

Acknowledged::~Acknowledged() {
  if (fd_ >= 0) ::close(fd_);
}

Status Acknowledged::raise(std::int64_t records) {
  if (records <= records_) return done();
  Slot slot;
  slot.turn = turn_ + 1;
  slot.records = records;
  slot.sum = sum_of(slot);
  if (!write_slot(fd_, slot)) {
    return Error{ErrorKind::unknown_outcome, "unknown", "cannot write " + file_ + ": " + std::strerror(errno),
                 file_};
  }
  turn_ = slot.turn;
  records_ = records;
  return done();
}

}  // namespace lastkm::log
