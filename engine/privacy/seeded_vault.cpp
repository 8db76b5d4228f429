// The vault of tests and demonstrations: everything follows from a seed, ids, keys and nonces too.
#include <mutex>
#include <set>

#include "engine/privacy/crypto.h"
#include "engine/privacy/vault.h"
#include "engine/record/canonical.h"

namespace lastkm::privacy {

namespace {
Secret from_seed(std::uint64_t seed, std::string_view label) {
  Secret secret;
  derive({secret.data(), kKeyBytes}, "lastkm/seeded-vault", framed({label, std::to_string(seed)}));
  return secret;
}

class SeededVault final : public Vault {
 public:
  explicit SeededVault(std::uint64_t seed)
      : id_key_(from_seed(seed, "ids")), data_key_(from_seed(seed, "data keys")) {}

  std::string id() const override { return keyed_hash(id_key_, {"vault"}).substr(0, 32); }
  AggregateId aggregate_of(std::string_view channel, std::string_view reference) const override {
    return hashed_aggregate(id_key_, "reference", channel, reference);
  }
  AggregateId aggregate_of_key(std::string_view client, std::string_view idempotency_key) const override {
    return hashed_aggregate(id_key_, "key", client, idempotency_key);
  }
  CommandId command_of(std::string_view client, std::string_view idempotency_key,
                       const AggregateId& aggregate) const override {
    return hashed_command(id_key_, client, idempotency_key, aggregate);
  }
  std::string fingerprint(std::string_view plain) const override {
    return keyed_hash(id_key_, {"fingerprint", plain});
  }
  CommandId random_command() const override { return CommandId(counted("command")); }
  AggregateId random_aggregate() const override { return AggregateId(counted("aggregate")); }

  Result<std::string> new_key(std::string_view) override {
    const std::lock_guard lock(guard_);
    return key_id(keys_++);
  }

  Result<Value> seal(const Value& plain, std::string_view key_id, const Place& place) override {
    DataKey key;
    if (Status loaded = load(key_id, key); !loaded) return loaded.error();
    const std::string text = record::canonical(plain);
    // The nonce follows from the place and the plain text: equal nonces only for equal boxes.
    Nonce nonce{};
    derive(nonce, data_key_.view(),
           framed({"nonce", key_id, place.aggregate.value, place.command.value, place.field, text}));
    return seal_box(key, nonce, text, key_id, place);
  }

  Result<Value> open(const Value& box, const Place& place) override {
    if (!is_sealed(box)) return Error{ErrorKind::integrity, "sealed-damaged", "this is no sealed value", ""};
    DataKey key;
    if (Status loaded = load(box.text("key"), key); !loaded) return loaded.error();
    return open_box(key, box, place);
  }

  Status erase(std::string_view key_id) override {
    DataKey key;
    Status known = load(key_id, key);
    if (!known && known.error().code != "erased") return known;
    const std::lock_guard lock(guard_);
    erased_.insert(std::string(key_id));
    return done();
  }

 private:
  std::string counted(std::string_view kind) const {
    const std::lock_guard lock(guard_);
    return keyed_hash(id_key_, {"random", kind, std::to_string(random_++)}).substr(0, 32);
  }

  std::string key_id(std::uint64_t slot) const {
    return "k" + std::to_string(slot) + "-" +
           keyed_hash(data_key_, {"tag", std::to_string(slot)}).substr(0, 16);
  }

  Status load(std::string_view id, DataKey& key) const {
    const std::size_t dash = id.find('-');
    const bool shaped = dash != std::string_view::npos && dash > 1 && dash < 18 && id[0] == 'k' &&
                        id.substr(1, dash - 1).find_first_not_of("0123456789") == std::string_view::npos;
    if (!shaped || key_id(std::stoull(std::string(id.substr(1, dash - 1)))) != id) {
      return Error{ErrorKind::not_found, "no-such-key", "the vault has no key '" + std::string(id) + "'", ""};
    }
    {
      const std::lock_guard lock(guard_);
      if (erased_.contains(std::string(id))) {
        return Error{ErrorKind::not_found, "erased", "the key " + std::string(id) + " was destroyed", ""};
      }
    }
    derive(key.bytes, data_key_.view(), framed({"data key", id}));
    return done();
  }

  const Secret id_key_;
  const Secret data_key_;
  mutable std::mutex guard_;
  mutable std::uint64_t random_ = 0;
  std::uint64_t keys_ = 0;
  std::set<std::string> erased_;
};
}  // namespace

std::unique_ptr<Vault> make_seeded_vault(std::uint64_t seed) {
  ready();
  return std::make_unique<SeededVault>(seed);
}

}  // namespace lastkm::privacy
