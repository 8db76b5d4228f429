// The vault: the keys of a deployment. It keys the hashes that become aggregate ids and fingerprints, and it
// holds the data keys under which personal data and free text are sealed before they enter a log. It lies
// apart from logs and views; destroying a data key erases what it sealed, and no hash or proof changes. A
// seam: processes of a cluster share one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/value.h"

namespace lastkm::privacy {

/// Where a sealed value belongs: bound into it as additional data, so that a box moved elsewhere does not
/// open.
struct Place {
  AggregateId aggregate;
  CommandId command;
  std::string field;  ///< JSON pointer into the command's input: "/text", "/evidence/0/note"
};

class Vault {
 public:
  virtual ~Vault() = default;

  /// Public name of the vault; the deployment's meta record holds it, so that a foreign vault is refused.
  [[nodiscard]] virtual std::string id() const = 0;
  /// 32 hex digits of HMAC-SHA-256 under the id key.
  [[nodiscard]] virtual AggregateId aggregate_of(std::string_view channel,
                                                 std::string_view reference) const = 0;
  [[nodiscard]] virtual AggregateId aggregate_of_key(std::string_view client,
                                                     std::string_view idempotency_key) const = 0;
  [[nodiscard]] virtual CommandId command_of(std::string_view client, std::string_view idempotency_key,
                                             const AggregateId& aggregate) const = 0;
  [[nodiscard]] virtual std::string fingerprint(std::string_view plain) const = 0;
  /// Random ids for what has no key.
  [[nodiscard]] virtual CommandId random_command() const = 0;
  [[nodiscard]] virtual AggregateId random_aggregate() const = 0;

  /// A data key for one subject ("reporter", "narrative") of one command; on disk and synced before this
  /// returns.
  [[nodiscard]] virtual Result<std::string> new_key(std::string_view subject) = 0;
  /// {"sealed": base64url, "key": id, "commit": hex}. XChaCha20-Poly1305, padded to 64 bytes, key-committing.
  [[nodiscard]] virtual Result<Value> seal(const Value& plain, std::string_view key_id,
                                           const Place& place) = 0;
  /// not_found "erased" where the key was destroyed; integrity "sealed-damaged" where the box does not open.
  [[nodiscard]] virtual Result<Value> open(const Value& box, const Place& place) = 0;
  /// Destroys a data key. Done also where it was destroyed before.
  [[nodiscard]] virtual Status erase(std::string_view key_id) = 0;
};

/// Makes a vault in an empty folder. refused "vault-exists".
[[nodiscard]] Result<std::unique_ptr<Vault>> make_file_vault(const std::string& folder);
/// not_found "vault-missing", integrity "vault-damaged".
[[nodiscard]] Result<std::unique_ptr<Vault>> open_file_vault(const std::string& folder);
/// Keys from a seed, in memory: for tests and simulation. The same seed gives the same ids; boxes still open
/// only with it.
[[nodiscard]] std::unique_ptr<Vault> make_seeded_vault(std::uint64_t seed);

/// Whether a value is a sealed box by its shape.
[[nodiscard]] bool is_sealed(const Value& value);

}  // namespace lastkm::privacy
