#include "tools/lastkm/table.h"

#include <algorithm>

#include "tools/lastkm/text_width.h"

namespace lastkm::tool {

std::string Style::wrap(std::string_view code, std::string_view text) const {
  if (!colours || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

namespace {

std::string toned(const Style& style, const std::string& text, Tone tone) {
  switch (tone) {
    case Tone::plain:
      return text;
    case Tone::good:
      return style.green(text);
    case Tone::warn:
      return style.yellow(text);
    case Tone::bad:
      return style.red(text);
    case Tone::quiet:
      return style.dim(text);
  }
  return text;
}

}  // namespace

namespace {

/// Takes from the widest text columns until lines fit; none gets narrower than 8.
void narrow(std::vector<std::size_t>& widths, const std::vector<Column>& columns, std::size_t room) {
  constexpr std::size_t kLeast = 8;
  while (true) {
    std::size_t total = 0;
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      total += widths[i] + (i > 0 ? 2 : 0);
      const bool gives = columns[i].align == Align::left && widths[i] > kLeast;
      if (gives && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
    }
    if (total <= room || widest == widths.size()) return;
    --widths[widest];
  }
}

}  // namespace

void Table::drop_unused(std::initializer_list<std::string_view> titles) {
  for (std::size_t column = columns_.size(); column-- > 0;) {
    const auto in_use = [column](const std::vector<Cell>& row) { return !row[column].text.empty(); };
    if (std::ranges::find(titles, columns_[column].title) == titles.end()) continue;
    if (std::ranges::any_of(rows_, in_use)) continue;
    columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(column));
    for (auto& row : rows_) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
  }
}

void Table::print(std::ostream& out, const Style& style, std::size_t indent, std::size_t columns) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(text_width(column.title));
  std::vector<std::vector<Cell>> rows = rows_;
  for (auto& row : rows) {
    for (std::size_t i = 0; i < columns_.size() && i < row.size(); ++i) {
      row[i].text = fit(printable(row[i].text), columns_[i].columns_max);
      widths[i] = std::max(widths[i], text_width(row[i].text));
    }
  }
  if (columns > indent) {
    narrow(widths, columns_, columns - indent);
    for (auto& row : rows) {
      for (std::size_t i = 0; i < columns_.size() && i < row.size(); ++i)
        row[i].text = fit(row[i].text, widths[i]);
    }
  }
  const auto line = [&](const std::vector<Cell>& cells, bool head) {
    std::string text(indent, ' ');
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Cell none("");
      const Cell& cell = i < cells.size() ? cells[i] : none;
      const std::string padding(widths[i] - text_width(cell.text), ' ');
      const std::string shown = head ? style.bold(cell.text) : toned(style, cell.text, cell.tone);
      if (i > 0) text += "  ";
      if (columns_[i].align == Align::right) {
        text += padding + shown;
      } else {
        text += i + 1 < columns_.size() ? shown + padding : shown;
      }
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  };
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.emplace_back(column.title);
  line(titles, true);
  for (const auto& row : rows) line(row, false);
}

}  // namespace lastkm::tool
