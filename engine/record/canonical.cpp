#include "engine/record/canonical.h"

#include <charconv>
#include <cstdint>
#include <cstring>

namespace lastkm::record {

namespace {

constexpr std::size_t kFirstBytes = 256;

/// Whether one of eight bytes is a control character, a quote or a backslash.
bool needs_escape(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  const auto has_zero = [](std::uint64_t x) { return (x - ones) & ~x & tops; };
  const std::uint64_t control = (eight - ones * 0x20) & ~eight & tops;
  return (control | has_zero(eight ^ ones * '"') | has_zero(eight ^ ones * '\\')) != 0;
}

template <class Word>
std::uint64_t word_at(const char* at) {
  Word word{};
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// The same of a text, eight bytes at a time; the last eight again, as far as they were seen already.
bool needs_escape(std::string_view text) {
  const std::size_t size = text.size();
  const char* const at = text.data();
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      if (needs_escape(word_at<std::uint64_t>(at + i))) return true;
    }
    return needs_escape(word_at<std::uint64_t>(at + size - 8));
  }
  if (size >= 4)
    return needs_escape(word_at<std::uint32_t>(at) | word_at<std::uint32_t>(at + size - 4) << 32U);
  std::uint64_t eight = 0x2020202020202020U;
  if (size > 0) std::memcpy(&eight, at, size);
  return needs_escape(eight);
}

void append_escape(Writer& out, char c) {
  static constexpr std::string_view hex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
      return out.put("\\\"");
    case '\\':
      return out.put("\\\\");
    case '\b':
      return out.put("\\b");
    case '\t':
      return out.put("\\t");
    case '\n':
      return out.put("\\n");
    case '\f':
      return out.put("\\f");
    case '\r':
      return out.put("\\r");
    default:
      out.put("\\u00");
      out.put(hex[byte >> 4U]);
      return out.put(hex[byte & 15U]);
  }
}

void append_escaped(Writer& out, std::string_view text) {
  out.put('"');
  std::size_t plain = 0;  // from here on nothing was written yet
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x20 && text[i] != '"' && text[i] != '\\') continue;
    out.put(text.substr(plain, i - plain));
    append_escape(out, text[i]);
    plain = i + 1;
  }
  out.put(text.substr(plain));
  out.put('"');
}

}  // namespace

void append_string(Writer& out, std::string_view text) {
  if (needs_escape(text)) return append_escaped(out, text);
  char* at = out.room(text.size() + 2);
  *at++ = '"';
  std::char_traits<char>::copy(at, text.data(), text.size());
  at += text.size();
  *at++ = '"';
  out.wrote(at);
}

void append_number(Writer& out, std::int64_t number) {
  constexpr std::size_t most = 24;
  char* const at = out.room(most);
  out.wrote(std::to_chars(at, at + most, number).ptr);
}

void append_canonical(Writer& out, const Value& value) {
  if (const std::string* text = value.if_string()) {
    append_string(out, *text);
  } else if (const std::int64_t* number = value.if_int()) {
    append_number(out, *number);
  } else if (const bool* flag = value.if_bool()) {
    out.put(*flag ? "true" : "false");
  } else if (const Object* object = value.if_object()) {
    out.put('{');
    bool first = true;
    for (const Member& member : *object) {
      if (!first) out.put(',');
      first = false;
      append_string(out, member.name);
      out.put(':');
      append_canonical(out, member.value);
    }
    out.put('}');
  } else if (const Array* array = value.if_array()) {
    out.put('[');
    bool first = true;
    for (const Value& item : *array) {
      if (!first) out.put(',');
      first = false;
      append_canonical(out, item);
    }
    out.put(']');
  } else {
    out.put("null");
  }
}

void append_present(Writer& out, std::string_view name, const std::string& text) {
  if (text.empty()) return;
  out.put(name);
  append_string(out, text);
}

void append_present(Writer& out, std::string_view name, const Value& value) {
  if (value.is_null()) return;
  out.put(name);
  append_canonical(out, value);
}

std::string canonical(const Value& value) {
  Writer out(kFirstBytes);
  append_canonical(out, value);
  return out.take();
}

std::string quoted(std::string_view text) {
  Writer out(text.size() + 2);
  append_string(out, text);
  return out.take();
}

}  // namespace lastkm::record
