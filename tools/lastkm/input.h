// What a verb reads line by line or row by row, however long: a file, or the caller's input.
#pragma once

#include <cstdint>
#include <fstream>
#include <istream>
#include <memory>
#include <string>

#include "tools/lastkm/session.h"

namespace lastkm::tool {

class Input {
 public:
  /// The input where the name is "-". bad_input "not-a-file"; not_found "no-such-file"; errors of
  /// may_read.
  [[nodiscard]] static Result<Input> open(Session& session, const std::string& name);

  [[nodiscard]] std::istream& stream() { return file_ ? *file_ : *given_; }
  /// Bytes; 0: not known.
  [[nodiscard]] std::int64_t size() const { return size_; }
  /// How many of them have been read.
  [[nodiscard]] std::int64_t at();
  /// Whether to read on would be to wait for who writes it.
  [[nodiscard]] bool is_idle() { return stream().rdbuf()->in_avail() <= 0; }

 private:
  std::istream* given_ = nullptr;
  std::unique_ptr<std::ifstream> file_;
  std::int64_t size_ = 0;
};

}  // namespace lastkm::tool
