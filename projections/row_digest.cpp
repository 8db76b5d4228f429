#include "projections/row_digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

#include "engine/record/digest.h"

namespace lastkm::projections {

namespace {
struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
/// OpenSSL's SHA-256 fails only where memory is out or the library is broken.
void must(int ok) {
  if (ok != 1) std::abort();
}
}  // namespace

struct RowDigest::Hash {
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

RowDigest::RowDigest() : hash_(std::make_unique<Hash>()) {
  must(EVP_DigestInit_ex(hash_->context.get(), EVP_sha256(), nullptr));
}
RowDigest::~RowDigest() = default;

void RowDigest::add_counted(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const std::array<unsigned char, 4> prefix{
      static_cast<unsigned char>(size >> 24U), static_cast<unsigned char>(size >> 16U),
      static_cast<unsigned char>(size >> 8U), static_cast<unsigned char>(size)};
  must(EVP_DigestUpdate(hash_->context.get(), prefix.data(), prefix.size()));
  must(EVP_DigestUpdate(hash_->context.get(), bytes.data(), bytes.size()));
}

void RowDigest::add(std::string_view key, std::string_view value) {
  add_counted(key);
  add_counted(value);
  ++rows_;
}

std::string RowDigest::finish() {
  record::Digest digest{};
  unsigned int size = 0;
  must(EVP_DigestFinal_ex(hash_->context.get(), digest.data(), &size));
  return record::hex(digest);
}

}  // namespace lastkm::projections
