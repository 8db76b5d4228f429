// A JSON value as the records use it: integers only (money in fen, areas in 0.01 m², coordinates in 1e-7
// degrees), and members kept in the order of RFC 8785 (UTF-16 code units), so that one value has one text.
// Pure: no IO, no locale.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lastkm {

class Value;
struct Member;
using Array = std::vector<Value>;

/// RFC 8785 section 3.2.3: true where `a` sorts before `b` by UTF-16 code units. Both are UTF-8.
bool member_name_less(std::string_view a, std::string_view b);

/// Members sorted by name, names unique.
class Object {
 public:
  Object();
  Object(std::initializer_list<Member> members);
  /// Precondition: sorted by name, names unique.
  explicit Object(std::vector<Member> sorted);
  ~Object();
  Object(const Object&);
  Object(Object&&) noexcept;
  Object& operator=(const Object&);
  Object& operator=(Object&&) noexcept;
  bool operator==(const Object&) const;

  [[nodiscard]] const Value* find(std::string_view name) const;
  [[nodiscard]] Value* find(std::string_view name);
  /// Adds the member or replaces its value.
  Value& set(std::string_view name, Value value);
  /// A new member, null so far; nullptr, and nothing changed, where the name is there already. `name` is no
  /// text of this object.
  Value* add(std::string_view name);
  /// False, and nothing changed, where the name is there already.
  bool add(std::string_view name, Value value);
  void erase(std::string_view name);
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::vector<Member>::const_iterator begin() const;
  [[nodiscard]] std::vector<Member>::const_iterator end() const;

 private:
  std::vector<Member> members_;
};

class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool v) : held_(v) {}
  Value(int v) : held_(static_cast<std::int64_t>(v)) {}
  Value(std::int64_t v) : held_(v) {}
  Value(std::string v) : held_(std::move(v)) {}
  Value(std::string_view v) : held_(std::string(v)) {}
  Value(const char* v) : held_(std::string(v)) {}
  Value(Array v) : held_(std::move(v)) {}
  Value(Object v) : held_(std::move(v)) {}
  bool operator==(const Value&) const = default;

  /// Holds this from here on, made where it stands.
  template <class Held, class... From>
  Held& become(From&&... from) {
    return held_.template emplace<Held>(std::forward<From>(from)...);
  }

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(held_); }
  [[nodiscard]] const bool* if_bool() const { return std::get_if<bool>(&held_); }
  [[nodiscard]] const std::int64_t* if_int() const { return std::get_if<std::int64_t>(&held_); }
  [[nodiscard]] const std::string* if_string() const { return std::get_if<std::string>(&held_); }
  [[nodiscard]] const Array* if_array() const { return std::get_if<Array>(&held_); }
  [[nodiscard]] Array* if_array() { return std::get_if<Array>(&held_); }
  [[nodiscard]] const Object* if_object() const { return std::get_if<Object>(&held_); }
  [[nodiscard]] Object* if_object() { return std::get_if<Object>(&held_); }

  /// The member, or nullptr where this is no object or has no such member.
  [[nodiscard]] const Value* find(std::string_view name) const;
  /// The member's text, or `otherwise` where it is absent or no string. Owned by this value.
  [[nodiscard]] std::string_view text(std::string_view name, std::string_view otherwise = {}) const;
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t otherwise = 0) const;
  [[nodiscard]] bool flag(std::string_view name, bool otherwise = false) const;
  /// "null", "boolean", "integer", "string", "array" or "object", for messages.
  [[nodiscard]] std::string_view kind() const;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> held_;
};

struct Member {
  explicit Member(std::string_view its_name) : name(its_name) {}
  /// From what a name and a value can be made of, without moving either on the way.
  template <class Name, class Held>
  requires std::constructible_from<std::string, Name> && std::convertible_to<Held, Value> Member(
      Name&& its_name, Held&& held)
      : name(std::forward<Name>(its_name)), value(std::forward<Held>(held)) {}
  std::string name;
  Value value;
  bool operator==(const Member&) const = default;
};

// Here, where a member is known: each is a few instructions.
inline Object::Object(Object&&) noexcept = default;
inline Object& Object::operator=(Object&&) noexcept = default;
inline Object::Object(std::vector<Member> sorted) : members_(std::move(sorted)) {}
inline bool Object::empty() const {
  return members_.empty();
}
inline std::size_t Object::size() const {
  return members_.size();
}
inline std::vector<Member>::const_iterator Object::begin() const {
  return members_.begin();
}
inline std::vector<Member>::const_iterator Object::end() const {
  return members_.end();
}

}  // namespace lastkm
