// The high-water mark: how many records were promised to survive. Lies outside the log's database, so that a
// database that opens short is noticed. Two slots are written in turn, each with a checksum: a torn write
// leaves the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.h"

namespace lastkm::log {

class Acknowledged {
 public:
  /// Makes the file with a mark of 0; when this returns the file and the entries of its folder are on disk.
  /// One that is there is left as it is.
  [[nodiscard]] static Status make_if_missing(const std::string& file);
  /// integrity "mark-missing", "mark-damaged".
  [[nodiscard]] static Result<std::unique_ptr<Acknowledged>> open(const std::string& file, bool read_only);
  ~Acknowledged();
  Acknowledged(const Acknowledged&) = delete;
  Acknowledged& operator=(const Acknowledged&) = delete;

  [[nodiscard]] std::int64_t records() const { return records_; }
  /// Returns once the mark is on disk. Lower than before: nothing is written. After an error call it no more:
  /// what a second sync says of a page that the first one lost is not true.
  [[nodiscard]] Status raise(std::int64_t records);

 private:
  Acknowledged() = default;
  std::string file_;
  int fd_ = -1;
  std::uint64_t turn_ = 0;
  std::int64_t records_ = 0;
};

}  // namespace lastkm::log
