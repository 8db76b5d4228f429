#include "engine/record/canonical.h"

#include <array>
#include <charconv>

namespace lastkm::record {

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"': out.append("\\\""); break;
      case '\\': out.append("\\\\"); break;
      case '\b': out.append("\\b"); break;
      case '\t': out.append("\\t"); break;
      case '\n': out.append("\\n"); break;
      case '\f': out.append("\\f"); break;
      case '\r': out.append("\\r"); break;
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

void append_canonical(std::string& out, const Value& value) {
  if (const std::string* text = value.if_string()) {
    append_string(out, *text);
  } else if (const std::int64_t* number = value.if_int()) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr;
    out.append(digits.data(), end);
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

std::string canonical(const Value& value) {
  std::string out;
  append_canonical(out, value);
  return out;
}

}  // namespace lastkm::record
