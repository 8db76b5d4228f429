#include "engine/privacy/crypto.h"

#include <sodium.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "engine/record/parse.h"

namespace lastkm::privacy {

namespace {
constexpr std::size_t kPadding = 64;
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::string_view kCommitLabel = "lastkm/key-commit/1";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex_of(std::span<const unsigned char> bytes) {
  std::string out(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
  out.pop_back();
  return out;
}

std::string commitment(const DataKey& key, std::string_view key_id, const AggregateId& aggregate) {
  std::array<unsigned char, 32> out{};
  derive(out, std::string_view(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()),
         framed({kCommitLabel, aggregate.value, key_id}));
  return hex_of(out);
}

std::string additional_data(std::string_view key_id, const Place& place) {
  return framed({place.aggregate.value, place.command.value, place.field, key_id});
}

Error damaged(const std::string& why) {
  return Error{ErrorKind::integrity, "sealed-damaged", "a sealed value does not open: " + why, ""};
}
}  // namespace

void ready() {
  if (sodium_init() < 0) std::abort();
}

Secret::Secret() : bytes_(static_cast<unsigned char*>(sodium_malloc(kKeyBytes))) {
  if (!bytes_) throw std::bad_alloc();
}

void Secret::Free::operator()(unsigned char* bytes) const {
  sodium_free(bytes);
}

Secret Secret::random() {
  Secret secret;
  randombytes_buf(secret.data(), kKeyBytes);
  return secret;
}

Secret Secret::from(std::string_view bytes) {
  if (bytes.size() != kKeyBytes) std::abort();
  Secret secret;
  std::memcpy(secret.data(), bytes.data(), kKeyBytes);
  return secret;
}

std::string_view Secret::view() const {
  return {reinterpret_cast<const char*>(bytes_.get()), kKeyBytes};
}

DataKey::~DataKey() {
  sodium_memzero(bytes.data(), bytes.size());
}

std::string framed(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) {
    out.append(std::to_string(part.size()));
    out.push_back(':');
    out.append(part);
  }
  return out;
}

std::string keyed_hash(const Secret& key, std::initializer_list<std::string_view> parts) {
  std::string message = framed(parts);
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> out{};
  crypto_auth_hmacsha256(out.data(), bytes_of(message), message.size(), key.data());
  sodium_memzero(message.data(), message.size());
  return hex_of(out);
}

void derive(std::span<unsigned char> out, std::string_view key, std::string_view message) {
  crypto_generichash(out.data(), out.size(), bytes_of(message), message.size(), bytes_of(key), key.size());
}

AggregateId hashed_aggregate(const Secret& id_key, std::string_view kind, std::string_view scope,
                             std::string_view name) {
  return AggregateId(keyed_hash(id_key, {"aggregate", kind, scope, name}).substr(0, 32));
}

CommandId hashed_command(const Secret& id_key, std::string_view client, std::string_view idempotency_key,
                         const AggregateId& aggregate) {
  return CommandId(keyed_hash(id_key, {"command", client, idempotency_key, aggregate.value}).substr(0, 32));
}

Value seal_box(const DataKey& key, const Nonce& nonce, std::string_view canonical_plain,
               std::string_view key_id, const Place& place) {
  const std::size_t padded_size = (canonical_plain.size() / kPadding + 1) * kPadding;
  std::vector<unsigned char> padded(padded_size);
  std::memcpy(padded.data(), canonical_plain.data(), canonical_plain.size());
  std::size_t size = 0;
  if (sodium_pad(&size, padded.data(), canonical_plain.size(), kPadding, padded.size()) != 0) std::abort();

  std::vector<unsigned char> sealed(nonce.size() + size + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  std::memcpy(sealed.data(), nonce.data(), nonce.size());
  const std::string data = additional_data(key_id, place);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + nonce.size(), &written, padded.data(), size,
                                             bytes_of(data), data.size(), nullptr, nonce.data(),
                                             key.bytes.data());
  sodium_memzero(padded.data(), padded.size());

  std::string text(sodium_base64_encoded_len(sealed.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), sealed.data(), sealed.size(), kBase64);
  text.pop_back();
  return Object{
      {"sealed", std::move(text)}, {"key", key_id}, {"commit", commitment(key, key_id, place.aggregate)}};
}

Result<Value> open_box(const DataKey& key, const Value& box, const Place& place) {
  const std::string_view key_id = box.text("key");
  const std::string_view commit = box.text("commit");
  const std::string_view text = box.text("sealed");
  const std::string expected = commitment(key, key_id, place.aggregate);
  if (commit.size() != expected.size() || sodium_memcmp(commit.data(), expected.data(), commit.size()) != 0) {
    return damaged("its key is not the one that it was sealed under, or it belongs to another case");
  }
  if (text.empty()) return damaged("its bytes are no box");
  std::vector<unsigned char> sealed(text.size());
  std::size_t size = 0;
  if (sodium_base642bin(sealed.data(), sealed.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        kBase64) != 0 ||
      size < Nonce().size() + crypto_aead_xchacha20poly1305_ietf_ABYTES + kPadding) {
    return damaged("its bytes are no box");
  }
  std::vector<unsigned char> plain(size);
  unsigned long long plain_size = 0;
  const std::string data = additional_data(key_id, place);
  const std::size_t skip = Nonce().size();
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), &plain_size, nullptr, sealed.data() + skip,
                                                 size - skip, bytes_of(data), data.size(), sealed.data(),
                                                 key.bytes.data()) != 0) {
    return damaged("it was changed, or moved to another place");
  }
  std::size_t unpadded = 0;
  if (sodium_unpad(&unpadded, plain.data(), plain_size, kPadding) != 0)
    return damaged("its padding is wrong");
  auto value = record::parse(std::string_view(reinterpret_cast<const char*>(plain.data()), unpadded));
  sodium_memzero(plain.data(), plain.size());
  if (!value) return damaged("what it holds cannot be read");
  return value;
}

bool is_sealed(const Value& value) {
  const Object* object = value.if_object();
  if (object == nullptr) return false;
  const bool sketched = object->find("sketch") != nullptr && object->find("sketch")->if_string() != nullptr;
  if (object->size() != (sketched ? 4U : 3U)) return false;
  for (const std::string_view name : {"sealed", "key", "commit"}) {
    const Value* member = object->find(name);
    if (member == nullptr || member->if_string() == nullptr) return false;
  }
  return true;
}

}  // namespace lastkm::privacy
