// The vault in a folder: master.key and id.key (0600, text) and the file of wrapped data keys.
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "engine/privacy/crypto.h"
#include "engine/privacy/key_file.h"
#include "engine/privacy/vault.h"
#include "engine/record/canonical.h"

namespace lastkm::privacy {

namespace {
constexpr std::string_view kMasterLabel = "lastkm-master-key-1 ";
constexpr std::string_view kIdLabel = "lastkm-id-key-1 ";

std::string vault_id_of(const Secret& id_key) {
  return keyed_hash(id_key, {"vault"}).substr(0, 32);
}

Status write_secret(const std::string& path, std::string_view label, const Secret& secret) {
  std::array<char, kKeyBytes * 2 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), secret.data(), kKeyBytes);
  std::string text = std::string(label) + hex.data() + "\n";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = file >= 0 &&
                       ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(file) == 0;
  const int why = errno;
  if (file >= 0) ::close(file);
  sodium_memzero(hex.data(), hex.size());
  sodium_memzero(text.data(), text.size());
  if (!written)
    return Error{ErrorKind::integrity, "vault-io", path + ": cannot write: " + std::strerror(why), ""};
  return done();
}

Result<Secret> read_secret(const std::string& path, std::string_view label) {
  const Error bad{ErrorKind::integrity, "vault-damaged",
                  path + " is missing or no key file; restore the vault from its backup", ""};
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return bad;
  std::array<char, 128> text{};
  const ssize_t size = ::read(file, text.data(), text.size());
  ::close(file);
  const std::string_view seen(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  Secret secret;
  std::size_t got = 0;
  const bool good = seen.size() == label.size() + kKeyBytes * 2 + 1 &&
                    seen.substr(0, label.size()) == label && seen.back() == '\n' &&
                    sodium_hex2bin(secret.data(), kKeyBytes, seen.data() + label.size(), kKeyBytes * 2,
                                   nullptr, &got, nullptr) == 0 &&
                    got == kKeyBytes;
  sodium_memzero(text.data(), text.size());
  if (!good) return bad;
  return secret;
}

std::string random_id() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 33> hex{};
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  return hex.data();
}

class FileVault final : public Vault {
 public:
  FileVault(Secret master, Secret id_key)
      : master_(std::move(master)), id_key_(std::move(id_key)), id_(vault_id_of(id_key_)) {}

  Status open_keys(const std::string& path) {
    auto keys = KeyFile::open(path, id_, master_);
    if (!keys) return keys.error();
    keys_ = std::move(*keys);
    return done();
  }

  std::string id() const override { return id_; }
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
  CommandId random_command() const override { return CommandId(random_id()); }
  AggregateId random_aggregate() const override { return AggregateId(random_id()); }

  // The subject stays out of the file: the id says nothing about what the key is for.
  Result<std::string> new_key(std::string_view) override { return keys_->new_key(); }

  Result<Value> seal(const Value& plain, std::string_view key_id, const Place& place) override {
    DataKey key;
    if (Status loaded = keys_->load(key_id, key); !loaded) return loaded.error();
    Nonce nonce{};
    randombytes_buf(nonce.data(), nonce.size());
    std::string text = record::canonical(plain);
    Value box = seal_box(key, nonce, text, key_id, place);
    sodium_memzero(text.data(), text.size());
    return box;
  }

  Result<Value> open(const Value& box, const Place& place) override {
    if (!is_sealed(box)) return Error{ErrorKind::integrity, "sealed-damaged", "this is no sealed value", ""};
    DataKey key;
    if (Status loaded = keys_->load(box.text("key"), key); !loaded) return loaded.error();
    return open_box(key, box, place);
  }

  Status erase(std::string_view key_id) override { return keys_->erase(key_id); }

 private:
  const Secret master_;
  const Secret id_key_;
  const std::string id_;
  std::unique_ptr<KeyFile> keys_;
};

Status sync_folder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!synced)
    return Error{ErrorKind::integrity, "vault-io", folder + ": cannot sync: " + std::strerror(errno), ""};
  return done();
}
}  // namespace

Result<std::unique_ptr<Vault>> make_file_vault(const std::string& folder) {
  ready();
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error{ErrorKind::bad_input, "vault-io", folder + ": " + failed.message(), ""};
  if (!std::filesystem::is_empty(folder, failed) || failed) {
    return Error{ErrorKind::refused, "vault-exists", folder + " is not empty", ""};
  }
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
  const Secret master = Secret::random();
  const Secret id_key = Secret::random();
  if (Status made = write_secret(folder + "/master.key", kMasterLabel, master); !made) return made.error();
  if (Status made = write_secret(folder + "/id.key", kIdLabel, id_key); !made) return made.error();
  if (Status made = KeyFile::make(folder + "/keys", vault_id_of(id_key), master); !made) return made.error();
  if (Status synced = sync_folder(folder); !synced) return synced.error();
  return open_file_vault(folder);
}

Result<std::unique_ptr<Vault>> open_file_vault(const std::string& folder) {
  ready();
  std::error_code failed;
  if (!std::filesystem::is_directory(folder, failed) || std::filesystem::is_empty(folder, failed)) {
    return Error{ErrorKind::not_found, "vault-missing", "there is no vault in " + folder, ""};
  }
  auto master = read_secret(folder + "/master.key", kMasterLabel);
  if (!master) return master.error();
  auto id_key = read_secret(folder + "/id.key", kIdLabel);
  if (!id_key) return id_key.error();
  auto vault = std::make_unique<FileVault>(std::move(*master), std::move(*id_key));
  if (Status opened = vault->open_keys(folder + "/keys"); !opened) return opened.error();
  return std::unique_ptr<Vault>(std::move(vault));
}

}  // namespace lastkm::privacy
