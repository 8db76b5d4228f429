#include "engine/privacy/sketch.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/privacy/crypto.h"

namespace lastkm::privacy {

namespace {
/// The characters that count, each as its UTF-8 bytes.
std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::string one(text.substr(i, size));
    i += size;
    if (lead < 0x80) {
      const bool upper = one[0] >= 'A' && one[0] <= 'Z';
      const bool counts = upper || (one[0] >= 'a' && one[0] <= 'z') || (one[0] >= '0' && one[0] <= '9');
      if (!counts) continue;
      if (upper) one[0] = static_cast<char>(one[0] - 'A' + 'a');
    }
    all.push_back(std::move(one));
  }
  return all;
}

/// Of splitmix64: each part of the sketch orders the grams in another way.
std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 30U;
  x *= 0xBF58476D1CE4E5B9U;
  x ^= x >> 27U;
  x *= 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}
}  // namespace

std::string sketch_of(std::string_view text, std::string_view secret) {
  const std::vector<std::string> all = characters(text);
  if (all.empty()) return {};
  std::array<unsigned char, crypto_shorthash_KEYBYTES> key{};
  derive(key, secret.substr(0, kKeyBytes), "sketch");
  std::array<std::uint64_t, kSketchParts> least{};
  least.fill(UINT64_MAX);
  std::string gram;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::size_t run = all[i].size() > 1 ? 2 : 4;
    if (i > 0 && i + run > all.size()) break;
    gram.clear();
    for (std::size_t j = i; j < std::min(all.size(), i + run); ++j) gram += all[j];
    std::uint64_t hash = 0;
    std::array<unsigned char, crypto_shorthash_BYTES> bytes{};
    crypto_shorthash(bytes.data(), reinterpret_cast<const unsigned char*>(gram.data()), gram.size(),
                     key.data());
    for (const unsigned char byte : bytes) hash = hash << 8U | byte;
    for (std::size_t part = 0; part < kSketchParts; ++part)
      least[part] = std::min(least[part], mixed(hash + (part + 1) * 0x9E3779B97F4A7C15U));
  }
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string sketch;
  for (const std::uint64_t value : least) {
    for (std::size_t digit = 0; digit < kSketchDigits; ++digit)
      sketch += digits[(value >> (4 * digit)) & 15U];
  }
  return sketch;
}

}  // namespace lastkm::privacy
