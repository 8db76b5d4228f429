#include "engine/base/fields.h"

#include <algorithm>
#include <utility>

namespace lastkm {

std::string pointer_step(std::string_view member) {
  std::string out = "/";
  for (const char c : member) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string child(std::string_view pointer, std::string_view member) {
  return std::string(pointer) + pointer_step(member);
}

std::string child(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + "/" + std::to_string(index);
}

bool is_code(std::string_view text) {
  const auto alphanumeric = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  if (text.empty() || text.size() > 64 || !alphanumeric(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return alphanumeric(c) || std::string_view("_.:/@-").find(c) != std::string_view::npos;
  });
}

namespace {
std::string quoted(std::string_view name) {
  return "'" + std::string(name) + "'";
}
std::string no_code(std::string_view held, std::string_view form) {
  return quoted(held) + " cannot stand here: " + std::string(form);
}
}  // namespace

Fields::Fields(const Value& value, std::string pointer, Faults& faults)
    : object_(value.if_object()), pointer_(std::move(pointer)), faults_(faults) {
  if (object_ == nullptr) {
    faults_.push_back({"wrong-type", pointer_, "must be an object, not " + std::string(value.kind())});
  }
}

void Fields::fault(std::string_view name, std::string code, std::string text) {
  faults_.push_back({std::move(code), at(name), std::move(text)});
}

const Value* Fields::value(std::string_view name, Need need) {
  asked_.emplace_back(name);
  if (object_ == nullptr) return nullptr;
  const Value* found = object_->find(name);
  if (found != nullptr && need == Need::optional && found->is_null()) return nullptr;
  if (found == nullptr && need == Need::required) {
    faults_.push_back({"missing-member", pointer_, quoted(name) + " is missing"});
  }
  return found;
}

std::string Fields::text(std::string_view name, Need need) {
  const Value* found = value(name, need);
  if (found == nullptr) return {};
  const std::string* held = found->if_string();
  if (held == nullptr) {
    fault(name, "wrong-type", quoted(name) + " must be a text, not " + std::string(found->kind()));
    return {};
  }
  if (held->empty()) fault(name, "empty-text", quoted(name) + " must not be empty");
  return *held;
}

std::string Fields::code(std::string_view name, Need need, std::string_view form) {
  std::string held = text(name, need);
  if (!held.empty() && !is_code(held)) {
    fault(name, "bad-code", no_code(held, form));
    return {};
  }
  return held;
}

std::optional<std::int64_t> Fields::integer(std::string_view name, std::int64_t min, std::int64_t max,
                                            Need need) {
  const Value* found = value(name, need);
  if (found == nullptr) return std::nullopt;
  const std::int64_t* held = found->if_int();
  if (held == nullptr) {
    fault(name, "wrong-type", quoted(name) + " must be an integer, not " + std::string(found->kind()));
    return std::nullopt;
  }
  if (*held < min || *held > max) {
    fault(name, "out-of-range",
          quoted(name) + " must be " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
  }
  return *held;
}

bool Fields::flag(std::string_view name, bool otherwise, Need need) {
  const Value* found = value(name, need);
  if (found == nullptr) return otherwise;
  const bool* held = found->if_bool();
  if (held == nullptr) {
    fault(name, "wrong-type", quoted(name) + " must be true or false, not " + std::string(found->kind()));
    return otherwise;
  }
  return *held;
}

const Array* Fields::list(std::string_view name, Need need) {
  const Value* found = value(name, need);
  if (found == nullptr) return nullptr;
  const Array* held = found->if_array();
  if (held == nullptr)
    fault(name, "wrong-type", quoted(name) + " must be a list, not " + std::string(found->kind()));
  return held;
}

std::vector<std::string> Fields::codes(std::string_view name, Need need, std::string_view form) {
  std::vector<std::string> out;
  const Array* held = list(name, need);
  if (held == nullptr) return out;
  for (std::size_t i = 0; i < held->size(); ++i) {
    const std::string* text = (*held)[i].if_string();
    const std::string where = child(at(name), i);
    if (text == nullptr) {
      faults_.push_back({"wrong-type", where, "must be a text, not " + std::string((*held)[i].kind())});
    } else if (!is_code(*text)) {
      faults_.push_back({"bad-code", where, no_code(*text, form)});
    } else if (std::find(out.begin(), out.end(), *text) != out.end()) {
      faults_.push_back({"duplicate-entry", where, quoted(*text) + " stands twice in the list"});
    } else {
      out.push_back(*text);
    }
  }
  return out;
}

void Fields::end() {
  if (object_ == nullptr) return;
  for (const Member& member : *object_) {
    if (std::find(asked_.begin(), asked_.end(), member.name) == asked_.end()) {
      fault(member.name, "unknown-member", quoted(member.name) + " is no member that this object can have");
    }
  }
}

}  // namespace lastkm
