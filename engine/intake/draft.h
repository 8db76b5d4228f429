// A row in the words of ImportCase, before dates, places and texts are checked. Each format fills one; the
// rest is shared.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/intake/clean.h"
#include "engine/intake/dates.h"
#include "engine/intake/row_source.h"

namespace lastkm::intake {

/// Reads cells of a row, mended; words that stand for nothing become empty.
class Cells {
 public:
  Cells(const RawRow& row, bool single_byte, Cleaned& cleaned)
      : row_(row), single_byte_(single_byte), cleaned_(cleaned) {}
  [[nodiscard]] std::string operator[](std::string_view name);
  [[nodiscard]] std::string at(std::size_t index);
  [[nodiscard]] const RawRow& row() const { return row_; }
  [[nodiscard]] bool not_utf8() const { return not_utf8_; }
  void count(std::string_view kind) { ++cleaned_[std::string(kind)]; }
  [[nodiscard]] Cleaned& cleaned() { return cleaned_; }

 private:
  const RawRow& row_;
  bool single_byte_;
  Cleaned& cleaned_;
  bool not_utf8_ = false;
};

struct Draft {
  std::string channel, reference;
  std::string type, category, urgency, place;  ///< codes of ours, or empty
  std::string text, address;
  std::string caller_name, caller_phone;
  std::string anonymous, confidential;
  std::string lat, lon;  ///< decimal degrees
  std::string status;
  std::string created, closed;
  std::string created_else;     ///< used where `created` is empty
  std::string source_category;  ///< the other system's word
  std::string source_place;
};

/// Where all coordinates of a city lie, in whole degrees.
struct Area {
  int south, north, west, east;
};

struct Format {
  std::string_view name;
  std::string_view source;                   ///< before the ":" of foreign categories and places
  std::span<const std::string_view> needed;  ///< columns that a header must have
  std::span<const std::string_view> known;   ///< all columns there are; empty: others are nothing unusual
  std::span<const std::string_view> dates;   ///< columns that show the order of day and month
  std::int32_t zone_minutes = 0;
  DateOrder order = DateOrder::month_first;
  bool own = false;  ///< our own format: codes, statuses and encodings are not guessed
  const Area* area = nullptr;
  Draft (*read)(Cells& cells) = nullptr;
};

[[nodiscard]] std::span<const Format> city_formats();
[[nodiscard]] std::span<const Format> open_formats();

/// The parts that are not empty, with `between` between them.
[[nodiscard]] std::string joined(std::initializer_list<std::string> parts, std::string_view between);

}  // namespace lastkm::intake
