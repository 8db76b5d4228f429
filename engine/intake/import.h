// Importers: a file of another system, row by row, as submissions of the command ImportCase. One row at a
// time, whatever the file's size. What can be mended with certainty is mended and counted; what cannot be
// read is refused with its row and reason.
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
#include "engine/intake/dates.h"
#include "engine/intake/submission.h"

namespace lastkm::intake {

struct ImportOptions {
  record::Actor actor;  ///< who answers for the import
  std::string client = "import";
  std::string channel;  ///< instead of the format's own; empty: the format's
  std::optional<std::int32_t>
      zone_minutes;                ///< of times without a zone; absent: the format's (see formats())
  std::optional<DateOrder> dates;  ///< of 03/04/2022; absent: what the first rows show, else the format's
  bool clocks_from_business_time =
      false;  ///< clocks count from when the request was made, not from the import
};

struct ImportRow {
  std::int64_t row = 0;   ///< from 1, without the header
  std::int64_t line = 0;  ///< at which it begins, where the file is one of lines; else 0
  /// Or why it is refused: a code, the member in `path`, and a sentence without content of the row, but for
  /// what stands where a code or a time is wanted and looks like one.
  Result<Submission> submission;
  Cleaned cleaned;        ///< what was mended in it
  std::size_t bytes = 0;  ///< that it holds, roughly
};

/// What was read. rows = taken + refused.
struct ImportReport {
  std::int64_t rows = 0;
  std::int64_t taken = 0;
  std::int64_t refused = 0;
  Cleaned cleaned;  ///< in rows and in the file
};

class Importer {
 public:
  virtual ~Importer() = default;
  /// The next row; nullopt at the end of the file.
  [[nodiscard]] virtual std::optional<ImportRow> next() = 0;
  [[nodiscard]] virtual const ImportReport& report() const = 0;
};

/// nyc311 (CSV, or JSON of its interface), austin311, boston311 (CSV, TSV, JSON Lines), open311 (GeoReport
/// XML or JSON, Bulk CSV), hotline-csv, hotline-jsonl.
[[nodiscard]] std::vector<std::string_view> formats();

/// bad_input "unknown-format", "empty-file", "bad-header", "not-utf8" (UTF-16). `in` outlives the importer.
/// Zones of times without one: +08:00 for hotline formats, -05:00 nyc311 and boston311, UTC for austin311 and
/// open311 (there is no time zone data: summer time is not known).
[[nodiscard]] Result<std::unique_ptr<Importer>> open_import(std::string_view format, std::istream& in,
                                                            const ImportOptions& options);

}  // namespace lastkm::intake
