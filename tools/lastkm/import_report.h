// The report of an import: what became of the rows, and the list of those that were refused, however long it
// grows.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/value.h"
#include "engine/intake/import.h"
#include "engine/runtime/scratch_folder.h"
#include "tools/lastkm/session.h"

namespace lastkm::tool {

/// What became of one row.
struct RowResult {
  std::int64_t row = 0;
  std::int64_t line = 0;    ///< of the file; 0: not known
  std::string_view result;  ///< created, same, supplemented, refused
  std::string id, ref;      ///< the case; empty where there is none
  std::string code, text;   ///< why it was refused
  std::string column;       ///< for which of its members; may be empty
  intake::Cleaned cleaned;
};
[[nodiscard]] Value to_value(const RowResult& result);

/// Refused rows as the elements of a JSON array. What does not fit in a little memory lies in a temporary
/// file.
class Refusals {
 public:
  void add(const RowResult& result);
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// The first of them, for people.
  [[nodiscard]] const std::vector<RowResult>& first() const { return first_; }
  /// Writes the array. False where the temporary file could not be read or written.
  [[nodiscard]] bool print(std::ostream& out);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void spill();
  /// Where refused rows go that do not fit in memory; nullptr where there is no room.
  [[nodiscard]] std::FILE* file();

  std::int64_t count_ = 0;
  std::vector<RowResult> first_;
  std::string recent_;
  std::optional<runtime::ScratchFolder> folder_;
  std::unique_ptr<std::FILE, Close> earlier_;
  bool failed_ = false;
};

struct ImportSum {
  std::int64_t rows = 0, created = 0, same = 0, supplemented = 0;
  intake::Cleaned cleaned;
  Refusals refused;

  void count(const RowResult& result);
};

/// One document, or sentences and tables. refused "cannot-write" where the list of refused rows was lost.
[[nodiscard]] Status print(Session& session, ImportSum& sum, bool dry_run);

}  // namespace lastkm::tool
