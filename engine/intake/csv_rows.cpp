#include <algorithm>
#include <array>

#include "engine/intake/row_source.h"

namespace lastkm::intake {

namespace {
constexpr std::size_t kColumnsMax = 1000;

/// "X Coordinate (State Plane)" is x_coordinate_state_plane, as the interfaces of such cities spell it too.
std::string column_name(std::string_view raw) {
  std::string name = slug(raw, 100);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class CsvRows final : public RowSource {
 public:
  CsvRows(std::unique_ptr<ByteReader> in, char separator, Cleaned& cleaned)
      : in_(std::move(in)), separator_(separator), cleaned_(cleaned) {}

  bool read_header() {
    std::vector<std::string> cells;
    const End end = read_record(cells, cleaned_);
    if (end == End::nothing || end == End::too_long || cells.size() > kColumnsMax) return false;
    for (std::string& cell : cells) {
      // A file whose lines end in CR alone would be one line.
      if (end == End::file && cell.find('\r') != std::string::npos) return false;
      cell = column_name(cell);
    }
    header_ = std::make_shared<const std::vector<std::string>>(std::move(cells));
    return true;
  }

  const std::vector<std::string>* header() const override { return header_.get(); }

  std::optional<RawRow> next() override {
    RawRow row;
    End end = End::nothing;
    do {
      row.cells.clear();
      row.line = line_;
      end = read_record(row.cells, row.cleaned);
      if (end == End::nothing) return std::nullopt;
    } while (is_blank(row.cells, end));
    row.number = ++rows_;
    row.names = header_;
    check(row, end);
    return row;
  }

 private:
  enum class End : std::uint8_t { line, file, in_quotes, too_long, nothing };

  bool is_blank(const std::vector<std::string>& cells, End end) {
    const bool blank = (end == End::line || end == End::file) && cells.size() == 1 && cells[0].empty() &&
                       header_->size() > 1;
    if (blank) ++cleaned_["blank-lines"];
    return blank;
  }

  void check(RawRow& row, End end) {
    const std::size_t wanted = header_->size();
    if (end == End::too_long) {
      refuse(row, "too-long", "it has more than 1 MiB");
    } else if (end == End::in_quotes) {
      refuse(row, "truncated", "the file ends within a quoted cell of it");
    } else if (row.cells.size() < wanted) {
      const std::string has =
          "it has " + std::to_string(row.cells.size()) + " cells, the header has " + std::to_string(wanted);
      refuse(row, end == End::file ? "truncated" : "ragged-row", has);
    } else if (row.cells.size() > wanted) {
      const auto extra = row.cells.begin() + static_cast<std::ptrdiff_t>(wanted);
      if (std::all_of(extra, row.cells.end(), [](const std::string& cell) { return cell.empty(); })) {
        row.cells.resize(wanted);
        ++row.cleaned["trailing-empty-cells"];
      } else {
        const std::string has =
            "it has " + std::to_string(row.cells.size()) + " cells, the header has " + std::to_string(wanted);
        refuse(row, "ragged-row", has);
      }
    }
  }

  static void refuse(RawRow& row, std::string code, std::string why) {
    row.refused = std::move(code);
    row.why = std::move(why);
    row.cells.clear();
  }

  /// Reads one record; line ends and separators within quotes belong to the cell.
  End read_record(std::vector<std::string>& cells, Cleaned& cleaned) {
    if (in_->peek() < 0) return End::nothing;
    std::string cell;
    std::size_t bytes = 0;
    bool quoted = false;
    bool was_quoted = false;
    while (true) {
      const int c = in_->get();
      if (c == '\n') ++line_;
      if (c < 0) {
        cells.push_back(std::move(cell));
        return quoted ? End::in_quotes : End::file;
      }
      if (++bytes > kRowBytes) {
        skip_line(c);
        return End::too_long;
      }
      if (quoted) {
        if (c != '"') {
          cell.push_back(static_cast<char>(c));
        } else if (in_->peek() == '"') {
          cell.push_back(static_cast<char>(in_->get()));
        } else {
          quoted = false;
        }
      } else if (c == '"' && cell.empty() && !was_quoted) {
        quoted = was_quoted = true;
      } else if (c == separator_) {
        cells.push_back(std::move(cell));
        cell.clear();
        was_quoted = false;
        if (cells.size() > 2 * kColumnsMax) {
          skip_line(c);
          return End::too_long;
        }
      } else if (c == '\n' || (c == '\r' && in_->peek() == '\n')) {
        if (c == '\r') {
          in_->get();
          ++line_;
        }
        cells.push_back(std::move(cell));
        return End::line;
      } else {
        if (c == '"') ++cleaned["stray-quotes"];
        cell.push_back(static_cast<char>(c));
      }
    }
  }

  void skip_line(int c) {
    while (c >= 0 && c != '\n') c = in_->get();
    ++line_;
  }

  std::unique_ptr<ByteReader> in_;
  char separator_;
  Cleaned& cleaned_;
  std::shared_ptr<const std::vector<std::string>> header_;
  std::int64_t rows_ = 0;
  std::int64_t line_ = 1;
};

char separator_of(std::string_view ahead) {
  const std::string_view line = ahead.substr(0, ahead.find('\n'));
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char c : {',', '\t', ';'}) {
    const std::ptrdiff_t n = std::count(line.begin(), line.end(), c);
    if (n > most) {
      most = n;
      best = c;
    }
  }
  return best;
}
}  // namespace

Result<std::unique_ptr<RowSource>> open_csv(std::unique_ptr<ByteReader> in, Cleaned& cleaned) {
  const char separator = separator_of(in->ahead());
  auto rows = std::make_unique<CsvRows>(std::move(in), separator, cleaned);
  if (!rows->read_header())
    return Error{ErrorKind::bad_input, "empty-file",
                 "the file has no header line that can be read: lines end with LF or CR LF", ""};
  return std::unique_ptr<RowSource>(std::move(rows));
}

}  // namespace lastkm::intake
