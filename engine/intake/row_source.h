// Rows of files from outside, whatever their form, as cells with names. Memory is bounded whatever the file's
// size: one row at a time, and a row above 1 MiB is refused and skipped.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/intake/clean.h"

namespace lastkm::intake {

inline constexpr std::size_t kRowBytes = 1U << 20U;

struct RawRow {
  std::int64_t number = 0;  ///< from 1, without the header
  std::int64_t line = 0;    ///< at which it begins, where the file is one of lines; else 0
  std::shared_ptr<const std::vector<std::string>> names;
  std::vector<std::string> cells;  ///< as many as names, raw; empty where refused
  std::string refused;  ///< code where the row cannot be read: "ragged-row", "truncated", "too-long",
                        ///< "malformed-json" …
  std::string why;      ///< a sentence without content of the row
  Cleaned cleaned;      ///< what was mended in reading it

  /// The cell of that name, or nullptr.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  /// Bytes that it holds, roughly.
  [[nodiscard]] std::size_t size() const;
};

class RowSource {
 public:
  virtual ~RowSource() = default;
  [[nodiscard]] virtual std::optional<RawRow> next() = 0;
  /// The columns of a file with a header; nullptr where rows bear their own names.
  [[nodiscard]] virtual const std::vector<std::string>* header() const { return nullptr; }
};

/// Buffers a stream, byte by byte and with a look ahead.
class ByteReader {
 public:
  explicit ByteReader(std::istream& in) : in_(in), buffer_(kAhead, '\0') {}
  /// The next byte, or -1 at the end.
  int get() { return peek() < 0 ? -1 : static_cast<unsigned char>(buffer_[at_++]); }
  int peek() {
    if (at_ == end_ && !fill()) return -1;
    return static_cast<unsigned char>(buffer_[at_]);
  }
  /// What comes next, up to 64 KiB; only before the first get().
  std::string_view ahead();
  void skip(std::size_t n) { at_ += n; }

 private:
  static constexpr std::size_t kAhead = 64U << 10U;
  bool fill();
  std::istream& in_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

/// RFC 4180, or with tabs or semicolons as the header shows. bad_input "empty-file".
[[nodiscard]] Result<std::unique_ptr<RowSource>> open_csv(std::unique_ptr<ByteReader> in, Cleaned& cleaned);
/// Objects of one array, or one object a line. Every number is kept as its text; members of nested objects
/// and arrays bear the names of their parents: "location/latitude", "notes/0/summary".
[[nodiscard]] std::unique_ptr<RowSource> open_json(std::unique_ptr<ByteReader> in, Cleaned& cleaned);
/// Each element `request`, also of a document that has lost its head or tail.
[[nodiscard]] std::unique_ptr<RowSource> open_xml(std::unique_ptr<ByteReader> in, Cleaned& cleaned);

}  // namespace lastkm::intake
