#include "engine/cases/input.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/fields.h"

namespace lastkm::cases {

namespace {

using record::Rejection;
using rules::Field;
using rules::FieldKind;
using Wrong = std::optional<Rejection>;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_mime(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == text.size() || text.size() > 127)
    return false;
  return std::all_of(text.begin(), text.end(), [&text, slash](const char& c) {
    return is_letter_or_digit(c) || c == '.' || c == '+' || c == '-' || c == '_' ||
           (c == '/' && &c == &text[slash]);
  });
}

/// A name that may be repeated in a message: what somebody typed as a name need not be one.
bool is_member_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

Wrong bad(std::string path, std::string text) {
  return Rejection{"bad-data", std::move(text), std::move(path), "", {}};
}
Wrong no_body(std::string path) {
  return Rejection{"unknown-body", "No body with this id is in force.", std::move(path), "", {}};
}

std::string at(const std::string& path, std::size_t i) {
  return path + "/" + std::to_string(i);
}

class Check {
 public:
  Check(const rules::Workflow& workflow, const directory::Context& context)
      : workflow_(workflow), context_(context) {}

  [[nodiscard]] Wrong field(const Field& field, const Value& value) const {
    const std::string path = "/" + field.name;
    switch (field.kind) {
      case FieldKind::code:
        return code(field, value, path);
      case FieldKind::text:
        return is_sealed_box(value) ? std::nullopt
                                    : bad(path, "Free text is sealed before it becomes a command.");
      case FieldKind::caller:
        return caller(value, path);
      case FieldKind::integer:
        return integer(field, value, path);
      case FieldKind::boolean:
        return value.if_bool() != nullptr ? std::nullopt : wrong_kind(path, "true or false", value);
      case FieldKind::time:
        return time(value, path);
      case FieldKind::date:
        return date(value, path);
      case FieldKind::body:
        return body(value, path);
      case FieldKind::bodies:
        return bodies(field, value, path);
      case FieldKind::co_handlers:
        return co_handlers(field, value, path);
      case FieldKind::place:
        return place(value, path);
      case FieldKind::category:
        return category(value, path);
      case FieldKind::clock:
        return clock(value, path);
      case FieldKind::evidence:
        return evidence(field, value, path);
      case FieldKind::scores:
        return scores(value, path);
      case FieldKind::person:
        return plain_code(value, path);
      case FieldKind::value:
        if (value.if_int() != nullptr || value.if_bool() != nullptr || is_sealed_box(value))
          return std::nullopt;
        return plain_code(value, path);
    }
    return std::nullopt;
  }

 private:
  static Wrong wrong_kind(const std::string& path, std::string_view wanted, const Value& value) {
    return bad(path, "Must be " + std::string(wanted) + "; is " + std::string(value.kind()) + ".");
  }
  static Wrong plain_code(const Value& value, const std::string& path) {
    if (value.if_string() == nullptr) return wrong_kind(path, "a code", value);
    return is_code(*value.if_string()) ? std::nullopt
                                       : bad(path, "Must be a code: [A-Za-z0-9][A-Za-z0-9_.:/@-]{0,63}.");
  }
  static Wrong code(const Field& field, const Value& value, const std::string& path) {
    if (Wrong wrong = plain_code(value, path)) return wrong;
    if (field.one_of.empty()) return std::nullopt;
    if (std::find(field.one_of.begin(), field.one_of.end(), *value.if_string()) != field.one_of.end())
      return std::nullopt;
    std::string list;
    for (const std::string& one : field.one_of) list += (list.empty() ? "" : ", ") + one;
    return bad(path, "Must be one of: " + list + ".");
  }
  static Wrong caller(const Value& value, const std::string& path) {
    if (is_sealed_box(value)) return std::nullopt;
    const Object* parts = value.if_object();
    const bool sealed =
        parts != nullptr && !parts->empty() && std::all_of(parts->begin(), parts->end(), [](const Member& m) {
          return (m.name == "name" || m.name == "phone") && is_sealed_box(m.value);
        });
    return sealed ? std::nullopt
                  : bad(path, "A caller's name and phone are sealed before they become a command.");
  }
  static Wrong integer(const Field& field, const Value& value, const std::string& path) {
    if (value.if_int() == nullptr) return wrong_kind(path, "an integer", value);
    if (*value.if_int() >= field.min && *value.if_int() <= field.max) return std::nullopt;
    return bad(path, "Must be an integer" + range(field) + ".");
  }
  static std::string range(const Field& field) {
    std::string text;
    if (field.min != INT64_MIN) text += ", at least " + std::to_string(field.min);
    if (field.max != INT64_MAX) text += ", at most " + std::to_string(field.max);
    return text;
  }
  static Wrong time(const Value& value, const std::string& path) {
    if (value.if_string() == nullptr) return wrong_kind(path, "a time", value);
    if (parse_instant(*value.if_string())) return std::nullopt;
    return bad(path, "Must be an RFC 3339 time with a zone, such as 2026-05-20T09:30:00+08:00.");
  }
  static Wrong date(const Value& value, const std::string& path) {
    if (value.if_string() == nullptr) return wrong_kind(path, "a date", value);
    return parse_date(*value.if_string()) ? std::nullopt : bad(path, "Must be a date, such as 2026-05-20.");
  }
  /// A list of a length within the field's bounds.
  static Wrong length(const Field& field, const Value& value, const std::string& path) {
    if (value.if_array() == nullptr) return wrong_kind(path, "a list", value);
    const auto size = static_cast<std::int64_t>(value.if_array()->size());
    const std::int64_t least = std::max<std::int64_t>(field.min, 0);
    if (size >= least && size <= field.max) return std::nullopt;
    if (size < least) return bad(path, "Must be a list of at least " + std::to_string(least) + ".");
    return bad(path, "Must be a list of at most " + std::to_string(field.max) + ".");
  }
  [[nodiscard]] Wrong body(const Value& value, const std::string& path) const {
    if (Wrong wrong = plain_code(value, path)) return wrong;
    return context_.find_body(BodyId(*value.if_string())) != nullptr ? std::nullopt : no_body(path);
  }
  [[nodiscard]] Wrong bodies(const Field& field, const Value& value, const std::string& path) const {
    if (Wrong wrong = length(field, value, path)) return wrong;
    const Array& items = *value.if_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (Wrong wrong = body(items[i], at(path, i))) return wrong;
      if (std::find(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i), items[i]) !=
          items.begin() + static_cast<std::ptrdiff_t>(i)) {
        return bad(at(path, i), "This body is named twice.");
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] Wrong co_handlers(const Field& field, const Value& value, const std::string& path) const {
    if (Wrong wrong = length(field, value, path)) return wrong;
    std::vector<std::string_view> seen;
    std::size_t i = 0;
    for (const Value& item : *value.if_array()) {
      const std::string here = at(path, i++);
      if (Wrong wrong = members(item, here, {"body", "due"})) return wrong;
      const Value* id = item.find("body");
      if (id == nullptr) return bad(here + "/body", "Is missing.");
      if (Wrong wrong = body(*id, here + "/body")) return wrong;
      if (const Value* due = item.find("due")) {
        if (Wrong wrong = time(*due, here + "/due")) return wrong;
      }
      if (std::find(seen.begin(), seen.end(), *id->if_string()) != seen.end()) {
        return bad(here + "/body", "This body is named twice.");
      }
      seen.emplace_back(*id->if_string());
    }
    return std::nullopt;
  }
  [[nodiscard]] Wrong place(const Value& value, const std::string& path) const {
    if (value.if_string() == nullptr) return wrong_kind(path, "a place code", value);
    const std::string& code = *value.if_string();
    const bool shaped =
        !code.empty() && code.size() <= kPlaceDigitsMax && std::all_of(code.begin(), code.end(), is_digit);
    if (!shaped) return bad(path, "Must be a place code of digits, not finer than a building (19 digits).");
    return context_.find_place(code) != nullptr
               ? std::nullopt
               : bad(path, "No place with this code, or above it, is in force.");
  }
  [[nodiscard]] Wrong category(const Value& value, const std::string& path) const {
    if (Wrong wrong = plain_code(value, path)) return wrong;
    return context_.find_category(*value.if_string()) != nullptr
               ? std::nullopt
               : bad(path, "No category with this code is in force.");
  }
  [[nodiscard]] Wrong clock(const Value& value, const std::string& path) const {
    if (Wrong wrong = plain_code(value, path)) return wrong;
    return workflow_.find_clock(*value.if_string()) != nullptr
               ? std::nullopt
               : bad(path, "The workflow of the case has no such clock.");
  }
  static Wrong evidence(const Field& field, const Value& value, const std::string& path) {
    if (Wrong wrong = length(field, value, path)) return wrong;
    std::size_t i = 0;
    for (const Value& item : *value.if_array()) {
      const std::string here = at(path, i++);
      if (Wrong wrong = members(item, here, {"mime", "sha256"})) return wrong;
      const std::string_view sha256 = item.text("sha256");
      if (sha256.size() != 64 || !std::all_of(sha256.begin(), sha256.end(), is_hex)) {
        return bad(here + "/sha256", "Must be the SHA-256 of the evidence: 64 hexadecimal digits.");
      }
      if (!is_mime(item.text("mime")))
        return bad(here + "/mime", "Must be a media type, such as image/jpeg.");
    }
    return std::nullopt;
  }
  [[nodiscard]] Wrong scores(const Value& value, const std::string& path) const {
    const Object* scores = value.if_object();
    if (scores == nullptr) return wrong_kind(path, "an object of scores by body", value);
    for (const Member& score : *scores) {
      if (!is_code(score.name) || context_.find_body(BodyId(score.name)) == nullptr) return no_body(path);
      const std::int64_t* points = score.value.if_int();
      if (points == nullptr || *points < 0 || *points > kScoreMax) {
        return bad(path + "/" + score.name, "A score is an integer from 0 to 100.");
      }
    }
    return std::nullopt;
  }
  static Wrong members(const Value& item, const std::string& path,
                       std::initializer_list<std::string_view> names) {
    const Object* object = item.if_object();
    if (object == nullptr) return wrong_kind(path, "an object", item);
    for (const Member& member : *object) {
      if (std::find(names.begin(), names.end(), member.name) == names.end())
        return unknown(path, member.name);
    }
    return std::nullopt;
  }

 public:
  static Wrong unknown(const std::string& path, std::string_view name) {
    if (!is_member_name(name)) return bad(path, "Has a member that is not asked for here.");
    return bad(path + "/" + std::string(name), "This member is not asked for here.");
  }

 private:
  static constexpr std::size_t kPlaceDigitsMax = 19;
  static constexpr std::int64_t kScoreMax = 100;
  const rules::Workflow& workflow_;
  const directory::Context& context_;
};

}  // namespace

bool is_sealed_box(const Value& value) {
  const Object* box = value.if_object();
  if (box == nullptr) return false;
  // A text may bear a sketch beside, which no rule reads.
  const bool sketched = box->find("sketch") != nullptr && box->find("sketch")->if_string() != nullptr;
  if (box->size() != (sketched ? 4U : 3U)) return false;
  for (const char* name : {"commit", "key", "sealed"}) {
    const Value* part = box->find(name);
    if (part == nullptr || part->if_string() == nullptr) return false;
  }
  return true;
}

std::optional<Rejection> check_input(const rules::CommandRule& rule, const Value& input,
                                     const rules::Workflow& workflow, const directory::Context& context) {
  const Object* members = input.if_object();
  if (members == nullptr) return bad("", "The data of a command is an object.");
  std::size_t known = 0;
  for (const Field& field : rule.fields) {
    const Value* value = members->find(field.name);
    if (value != nullptr) {
      ++known;
    } else if (field.required) {
      return bad("/" + field.name, "Is missing.");
    }
  }
  if (known < members->size()) {
    for (const Member& member : *members) {
      const bool declared = std::any_of(rule.fields.begin(), rule.fields.end(),
                                        [&member](const Field& field) { return field.name == member.name; });
      if (!declared) return Check::unknown("", member.name);
    }
  }
  const Check check(workflow, context);
  for (const Field& field : rule.fields) {
    const Value* value = members->find(field.name);
    if (value == nullptr) continue;
    if (Wrong wrong = check.field(field, *value)) return wrong;
  }
  return std::nullopt;
}

}  // namespace lastkm::cases
