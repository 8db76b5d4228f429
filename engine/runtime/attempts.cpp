#include "engine/runtime/attempts.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace lastkm::runtime {

Result<std::unique_ptr<Attempts>> Attempts::open(const std::string& file, std::int32_t lanes) {
  std::unique_ptr<Attempts> attempts(new Attempts());
  attempts->bytes_ = sizeof(Note) * static_cast<std::size_t>(lanes);
  if (file.empty()) {
    attempts->notes_ = new Note[static_cast<std::size_t>(lanes)]();
    return attempts;
  }
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  // With its blocks, for a write into a hole ends the process where the disk is full.
  int why = fd < 0 ? errno : EINTR;
  while (why == EINTR) why = ::posix_fallocate(fd, 0, static_cast<off_t>(attempts->bytes_));
  void* memory = MAP_FAILED;
  if (why == 0) {
    memory = ::mmap(nullptr, attempts->bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    why = errno;
  }
  if (fd >= 0) ::close(fd);
  if (memory == MAP_FAILED) {
    return Error{ErrorKind::refused, "cannot-write",
                 "cannot keep notes in " + file + ": " + std::strerror(why), file};
  }
  attempts->notes_ = static_cast<Note*>(memory);
  attempts->mapped_ = true;
  return attempts;
}

Attempts::~Attempts() {
  if (mapped_) {
    ::munmap(notes_, bytes_);
  } else {
    delete[] notes_;
  }
}

int Attempts::deaths(LaneId lane, Ordinal ordinal) const {
  const Note& note = notes_[lane.value];
  return note.ordinal == ordinal.value ? note.begun : 0;
}

void Attempts::begin(LaneId lane, Ordinal ordinal) {
  Note& note = notes_[lane.value];
  if (note.ordinal != ordinal.value) note = Note{ordinal.value, 0, 0};
  ++note.begun;
}

void Attempts::end(LaneId lane) {
  notes_[lane.value].begun = 0;
}

void Attempts::forget(LaneId lane) {
  notes_[lane.value] = Note{};
}

}  // namespace lastkm::runtime
