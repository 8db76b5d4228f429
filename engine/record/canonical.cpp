#include "engine/record/canonical.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace lastkm::record {

namespace {

/// Whether one of eight bytes is a control character, a quote or a backslash (and sometimes where none is:
/// the caller looks again).
bool may_need_escape(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  const auto has_zero = [](std::uint64_t x) { return (x - ones) & ~x & tops; };
  const std::uint64_t control = (eight - ones * 0x20) & ~eight & tops;
  return (control | has_zero(eight ^ ones * '"') | has_zero(eight ^ ones * '\\')) != 0;
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint64_t eight = 0;
    while (i + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if (may_need_escape(eight)) break;
      i += sizeof eight;
    }
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\b':
        out.append("\\b");
        break;
      case '\t':
        out.append("\\t");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\f':
        out.append("\\f");
        break;
      case '\r':
        out.append("\\r");
        break;
      default: {
        static constexpr std::string_view hex = "0123456789abcdef";
        out.append("\\u00");
        out.push_back(hex[c >> 4U]);
        out.push_back(hex[c & 15U]);
      }
    }
  }
  out.append(text.substr(plain));
  out.push_back('"');
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_canonical(std::string& out, const Value& value) {
  if (const std::string* text = value.if_string()) {
    append_string(out, *text);
  } else if (const std::int64_t* number = value.if_int()) {
    append_number(out, *number);
  } else if (const bool* flag = value.if_bool()) {
    out.append(*flag ? "true" : "false");
  } else if (const Object* object = value.if_object()) {
    out.push_back('{');
    bool first = true;
    for (const Member& member : *object) {
      if (!first) out.push_back(',');
      first = false;
      append_string(out, member.name);
      out.push_back(':');
      append_canonical(out, member.value);
    }
    out.push_back('}');
  } else if (const Array* array = value.if_array()) {
    out.push_back('[');
    bool first = true;
    for (const Value& item : *array) {
      if (!first) out.push_back(',');
      first = false;
      append_canonical(out, item);
    }
    out.push_back(']');
  } else {
    out.append("null");
  }
}

void append_present(std::string& out, std::string_view name, const std::string& text) {
  if (text.empty()) return;
  out += name;
  append_string(out, text);
}

void append_present(std::string& out, std::string_view name, const Value& value) {
  if (value.is_null()) return;
  out += name;
  append_canonical(out, value);
}

std::string canonical(const Value& value) {
  std::string out;
  append_canonical(out, value);
  return out;
}

}  // namespace lastkm::record
