// The high-water mark: how many records were promised to survive. Lies outside the log's database, so that a database
// that opens short is noticed. Two slots are written in turn, each with a checksum: a torn write leaves the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.h"

namespace lastkm::log {

class Acknowledged {
 public:
  /// Opens the file, making it where it is missing and `may_create`. integrity "mark-missing", "mark-damaged".
  [[nodiscard]] static Result<std::unique_ptr<Acknowledged>> open(const std::string& file, bool may_create, bool read_only);
  ~Acknowledged();
  Acknowledged(const Acknowledged&) = delete;
  Acknowledged& operator=(const Acknowledged&) = delete;

  [[nodiscard]] std::int64_t records() const { return records_; }
  /// Returns once the mark is on disk. Lower than before: nothing is written.
  [[nodiscard]] Status raise(std::int64_t records);

 private:
  Acknowledged() = default;
  std::string file_;
  int fd_ = -1;
  std::uint64_t turn_ = 0;
  std::int64_t records_ = 0;
};

}  // namespace lastkm::log
