#include "engine/intake/import.h"

#include <algorithm>
#include <deque>

#include "engine/intake/draft.h"
#include "engine/intake/finish.h"
#include "engine/intake/row_source.h"

namespace lastkm::intake {

namespace {
/// How far the order of day and month is looked for.
constexpr std::size_t kSniffRows = 2000;
constexpr std::size_t kSniffBytes = 8U << 20U;

const Format* find_format(std::string_view name) {
  for (const auto formats : {city_formats(), open_formats()}) {
    for (const Format& format : formats) {
      if (format.name == name) return &format;
    }
  }
  return nullptr;
}

class FileImporter final : public Importer {
 public:
  FileImporter(const Format& format, const ImportOptions& options)
      : format_(format), options_(options), order_(options.dates.value_or(format.order)) {}

  Status open(std::istream& in) {
    auto bytes = std::make_unique<ByteReader>(in);
    std::string_view ahead = bytes->ahead();
    if (ahead.starts_with("\xFF\xFE") || ahead.starts_with("\xFE\xFF")) {
      return Error{ErrorKind::bad_input, "not-utf8", "the file is UTF-16; save it as UTF-8", ""};
    }
    if (ahead.starts_with("\xEF\xBB\xBF")) {
      bytes->skip(3);
      ahead.remove_prefix(3);
      ++report_.cleaned["byte-order-mark"];
    }
    const std::size_t first = ahead.find_first_not_of(" \t\r\n");
    const char c = first == std::string_view::npos ? '\0' : ahead[first];
    const std::string_view line = ahead.substr(0, ahead.find('\n'));
    if (c == '[' || c == '{' || format_.name == "hotline-jsonl") {
      source_ = open_json(std::move(bytes), report_.cleaned);
    } else if (line.find('<') != std::string_view::npos) {
      source_ = open_xml(std::move(bytes), report_.cleaned);
    } else {
      auto rows = open_csv(std::move(bytes), report_.cleaned);
      if (!rows) return rows.error();
      source_ = std::move(*rows);
    }
    if (Status good = check_header(); !good) return good;
    if (!options_.dates) look_for_order();
    return done();
  }

  std::optional<ImportRow> next() override {
    std::optional<RawRow> raw = next_raw();
    if (!raw) return std::nullopt;
    Cleaned cleaned = std::move(raw->cleaned);
    auto submission = read(*raw, cleaned);
    ++report_.rows;
    ++(submission ? report_.taken : report_.refused);
    for (const auto& [kind, count] : cleaned) report_.cleaned[kind] += count;
    return ImportRow{raw->number, raw->line, std::move(submission), std::move(cleaned), raw->size()};
  }

  const ImportReport& report() const override { return report_; }

 private:
  Status check_header() {
    const std::vector<std::string>* header = source_->header();
    if (header == nullptr) return done();
    const auto has = [&](std::string_view name) {
      return std::find(header->begin(), header->end(), name) != header->end();
    };
    for (const std::string_view name : format_.needed) {
      if (!has(name)) {
        return Error{ErrorKind::bad_input, "bad-header",
                     "the header has no column '" + std::string(name) + "', which " +
                         std::string(format_.name) + " needs",
                     ""};
      }
    }
    for (const std::string& name : *header) {
      if (!name.empty() && std::count(header->begin(), header->end(), name) > 1) {
        return Error{ErrorKind::bad_input, "bad-header",
                     "the header has the column '" + name + "' twice; which one is meant?", ""};
      }
    }
    count_unknown(*header, "unknown-columns", report_.cleaned);
    return done();
  }

  void count_unknown(const std::vector<std::string>& names, const std::string& kind, Cleaned& cleaned) const {
    if (format_.known.empty()) return;
    for (const std::string& name : names) {
      if (std::find(format_.known.begin(), format_.known.end(), name) == format_.known.end()) ++cleaned[kind];
    }
  }

  /// Reads ahead until a row shows whether the day or the month stands first.
  void look_for_order() {
    std::size_t bytes = 0;
    bool unsure = false;
    while (ahead_.size() < kSniffRows && bytes < kSniffBytes) {
      auto row = source_->next();
      if (!row) break;
      bytes += row->size();
      ahead_.push_back(std::move(*row));
      for (const std::string_view name : format_.dates) {
        const std::string* cell = ahead_.back().find(name);
        if (cell == nullptr) continue;
        if (const auto order = shown_order(*cell)) {
          order_ = *order;
          return;
        }
        unsure = unsure || is_ambiguous(*cell);
      }
    }
    if (unsure) ++report_.cleaned["day-and-month-order-assumed"];
  }

  std::optional<RawRow> next_raw() {
    if (ahead_.empty()) return source_->next();
    RawRow row = std::move(ahead_.front());
    ahead_.pop_front();
    return row;
  }

  Result<Submission> read(const RawRow& raw, Cleaned& cleaned) {
    if (!raw.refused.empty()) return Error{ErrorKind::bad_input, raw.refused, raw.why, ""};
    if (source_->header() == nullptr) count_unknown(*raw.names, "unknown-members", cleaned);
    Cells cells(raw, !format_.own, cleaned);
    return finish(cells, format_, options_, order_);
  }

  const Format& format_;
  const ImportOptions options_;
  DateOrder order_;
  ImportReport report_;
  std::unique_ptr<RowSource> source_;
  std::deque<RawRow> ahead_;
};
}  // namespace

std::vector<std::string_view> formats() {
  std::vector<std::string_view> names;
  for (const auto all : {city_formats(), open_formats()}) {
    for (const Format& format : all) names.push_back(format.name);
  }
  return names;
}

Result<std::unique_ptr<Importer>> open_import(std::string_view name, std::istream& in,
                                              const ImportOptions& options) {
  const Format* format = find_format(name);
  if (format == nullptr) {
    std::string known;
    for (const std::string_view one : formats()) known += (known.empty() ? "" : ", ") + std::string(one);
    return Error{ErrorKind::bad_input, "unknown-format",
                 "'" + std::string(name) + "' is no import format; there are " + known, ""};
  }
  auto importer = std::make_unique<FileImporter>(*format, options);
  if (Status opened = importer->open(in); !opened) return opened.error();
  return std::unique_ptr<Importer>(std::move(importer));
}

}  // namespace lastkm::intake
