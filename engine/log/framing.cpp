#include "engine/log/framing.h"

#include <cstdint>

namespace lastkm::log {

namespace {

void put(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift & 255U));
  out.append(text);
}

bool take(std::string_view& bytes, std::string& out) {
  if (bytes.size() < 4) return false;
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size = size << 8U | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(4);
  if (bytes.size() < size) return false;
  out = std::string(bytes.substr(0, size));  // cheaper than growing what is new
  bytes.remove_prefix(size);
  return true;
}

std::string big_endian(std::uint64_t n, int bytes) {
  std::string out;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(n >> shift & 255U));
  return out;
}

}  // namespace

std::string key_of(Topic topic, std::int32_t partition, std::int64_t offset) {
  std::string key(1, static_cast<char>(topic));
  key += big_endian(static_cast<std::uint64_t>(partition), 2);
  key += big_endian(static_cast<std::uint64_t>(offset), 8);
  return key;
}

std::int64_t offset_of(std::string_view key) {
  std::uint64_t n = 0;
  for (const char c : key.substr(3)) n = n << 8U | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(n);
}

std::string frame(const Record& record) {
  std::string out;
  out.reserve(record.key.size() + record.value.size() + 32 + record.headers.size() * 32);
  put(out, record.key);
  put(out, record.value);
  for (const auto& [name, value] : record.headers) {
    put(out, name);
    put(out, value);
  }
  return out;
}

bool unframe(std::string_view bytes, Record& record) {
  record.headers.clear();
  if (!take(bytes, record.key) || !take(bytes, record.value)) return false;
  while (!bytes.empty()) {
    auto& [name, value] = record.headers.emplace_back();
    if (!take(bytes, name) || !take(bytes, value)) return false;
  }
  return true;
}

}  // namespace lastkm::log
