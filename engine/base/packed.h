// Values as bytes, for stores that only this program reads: the members of a type one after the other, in the
// order in which it names them; integers as variable-length numbers (LEB128, signed ones folded), texts and
// lists after their length. No member names and no version: a store of such bytes says which layout it has.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lastkm {

/// A type that names its members:
///   template <class Self, class Each> static void members(Self& self, Each&& each) { each(self.a, self.b); }
template <class T>
concept Packable = requires(T& value) {
  T::members(value, [](auto&...) {});
};

namespace packing {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class K, class V>
inline constexpr bool is_map<std::map<K, V>> = true;
template <class T>
inline constexpr bool is_bytes = false;
template <std::size_t N>
inline constexpr bool is_bytes<std::array<unsigned char, N>> = true;

inline std::uint64_t folded(std::int64_t n) {
  return static_cast<std::uint64_t>(n) << 1U ^ static_cast<std::uint64_t>(n >> 63);
}
inline std::int64_t unfolded(std::uint64_t n) {
  return static_cast<std::int64_t>(n >> 1U ^ (~(n & 1U) + 1U));
}

class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) {}

  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

 private:
  void size(std::uint64_t n) {
    for (; n >= 0x80U; n >>= 7U) out_.push_back(static_cast<char>(n | 0x80U));
    out_.push_back(static_cast<char>(n));
  }
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      out_.push_back(value ? '\1' : '\0');
    } else if constexpr (std::is_integral_v<T>) {
      size(folded(static_cast<std::int64_t>(value)));
    } else if constexpr (std::is_enum_v<T>) {
      size(static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_same_v<T, std::string>) {
      size(value.size());
      out_ += value;
    } else if constexpr (is_bytes<T>) {
      out_.append(reinterpret_cast<const char*>(value.data()), value.size());
    } else if constexpr (is_optional<T>) {
      put(value.has_value());
      if (value) put(*value);
    } else if constexpr (is_vector<T>) {
      size(value.size());
      for (const auto& item : value) put(item);
    } else if constexpr (is_map<T>) {
      size(value.size());
      for (const auto& [key, item] : value) (*this)(key, item);
    } else {
      static_assert(Packable<const T>);
      T::members(value, *this);
    }
  }

  std::string& out_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : left_(bytes) {}

  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  /// Everything was there, and nothing is left.
  [[nodiscard]] bool finished() const { return good_ && left_.empty(); }

 private:
  std::uint64_t size() {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view byte = take(1);
      if (!good_) return 0;
      const auto bits = static_cast<unsigned char>(byte.front());
      n |= static_cast<std::uint64_t>(bits & 0x7fU) << shift;
      if ((bits & 0x80U) == 0) return n;
    }
    good_ = false;
    return 0;
  }
  std::string_view take(std::uint64_t n) {
    if (n > left_.size()) good_ = false;
    if (!good_) return {};
    const std::string_view out = left_.substr(0, n);
    left_.remove_prefix(n);
    return out;
  }
  /// Of a list: an item takes a byte at least.
  std::uint64_t count() {
    const std::uint64_t n = size();
    if (n > left_.size()) good_ = false;
    return good_ ? n : 0;
  }
  template <class T>
  void get(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      const std::string_view byte = take(1);
      value = good_ && byte.front() == '\1';
      good_ = good_ && (value || byte.front() == '\0');
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(unfolded(size()));
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(size());
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = take(size());
    } else if constexpr (is_bytes<T>) {
      const std::string_view bytes = take(value.size());
      for (std::size_t i = 0; i < bytes.size(); ++i) value[i] = static_cast<unsigned char>(bytes[i]);
    } else if constexpr (is_optional<T>) {
      bool there = false;
      get(there);
      value.reset();
      if (there) get(value.emplace());
    } else if constexpr (is_vector<T>) {
      value.resize(count());
      for (auto& item : value) get(item);
    } else if constexpr (is_map<T>) {
      value.clear();
      for (std::uint64_t n = count(); n > 0; --n) {
        typename T::key_type key;
        get(key);
        get(value[std::move(key)]);
      }
    } else {
      static_assert(Packable<T>);
      T::members(value, *this);
    }
  }

  std::string_view left_;
  bool good_ = true;
};

}  // namespace packing

template <class T>
[[nodiscard]] std::string pack(const T& value) {
  // Copied from where there is room already: rows that wait in memory take the bytes that they have, no more.
  thread_local std::string room;
  room.clear();
  packing::Packer put(room);
  put(value);
  return room;
}

/// nullopt where the bytes end before the last member or after it. That a number fits its type is not looked
/// at: a store has checksums, and bytes of another layout it does not hand out.
template <class T>
[[nodiscard]] std::optional<T> unpack(std::string_view bytes) {
  std::optional<T> value(std::in_place);
  packing::Unpacker get(bytes);
  get(*value);
  if (!get.finished()) value.reset();
  return value;
}

}  // namespace lastkm
