#include "tools/lastkm/import_report.h"

#include <array>

#include "engine/record/canonical.h"
#include "tools/lastkm/table.h"

namespace lastkm::tool {

namespace {
constexpr std::size_t kShown = 20;
constexpr std::size_t kRecentBytes = 1U << 20U;

Value counts(const intake::Cleaned& cleaned) {
  Object out;
  for (const auto& [kind, count] : cleaned) out.set(kind, count);
  return Value(std::move(out));
}

void print_table(Session& session, ImportSum& sum) {
  const Style style = session.style();
  if (!sum.cleaned.empty()) {
    Table table({{"cleaned"}, {"cells", Align::right}});
    for (const auto& [name, count] : sum.cleaned) table.add({name, count});
    table.print(session.out(), style, 2);
  }
  if (sum.refused.count() == 0) return;
  Table table(
      {{"row", Align::right}, {"line", Align::right}, {"column"}, {"code"}, {"why", Align::left, 120}});
  for (const RowResult& one : sum.refused.first()) {
    table.add({one.row, one.line > 0 ? std::to_string(one.line) : "", one.column, one.code, one.text});
  }
  table.drop_unused({"line", "column"});
  table.print(session.out(), style, 2);
  const std::int64_t more = sum.refused.count() - static_cast<std::int64_t>(sum.refused.first().size());
  if (more > 0) session.out() << "  … " << more << " more; --json and --each have them all\n";
  session.out() << "  Mend them in the file and import it again: what is there is not doubled.\n";
}

/// Of a refused row: why, and where in the file.
void add_reason(Object& out, const RowResult& result) {
  out.set("code", result.code);
  out.set("text", result.text);
  if (result.line > 0) out.set("line", result.line);
  if (!result.column.empty()) out.set("column", result.column);
}
}  // namespace

Value to_value(const RowResult& result) {
  Object out{{"row", result.row}, {"result", result.result}};
  if (!result.id.empty()) out.set("case", result.id);
  if (!result.ref.empty()) out.set("ref", result.ref);
  if (!result.code.empty()) add_reason(out, result);
  if (!result.cleaned.empty()) out.set("cleaned", counts(result.cleaned));
  return Value(std::move(out));
}

void Refusals::add(const RowResult& result) {
  if (count_++ > 0) recent_ += ',';
  if (first_.size() < kShown) first_.push_back(result);
  Object refused{{"row", result.row}};
  add_reason(refused, result);
  recent_ += record::canonical(refused);
  if (recent_.size() >= kRecentBytes) spill();
}

void Refusals::spill() {
  std::FILE* const earlier = file();
  failed_ = failed_ || earlier == nullptr ||
            std::fwrite(recent_.data(), 1, recent_.size(), earlier) != recent_.size();
  recent_.clear();
}

std::FILE* Refusals::file() {
  if (!folder_) {
    if (auto made = runtime::ScratchFolder::make("import")) {
      folder_.emplace(std::move(*made));
      earlier_.reset(std::fopen(folder_->at("refused").c_str(), "w+b"));
    }
  }
  return earlier_.get();
}

bool Refusals::print(std::ostream& out) {
  out << '[';
  if (earlier_) {
    std::rewind(earlier_.get());
    std::array<char, 65536> piece{};
    while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), earlier_.get()))
      out.write(piece.data(), static_cast<std::streamsize>(n));
    failed_ = failed_ || std::ferror(earlier_.get()) != 0;
  }
  out << recent_ << ']';
  return !failed_;
}

void ImportSum::count(const RowResult& result) {
  ++rows;
  if (result.result == "created") {
    ++created;
  } else if (result.result == "same") {
    ++same;
  } else if (result.result == "supplemented") {
    ++supplemented;
  } else {
    refused.add(result);
  }
}

Status print(Session& session, ImportSum& sum, bool dry_run) {
  bool whole = true;
  if (session.json()) {
    // The members of a canonical document, with the list in its place.
    std::ostream& out = session.out();
    out << "{\"cleaned\":" << record::canonical(counts(sum.cleaned)) << ",\"created\":" << sum.created
        << ",\"refused\":";
    whole = sum.refused.print(out);
    out << ",\"rows\":" << sum.rows << ",\"same\":" << sum.same << ",\"supplemented\":" << sum.supplemented
        << "}\n";
  } else {
    const Style style = session.style();
    const std::int64_t refused = sum.refused.count();
    session.out() << (dry_run ? "Dry run, nothing was written. " : "") << sum.rows
                  << " rows: " << style.green(std::to_string(sum.created) + " created") << ", " << sum.same
                  << " same, " << sum.supplemented << " supplemented, "
                  << (refused > 0 ? style.red(std::to_string(refused) + " refused") : "0 refused") << ".\n";
    print_table(session, sum);
  }
  if (whole) return done();
  return Error{ErrorKind::refused, "cannot-write",
               "The rows were handled, but the list of those that were refused was lost: there is no room "
               "for temporary "
               "files. Set TMPDIR to a folder with room and import again; what is there is not doubled.",
               ""};
}

}  // namespace lastkm::tool
