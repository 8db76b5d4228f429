// Text of a record, written from its beginning to its end: what a string's append() looks at for each byte is
// looked at once a piece.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace lastkm::record {

class Writer {
 public:
  /// With room for so many bytes; it grows.
  explicit Writer(std::size_t bytes) : text_(bytes, '\0'), at_(text_.data()), end_(at_ + bytes) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void put(char c) {
    *room(1) = c;
    ++at_;
  }
  /// A literal: its length is known here, so that copying it takes no call.
  template <std::size_t size>
  void put(const char (&literal)[size]) {
    std::char_traits<char>::copy(room(size - 1), literal, size - 1);
    at_ += size - 1;
  }
  void put(std::string_view piece) {
    std::char_traits<char>::copy(room(piece.size()), piece.data(), piece.size());
    at_ += piece.size();
  }
  /// Where the next so many bytes may be written; wrote() says where they ended.
  [[nodiscard]] char* room(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) grow(bytes);
    return at_;
  }
  void wrote(char* end) { at_ = end; }
  /// The last byte. Precondition: there is one.
  [[nodiscard]] char back() const { return at_[-1]; }
  /// The text; nothing may be written any more.
  [[nodiscard]] std::string take() {
    text_.resize(static_cast<std::size_t>(at_ - text_.data()));
    return std::move(text_);
  }

 private:
  void grow(std::size_t bytes);  ///< apart, so that what calls it is small and stands where it is used

  std::string text_;
  char* at_;
  char* end_;
};

}  // namespace lastkm::record
