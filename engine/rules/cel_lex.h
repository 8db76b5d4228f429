// The words of an expression, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace lastkm::rules {

struct Token {
  enum class Kind : std::uint8_t { end, name, integer, text, symbol };
  Kind kind = Kind::end;
  std::string_view source;   ///< as it was written
  std::string text;          ///< of a text: without quotes and escapes
  std::uint32_t column = 1;  ///< in characters, from 1

  [[nodiscard]] bool is(std::string_view written) const {
    return (kind == Kind::symbol || kind == Kind::name) && source == written;
  }
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  /// The next word; Kind::end at the end, however often. cel-syntax.
  [[nodiscard]] Result<Token> next();

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const;
  [[nodiscard]] Result<Token> number();
  [[nodiscard]] Result<Token> quoted();
  /// Appends what the escape at the cursor stands for.
  [[nodiscard]] Status escape(std::string& out);
  [[nodiscard]] std::uint32_t column_of(std::size_t offset) const;
  [[nodiscard]] Error wrong(std::string message, std::size_t offset) const;

  std::string_view text_;
  std::size_t at_ = 0;
};

/// How many characters (code points); npos where the bytes are no UTF-8.
[[nodiscard]] std::size_t count_characters(std::string_view text);

}  // namespace lastkm::rules
