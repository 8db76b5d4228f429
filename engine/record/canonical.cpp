#include "engine/record/canonical.h"

#include <charconv>
#include <cstdint>
#include <cstring>

namespace lastkm::record {

namespace {

constexpr std::size_t kFirstBytes = 256;

using Sixteen = std::uint8_t __attribute__((vector_size(16)));
using TwoWords = std::uint64_t __attribute__((vector_size(16)));

template <class Word>
Word word_at(const char* at) {
  Word word{};
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Copies a word and gives it away.
template <class Word>
Word copy_word(char* to, const char* from) {
  const Word word = word_at<Word>(from);
  std::memcpy(to, &word, sizeof word);
  return word;
}

/// Bits are set where a byte is a control character, a quote or a backslash.
TwoWords to_escape(Sixteen bytes) {
  return reinterpret_cast<TwoWords>((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
}
bool is_any(TwoWords bits) {
  return (bits[0] | bits[1]) != 0;
}

/// Copies fewer than sixteen bytes, each at least once, and gives them away, some of them twice.
Sixteen copy_few(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size >= 8) {
    const auto first = copy_word<std::uint64_t>(to, from);
    const auto last = copy_word<std::uint64_t>(to + size - 8, from + size - 8);
    return reinterpret_cast<Sixteen>(TwoWords{first, last});
  }
  std::uint64_t all = 0x2020202020202020U;
  if (size >= 4) {
    const std::uint64_t first = copy_word<std::uint32_t>(to, from);
    const std::uint64_t last = copy_word<std::uint32_t>(to + size - 4, from + size - 4);
    all = first | last << 32U;
  } else {
    for (std::size_t i = 0; i < size; ++i) all = all << 8U | copy_word<std::uint8_t>(to + i, from + i);
  }
  return reinterpret_cast<Sixteen>(TwoWords{all, all});
}

/// Copies the text; false where something in it must be escaped. One pass: it is what most of a record is.
bool copy_plain(char* to, std::string_view text) {
  constexpr std::size_t step = sizeof(Sixteen);
  const std::size_t size = text.size();
  if (size < step) return !is_any(to_escape(copy_few(to, text)));
  TwoWords found{};
  for (std::size_t i = 0; i + step < size; i += step)
    found |= to_escape(copy_word<Sixteen>(to + i, text.data() + i));
  const std::size_t rest = size - step;  // seen already as far as it is no multiple
  found |= to_escape(copy_word<Sixteen>(to + rest, text.data() + rest));
  return !is_any(found);
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
  char* const at = out.room(text.size() + 2);
  if (!copy_plain(at + 1, text)) return append_escaped(out, text);
  at[0] = '"';
  at[text.size() + 1] = '"';
  out.wrote(at + text.size() + 2);
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
