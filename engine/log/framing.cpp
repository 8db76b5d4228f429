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
  out.assign(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return true;
}

}  // namespace

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
