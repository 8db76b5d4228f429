#include "engine/base/value.h"

#include <algorithm>

namespace lastkm {

bool member_name_less(std::string_view a, std::string_view b) {
  const std::size_t shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i) {
    const auto x = static_cast<unsigned char>(a[i]);
    const auto y = static_cast<unsigned char>(b[i]);
    if (x == y) continue;
    // In UTF-16 a supplementary character (surrogates D800..DFFF) sorts before U+E000..U+FFFF; in UTF-8
    // after.
    const bool x_supplementary = x >= 0xF0;
    const bool y_supplementary = y >= 0xF0;
    if (x >= 0xEE && y >= 0xEE && x_supplementary != y_supplementary) return x_supplementary;
    return x < y;
  }
  return a.size() < b.size();
}

namespace {
auto position(std::vector<Member>& members, std::string_view name) {
  return std::lower_bound(members.begin(), members.end(), name,
                          [](const Member& m, std::string_view n) { return member_name_less(m.name, n); });
}

/// Room for one more. Members are large: growing one by one from the first on would move them again and
/// again.
void make_room(std::vector<Member>& members) {
  constexpr std::size_t kFirst = 8;
  if (members.size() == members.capacity()) members.reserve(std::max(kFirst, members.size() * 2));
}
}  // namespace

Object::Object() = default;
Object::Object(std::initializer_list<Member> members) {
  members_.reserve(members.size());
  for (const Member& member : members) {
    if (members_.empty() || member_name_less(members_.back().name, member.name)) {
      members_.push_back(member);
    } else {
      set(member.name, member.value);
    }
  }
}
Object::~Object() = default;
Object::Object(const Object&) = default;
Object& Object::operator=(const Object&) = default;
// Written out: clang 14 crashes on a defaulted one here.
bool Object::operator==(const Object& other) const {
  return members_ == other.members_;
}

const Value* Object::find(std::string_view name) const {
  // Objects of records are small: a scan beats a search.
  for (const Member& member : members_) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

Value* Object::find(std::string_view name) {
  return const_cast<Value*>(static_cast<const Object*>(this)->find(name));
}

Value& Object::set(std::string_view name, Value value) {
  if (members_.empty() || member_name_less(members_.back().name, name)) {
    std::string held(name);  // it may be a text of this object, which moves
    make_room(members_);
    return members_.emplace_back(std::move(held), std::move(value)).value;
  }
  auto at = position(members_, name);
  if (at == members_.end() || at->name != name) {
    Member member{std::string(name), std::move(value)};
    const auto index = at - members_.begin();
    make_room(members_);
    at = members_.insert(members_.begin() + index, std::move(member));
  } else {
    at->value = std::move(value);
  }
  return at->value;
}

Value* Object::add(std::string_view name) {
  make_room(members_);
  if (members_.empty() || member_name_less(members_.back().name, name))
    return &members_.emplace_back(name).value;
  auto at = position(members_, name);
  if (at != members_.end() && at->name == name) return nullptr;
  return &members_.emplace(at, name)->value;
}

bool Object::add(std::string_view name, Value value) {
  make_room(members_);
  if (members_.empty() || member_name_less(members_.back().name, name)) {
    members_.emplace_back(name, std::move(value));
    return true;
  }
  Value* const added = add(name);
  if (added != nullptr) *added = std::move(value);
  return added != nullptr;
}

void Object::erase(std::string_view name) {
  auto at = position(members_, name);
  if (at != members_.end() && at->name == name) members_.erase(at);
}

const Value* Value::find(std::string_view name) const {
  const Object* object = if_object();
  return object == nullptr ? nullptr : object->find(name);
}

std::string_view Value::text(std::string_view name, std::string_view otherwise) const {
  const Value* member = find(name);
  const std::string* held = member == nullptr ? nullptr : member->if_string();
  return held == nullptr ? otherwise : std::string_view(*held);
}

std::int64_t Value::number(std::string_view name, std::int64_t otherwise) const {
  const Value* member = find(name);
  const std::int64_t* held = member == nullptr ? nullptr : member->if_int();
  return held == nullptr ? otherwise : *held;
}

bool Value::flag(std::string_view name, bool otherwise) const {
  const Value* member = find(name);
  const bool* held = member == nullptr ? nullptr : member->if_bool();
  return held == nullptr ? otherwise : *held;
}

std::string_view Value::kind() const {
  static constexpr std::string_view names[] = {"null", "boolean", "integer", "string", "array", "object"};
  return names[held_.index()];
}

}  // namespace lastkm
