#include "engine/rules/names.h"

#include <algorithm>

namespace lastkm::rules {
namespace {

constexpr std::size_t kMaxName = 64;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool may_begin(char c, NameForm form) {
  switch (form) {
    case NameForm::id:
      return is_upper(c) || is_lower(c);
    case NameForm::command:
    case NameForm::role:
      return is_upper(c);
    case NameForm::field:
    case NameForm::refusal:
      return is_lower(c);
  }
  return false;
}

bool may_follow(char c, NameForm form) {
  switch (form) {
    case NameForm::id:
      return is_upper(c) || is_lower(c) || is_digit(c) || c == '_' || c == '-';
    case NameForm::command:
      return is_upper(c) || is_lower(c);
    case NameForm::role:
      return is_upper(c) || c == '_';
    case NameForm::field:
      return is_lower(c) || is_digit(c) || c == '_';
    case NameForm::refusal:
      return is_lower(c) || is_digit(c) || c == '-';
  }
  return false;
}

}  // namespace

bool is_name(std::string_view name, NameForm form) {
  return !name.empty() && name.size() <= kMaxName && may_begin(name.front(), form) &&
         std::ranges::all_of(name, [form](char c) { return may_follow(c, form); });
}

std::string_view words_for(NameForm form) {
  switch (form) {
    case NameForm::id:
      return "a letter first, then letters, digits, _ and -; at most 64";
    case NameForm::command:
      return "a capital first, then letters; at most 64";
    case NameForm::role:
      return "capitals and _, a capital first; at most 64";
    case NameForm::field:
      return "a small letter first, then small letters, digits and _; at most 64";
    case NameForm::refusal:
      return "a small letter first, then small letters, digits and -; at most 64";
  }
  return "";
}

}  // namespace lastkm::rules
