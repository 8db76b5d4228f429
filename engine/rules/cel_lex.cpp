#include "engine/rules/cel_lex.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engine/rules/cel_ast.h"

namespace lastkm::rules {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool in_name(char c) {
  return starts_name(c) || is_digit(c);
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | (point >> 6U));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xE0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
}

/// Bytes of the UTF-8 character that `text` begins with; 0 where there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  if (length < 3) return length;
  const unsigned second = byte(1);
  const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
                     (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90);
  return wrong ? 0 : length;
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) return std::string_view::npos;
    text.remove_prefix(length);
    ++count;
  }
  return count;
}

char Lexer::peek(std::size_t ahead) const {
  return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
}

std::uint32_t Lexer::column_of(std::size_t offset) const {
  return static_cast<std::uint32_t>(count_characters(text_.substr(0, offset)) + 1);
}

Error Lexer::wrong(std::string message, std::size_t offset) const {
  return cel_error("cel-syntax", std::move(message), column_of(offset));
}

Result<Token> Lexer::next() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  Token token;
  token.column = column_of(at_);
  if (at_ == text_.size()) return token;
  const char first = text_[at_];
  if (is_digit(first)) return number();
  if (first == '\'' || first == '"') return quoted();
  if (starts_name(first)) {
    token.kind = Token::Kind::name;
    std::size_t length = 1;
    while (in_name(peek(length))) ++length;
    token.source = text_.substr(at_, length);
    at_ += length;
    return token;
  }
  token.kind = Token::Kind::symbol;
  static constexpr std::array<std::string_view, 6> kPairs{"==", "!=", "<=", ">=", "&&", "||"};
  const std::string_view pair = text_.substr(at_, 2);
  if (std::find(kPairs.begin(), kPairs.end(), pair) != kPairs.end()) {
    token.source = pair;
  } else if (std::string_view("<>+-*/%!?:()[],.").find(first) != std::string_view::npos) {
    token.source = text_.substr(at_, 1);
  } else if (std::string_view("=&|").find(first) != std::string_view::npos) {
    const std::string one(1, first);
    return wrong("expected '" + one + (first == '=' ? "=" : one) + "', found '" + one + "'", at_);
  } else {
    const std::string found(text_.substr(at_, std::max<std::size_t>(1, character_length(text_.substr(at_)))));
    return wrong("expected a value or an operator, found '" + found + "'", at_);
  }
  at_ += token.source.size();
  return token;
}

Result<Token> Lexer::number() {
  Token token;
  token.kind = Token::Kind::integer;
  token.column = column_of(at_);
  std::size_t length = 1;
  while (is_digit(peek(length))) ++length;
  if (peek(length) == '.') return wrong("expected an integer, found a fraction", at_);
  if (in_name(peek(length))) {
    return wrong("expected a decimal integer, found '" + std::string(text_.substr(at_, length + 1)) + "'",
                 at_);
  }
  token.source = text_.substr(at_, length);
  at_ += length;
  return token;
}

Result<Token> Lexer::quoted() {
  Token token;
  token.kind = Token::Kind::text;
  token.column = column_of(at_);
  const std::size_t start = at_;
  const char quote = text_[at_++];
  while (at_ < text_.size() && text_[at_] != quote) {
    if (text_[at_] == '\n' || text_[at_] == '\r')
      return wrong("expected the end of the text, found a new line", at_);
    if (text_[at_] == '\\') {
      if (const Status status = escape(token.text); !status) return status.error();
    } else {
      token.text.push_back(text_[at_++]);
    }
  }
  if (at_ == text_.size()) {
    return wrong(std::string("expected ") + quote + " at the end of the text, found the end", start);
  }
  ++at_;
  token.source = text_.substr(start, at_ - start);
  return token;
}

Status Lexer::escape(std::string& out) {
  static constexpr std::string_view kExpected = "expected \\' \\\" \\\\ \\n \\t or \\uXXXX, found '\\";
  const char kind = peek(1);
  if (kind == '\'' || kind == '"' || kind == '\\') {
    out.push_back(kind);
  } else if (kind == 'n' || kind == 't') {
    out.push_back(kind == 'n' ? '\n' : '\t');
  } else if (kind == 'u') {
    std::uint32_t point = 0;
    const std::string_view digits = text_.substr(std::min(at_ + 2, text_.size()), 4);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
    if (digits.size() != 4 || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
      return wrong("expected four hexadecimal digits after \\u", at_);
    }
    if (point >= 0xD800 && point < 0xE000)
      return wrong("expected a character, found half a surrogate pair", at_);
    append_utf8(point, out);
    at_ += 4;
  } else {
    const std::string_view rest = text_.substr(std::min(at_ + 1, text_.size()));
    const std::size_t length = rest.empty() ? 0 : std::max<std::size_t>(1, character_length(rest));
    return wrong(std::string(kExpected) + std::string(rest.substr(0, length)) + "'", at_);
  }
  at_ += 2;
  return done();
}

}  // namespace lastkm::rules
