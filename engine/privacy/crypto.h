// The few primitives of the vault over libsodium: secrets that are wiped, keyed hashes, and the sealed box.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/value.h"
#include "engine/privacy/vault.h"

namespace lastkm::privacy {

inline constexpr std::size_t kKeyBytes = 32;

/// 32 secret bytes in guarded, locked memory; wiped on destruction.
class Secret {
 public:
  Secret();
  static Secret random();
  static Secret from(std::string_view bytes);  ///< `bytes` is kKeyBytes long
  [[nodiscard]] unsigned char* data() { return bytes_.get(); }
  [[nodiscard]] const unsigned char* data() const { return bytes_.get(); }
  [[nodiscard]] std::string_view view() const;

 private:
  struct Free {
    void operator()(unsigned char* bytes) const;
  };
  std::unique_ptr<unsigned char, Free> bytes_;
};

/// 32 bytes on the stack, wiped on destruction: for a data key while it is in use.
struct DataKey {
  std::array<unsigned char, kKeyBytes> bytes{};
  DataKey() = default;
  DataKey(const DataKey&) = delete;
  DataKey& operator=(const DataKey&) = delete;
  ~DataKey();
};

/// Parts joined so that no two lists of parts give the same text.
[[nodiscard]] std::string framed(std::initializer_list<std::string_view> parts);
/// Lower-case hex of HMAC-SHA-256 over the framed parts.
[[nodiscard]] std::string keyed_hash(const Secret& key, std::initializer_list<std::string_view> parts);
/// BLAKE2b under a key, `out` bytes long (16..64).
void derive(std::span<unsigned char> out, std::string_view key, std::string_view message);

/// The ids that every vault gives, from its id key.
[[nodiscard]] AggregateId hashed_aggregate(const Secret& id_key, std::string_view kind,
                                           std::string_view scope, std::string_view name);
[[nodiscard]] CommandId hashed_command(const Secret& id_key, std::string_view client,
                                       std::string_view idempotency_key, const AggregateId& aggregate);

using Nonce = std::array<unsigned char, 24>;
/// {"sealed","key","commit"}; `nonce` is never used twice under one key.
[[nodiscard]] Value seal_box(const DataKey& key, const Nonce& nonce, std::string_view canonical_plain,
                             std::string_view key_id, const Place& place);
/// integrity "sealed-damaged".
[[nodiscard]] Result<Value> open_box(const DataKey& key, const Value& box, const Place& place);

/// Makes libsodium ready; ends the process where it cannot be.
void ready();

}  // namespace lastkm::privacy
