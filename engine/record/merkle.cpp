#include "engine/record/merkle.h"

#include <algorithm>
#include <array>

namespace lastkm::record {

namespace {
template <std::size_t N>
Digest hash(const std::array<std::uint8_t, N>& bytes) {
  return sha256(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

constexpr std::uint8_t kNoDigit = 0xFF;
/// The value of each hex digit.
constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  std::uint8_t value = 0;
  for (const char c : std::string_view("0123456789abcdef")) values[static_cast<unsigned char>(c)] = value++;
  return values;
}();
}  // namespace

Digest merkle_leaf(const Digest& data) {
  std::array<std::uint8_t, 33> bytes{};
  std::copy(data.begin(), data.end(), bytes.begin() + 1);
  return hash(bytes);
}

Digest merkle_node(const Digest& left, const Digest& right) {
  std::array<std::uint8_t, 65> bytes{1};
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 33);
  return hash(bytes);
}

void Frontier::append(const Digest& leaf_data) {
  Digest peak = merkle_leaf(leaf_data);
  for (std::int64_t size = size_; size % 2 == 1; size /= 2) {
    peak = merkle_node(peaks_.back(), peak);
    peaks_.pop_back();
  }
  peaks_.push_back(peak);
  ++size_;
}

Digest Frontier::root() const {
  if (peaks_.empty()) return sha256("");
  Digest root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i > 0; --i) root = merkle_node(peaks_[i - 1], root);
  return root;
}

bool read_hex(std::string_view text, Digest& into) {
  if (text.size() != into.size() * 2) return false;
  const auto digit = [&text](std::size_t at) { return kDigits[static_cast<unsigned char>(text[at])]; };
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const std::uint8_t high = digit(2 * i);
    const std::uint8_t low = digit(2 * i + 1);
    seen |= high | low;
    into[i] = static_cast<std::uint8_t>(high << 4U | (low & 0xFU));
  }
  return seen < 16;
}

}  // namespace lastkm::record
