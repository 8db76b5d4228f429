#include "engine/intake/check_data.h"

#include <algorithm>
#include <array>

#include "engine/base/fields.h"
#include "engine/intake/text.h"
#include "engine/privacy/vault.h"

namespace lastkm::intake {

namespace {
constexpr std::size_t kMembersMax = 1000;
constexpr TextLimits kPersonalLimits{250, 1000};  // of a name, a phone number, a part of a caller

Status check_string(const std::string& text, const std::string& path, TextLimits limits) {
  if (is_too_long(text, limits)) {
    return bad_data(path, "too-long: at most " + std::to_string(limits.points) + " characters and " +
                              std::to_string(limits.bytes) + " bytes are taken");
  }
  if (const auto fault = text_fault(text))
    return bad_data(path, std::string(*fault) + ": such text is not stored");
  return done();
}

Status check_personal(const std::string& text, const std::string& path) {
  if (has_hidden(text))
    return bad_data(path, "hidden-character: names and numbers hold no characters that cannot be seen");
  return check_string(text, path, kPersonalLimits);
}

Status check_caller(const Value& value, const std::string& path) {
  const Object* caller = value.if_object();
  if (caller == nullptr)
    return bad_data(path, "wrong-type: an object with name and phone is expected, this is of type " +
                              std::string(value.kind()));
  for (const Member& part : *caller) {
    const std::string at = path + pointer_step(part.name);
    const std::string* text = part.value.if_string();
    if (text == nullptr && !part.value.is_null()) return bad_data(at, "wrong-type: text is expected");
    if (text != nullptr) {
      if (Status checked = check_personal(*text, at); !checked) return checked;
    }
  }
  return done();
}

Status check_location(const Value& value, const std::string& path) {
  const Object* location = value.if_object();
  const Value* lat = value.find("lat");
  const Value* lon = value.find("long");
  const bool shaped = location != nullptr && location->size() == 2 && lat != nullptr &&
                      lat->if_int() != nullptr && lon != nullptr && lon->if_int() != nullptr;
  if (!shaped)
    return bad_data(path, "wrong-type: {\"lat\", \"long\"} in integers of 1e-7 degrees is expected");
  const auto within = [](std::int64_t n, std::int64_t most) { return n >= -most && n <= most; };
  if (!within(*lat->if_int(), 900000000) || !within(*lon->if_int(), 1800000000)) {
    return bad_data(path, "out-of-range: latitude is within 90 degrees, longitude within 180");
  }
  return done();
}

Status check_value(const Value& value, std::string_view name, const std::string& path, int depth,
                   TextLimits limits);

Status check_members(const Object& object, const std::string& path, int depth, TextLimits limits) {
  if (object.size() > kMembersMax)
    return bad_data(path, "too-many-members: at most " + std::to_string(kMembersMax));
  for (const Member& member : object) {
    if (!is_code(member.name)) return bad_data(path, "unknown-member: a member's name is no code");
    if (Status checked =
            check_value(member.value, member.name, path + pointer_step(member.name), depth, limits);
        !checked)
      return checked;
  }
  return done();
}

Status check_value(const Value& value, std::string_view name, const std::string& path, int depth,
                   TextLimits limits) {
  static constexpr std::array<std::string_view, 5> texts = {"text", "note", "address", "name", "phone"};
  if (value.is_null()) return done();
  if (depth > kDataDepth)
    return bad_data(path, "too-deep: at most " + std::to_string(kDataDepth) + " levels");
  if (privacy::is_sealed(value))
    return bad_data(path, "sealed values are made here and not taken from outside");
  if (name == "caller") return check_caller(value, path);
  if (name == "location") return check_location(value, path);
  if (std::find(texts.begin(), texts.end(), name) != texts.end() && value.if_string() == nullptr) {
    return bad_data(path, "wrong-type: text is expected, this is of type " + std::string(value.kind()));
  }
  if (const std::int64_t* n = value.if_int(); n != nullptr && (*n > kIntegerMost || *n < -kIntegerMost)) {
    return bad_data(path, "out-of-range: an integer is within " + std::to_string(kIntegerMost) + " of 0");
  }
  if (const std::string* text = value.if_string())
    return name == "name" || name == "phone" ? check_personal(*text, path)
                                             : check_string(*text, path, limits);
  if (const Object* object = value.if_object()) return check_members(*object, path, depth + 1, limits);
  if (const Array* array = value.if_array()) {
    if (array->size() > kMembersMax)
      return bad_data(path, "too-many-members: at most " + std::to_string(kMembersMax));
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (Status checked = check_value((*array)[i], "", path + "/" + std::to_string(i), depth + 1, limits);
          !checked)
        return checked;
    }
  }
  return done();
}
}  // namespace

Error bad_data(std::string path, std::string text) {
  return Error{ErrorKind::bad_input, "bad-data", std::move(text), std::move(path)};
}

Status check_data(const Value& data, const std::string& base, TextLimits limits) {
  const Object* object = data.if_object();
  if (object == nullptr)
    return bad_data(base, "wrong-type: an object is expected, this is of type " + std::string(data.kind()));
  if (privacy::is_sealed(data))
    return bad_data(base, "sealed values are made here and not taken from outside");
  return check_members(*object, base, 1, limits);
}

}  // namespace lastkm::intake
