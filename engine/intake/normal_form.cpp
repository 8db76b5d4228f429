#include "engine/intake/normal_form.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace lastkm::intake {

namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string mapped(std::string_view text, int options) {
  if (is_ascii(text)) return std::string(text);
  utf8proc_uint8_t* out = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &out, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(out, &std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
}

Value comparable(const Value& value, std::string_view name) {
  if (const std::string* text = value.if_string())
    return name == "phone" ? compatible(*text) : composed(*text);
  if (const Object* object = value.if_object()) {
    Object out;
    for (const Member& member : *object) out.set(member.name, comparable(member.value, member.name));
    return Value(std::move(out));
  }
  if (const Array* array = value.if_array()) {
    Array out;
    for (const Value& element : *array) out.push_back(comparable(element, {}));
    return Value(std::move(out));
  }
  return value;
}

}  // namespace

std::string composed(std::string_view text) {
  return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string compatible(std::string_view text) {
  return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
}

Value comparable(const Value& data) {
  return comparable(data, {});
}

}  // namespace lastkm::intake
