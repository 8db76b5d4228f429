#include "engine/record/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace lastkm::record {

namespace {
struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
};
}  // namespace

Digest sha256(std::string_view bytes) {
  // Both are dear to make and hold no state between calls. What EVP_sha256() names is looked up at each use.
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  static const std::unique_ptr<EVP_MD, Free> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  Digest digest{};
  unsigned int size = 0;
  if (context == nullptr || algorithm == nullptr ||
      EVP_DigestInit_ex(context.get(), algorithm.get(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1 || size != digest.size()) {
    std::abort();
  }
  return digest;
}

namespace {
/// The two digits of each byte, one after the other.
constexpr auto kPairs = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    pairs[i] = digits[i / 32];
    pairs[i + 1] = digits[i / 2 % 16];
  }
  return pairs;
}();
}  // namespace

std::string hex(std::string_view bytes) {
  std::string out(bytes.size() * 2, '0');
  char* at = out.data();
  for (const char c : bytes) {
    std::memcpy(at, &kPairs[static_cast<unsigned char>(c) * std::size_t{2}], 2);
    at += 2;
  }
  return out;
}

std::string hex(const Digest& digest) {
  return hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

namespace {
constexpr std::string_view kLanePrefix = "lane-";
}

AggregateId lane_aggregate(LaneId lane) {
  return AggregateId(std::string(kLanePrefix) + std::to_string(lane.value));
}

bool is_lane_aggregate(const AggregateId& id) {
  return id.value.starts_with(kLanePrefix);
}

LaneId lane_of(const AggregateId& id, std::int32_t lanes) {
  if (is_lane_aggregate(id)) {
    std::int32_t lane = 0;
    for (const char c : std::string_view(id.value).substr(kLanePrefix.size())) {
      if (c < '0' || c > '9' || lane > 100000) return LaneId(-1);
      lane = lane * 10 + (c - '0');
    }
    return lane < lanes ? LaneId(lane) : LaneId(-1);
  }
  const Digest digest = sha256(id.value);
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < 8; ++i) head = head << 8U | digest[i];
  return LaneId(static_cast<std::int32_t>(head % static_cast<std::uint64_t>(lanes)));
}

}  // namespace lastkm::record
