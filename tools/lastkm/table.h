// Tables for people: aligned columns, also where texts are Chinese; colours only where the reader's terminal
// has them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace lastkm::tool {

/// Colours, or none.
struct Style {
  bool colours = false;
  [[nodiscard]] std::string bold(std::string_view text) const { return wrap("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return wrap("2", text); }
  [[nodiscard]] std::string red(std::string_view text) const { return wrap("31", text); }
  [[nodiscard]] std::string green(std::string_view text) const { return wrap("32", text); }
  [[nodiscard]] std::string yellow(std::string_view text) const { return wrap("33", text); }

 private:
  [[nodiscard]] std::string wrap(std::string_view code, std::string_view text) const;
};

enum class Align : std::uint8_t { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
  std::size_t columns_max = 60;  ///< longer texts are cut with "…"
};

enum class Tone : std::uint8_t { plain, good, warn, bad, quiet };

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
  Cell(std::string t, Tone n = Tone::plain) : text(std::move(t)), tone(n) {}
  Cell(std::string_view t, Tone n = Tone::plain) : text(t), tone(n) {}
  Cell(const char* t, Tone n = Tone::plain) : text(t), tone(n) {}
  Cell(std::int64_t n) : text(std::to_string(n)) {}
  Cell(int n) : text(std::to_string(n)) {}
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// A row has a cell for each column.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  /// Takes out the columns of these titles in which no row has a text.
  void drop_unused(std::initializer_list<std::string_view> titles);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  /// `indent` spaces before each line. Where lines would be longer than `columns` (0: any length), the widest
  /// columns of text give way.
  void print(std::ostream& out, const Style& style, std::size_t indent = 0, std::size_t columns = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace lastkm::tool
