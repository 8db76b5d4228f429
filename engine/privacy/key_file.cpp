#include "engine/privacy/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace lastkm::privacy {

namespace {
constexpr std::size_t kSlotBytes = 128;
constexpr std::size_t kPoolMax = 1024;
constexpr std::string_view kMagic = "lastkm-keys-1\n";

enum : unsigned char { kLive = 1, kErased = 2 };

// A slot: state, 7 zero bytes, tag[8], nonce[24], wrapped key[48], 24 zero bytes, check[16] of all before it.
using Slot = std::array<unsigned char, kSlotBytes>;
constexpr std::size_t kTagAt = 8, kTagBytes = 8, kNonceAt = 16, kWrappedAt = 40, kCheckAt = 112;
constexpr std::size_t kWrappedBytes = kKeyBytes + crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kWrappedAt + kWrappedBytes <= kCheckAt);

struct KeyName {
  std::int64_t slot = 0;
  std::array<unsigned char, kTagBytes> tag{};
};

std::string_view text_of(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

Error no_such_key(std::string_view key_id) {
  return Error{ErrorKind::not_found, "no-such-key", "the vault has no key '" + std::string(key_id) + "'", ""};
}

Error io_error(const std::string& path, const char* what) {
  return Error{ErrorKind::integrity, "vault-io", path + ": cannot " + what + ": " + std::strerror(errno), ""};
}

Error damaged(const std::string& path, const std::string& why) {
  return Error{ErrorKind::integrity, "vault-damaged",
               path + ": " + why + "; restore the vault from its backup", ""};
}

void put_check(Slot& slot) {
  derive({slot.data() + kCheckAt, 16}, "", text_of(slot.data(), kCheckAt));
}

bool check_holds(const Slot& slot) {
  Slot again = slot;
  put_check(again);
  return std::equal(again.begin() + kCheckAt, again.end(), slot.begin() + kCheckAt);
}

Slot header(std::string_view vault_id, const Secret& master) {
  Slot slot{};
  std::copy(kMagic.begin(), kMagic.end(), slot.begin());
  std::copy_n(vault_id.begin(), std::min<std::size_t>(vault_id.size(), 32), slot.begin() + 16);
  derive({slot.data() + 48, 32}, master.view(), "lastkm/master-check/1");
  put_check(slot);
  return slot;
}

std::string id_of(std::int64_t slot, const unsigned char* tag) {
  std::array<char, kTagBytes * 2 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), tag, kTagBytes);
  return "k" + std::to_string(slot) + "-" + hex.data();
}

std::optional<KeyName> parse_id(std::string_view id) {
  KeyName name;
  if (id.size() < 2 || id[0] != 'k') return std::nullopt;
  const char* end = id.data() + id.size();
  const auto number = std::from_chars(id.data() + 1, end, name.slot);
  if (number.ec != std::errc() || number.ptr == end || *number.ptr != '-' || name.slot < 0 ||
      name.slot > (1LL << 40))
    return std::nullopt;
  const std::string_view hex = id.substr(static_cast<std::size_t>(number.ptr + 1 - id.data()));
  std::size_t size = 0;
  if (hex.size() != kTagBytes * 2 ||
      sodium_hex2bin(name.tag.data(), name.tag.size(), hex.data(), hex.size(), nullptr, &size, nullptr) !=
          0 ||
      size != kTagBytes) {
    return std::nullopt;
  }
  return id_of(name.slot, name.tag.data()) == id ? std::optional(name) : std::nullopt;
}

off_t place_of(std::int64_t slot) {
  return static_cast<off_t>((slot + 1) * static_cast<std::int64_t>(kSlotBytes));
}

bool write_all(int file, const unsigned char* bytes, std::size_t size, off_t at) {
  while (size > 0) {
    const ssize_t n = ::pwrite(file, bytes, size, at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes += n;
    size -= static_cast<std::size_t>(n);
    at += n;
  }
  return true;
}

bool read_slot(int file, off_t at, Slot& slot) {
  std::size_t had = 0;
  while (had < kSlotBytes) {
    const ssize_t n = ::pread(file, slot.data() + had, kSlotBytes - had, at + static_cast<off_t>(had));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    had += static_cast<std::size_t>(n);
  }
  return true;
}

std::string wrap_data(std::string_view vault_id, std::string_view key_id) {
  return framed({"lastkm/wrap/1", vault_id, key_id});
}

std::string new_slot(Slot& slot, std::int64_t number, std::string_view vault_id, const Secret& master) {
  slot = {};
  slot[0] = kLive;
  randombytes_buf(slot.data() + kTagAt, kTagBytes);
  randombytes_buf(slot.data() + kNonceAt, kWrappedAt - kNonceAt);
  std::string id = id_of(number, slot.data() + kTagAt);
  DataKey key;
  randombytes_buf(key.bytes.data(), key.bytes.size());
  const std::string data = wrap_data(vault_id, id);
  crypto_aead_xchacha20poly1305_ietf_encrypt(slot.data() + kWrappedAt, nullptr, key.bytes.data(),
                                             key.bytes.size(),
                                             reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                                             nullptr, slot.data() + kNonceAt, master.data());
  put_check(slot);
  return id;
}

/// The lock of the file between processes, for as long as this lives.
class FileLock {
 public:
  explicit FileLock(int file) : file_(file) {
    do {
      held_ = ::flock(file_, LOCK_EX) == 0;
    } while (!held_ && errno == EINTR);
  }
  ~FileLock() {
    if (held_) ::flock(file_, LOCK_UN);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  [[nodiscard]] bool held() const { return held_; }

 private:
  int file_;
  bool held_ = false;
};
}  // namespace

KeyFile::KeyFile(int file, std::string path, std::string vault_id, const Secret& master)
    : file_(file), path_(std::move(path)), vault_id_(std::move(vault_id)), master_(master) {}

KeyFile::~KeyFile() {
  ::close(file_);
}

Status KeyFile::make(const std::string& path, std::string_view vault_id, const Secret& master) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST)
    return Error{ErrorKind::refused, "vault-exists", path + " is there already", ""};
  if (file < 0) return io_error(path, "make it");
  const Slot slot = header(vault_id, master);
  const bool written = write_all(file, slot.data(), slot.size(), 0) && ::fsync(file) == 0;
  ::close(file);
  if (!written) return io_error(path, "write");
  return done();
}

Result<std::unique_ptr<KeyFile>> KeyFile::open(const std::string& path, std::string_view vault_id,
                                               const Secret& master) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0)
    return errno == ENOENT ? damaged(path, "the file of keys is missing") : io_error(path, "open");
  std::unique_ptr<KeyFile> keys(new KeyFile(file, path, std::string(vault_id), master));
  Slot slot{};
  if (!read_slot(file, 0, slot)) return damaged(path, "it is too short");
  if (slot != header(vault_id, master))
    return damaged(path, "it does not belong to this vault's master key and id key");
  return keys;
}

Status KeyFile::fill_pool() {
  const FileLock lock(file_);
  struct stat about {};
  if (!lock.held() || ::fstat(file_, &about) != 0) return io_error(path_, "lock");
  // A torn end was never handed out: the pool begins at the next whole slot after it.
  const std::int64_t slots_before =
      (about.st_size + static_cast<std::int64_t>(kSlotBytes) - 1) / static_cast<std::int64_t>(kSlotBytes) - 1;
  std::vector<unsigned char> bytes;
  std::vector<std::string> ids;
  Slot slot{};
  for (std::size_t i = 0; i < pool_size_; ++i) {
    ids.push_back(new_slot(slot, slots_before + static_cast<std::int64_t>(i), vault_id_, master_));
    bytes.insert(bytes.end(), slot.begin(), slot.end());
  }
  if (!write_all(file_, bytes.data(), bytes.size(), place_of(slots_before)) || ::fdatasync(file_) != 0) {
    Error failed = io_error(path_, "write");
    failed.message += "; nothing was taken: see to the disk and send it again";
    return failed;
  }
  pool_.assign(ids.rbegin(), ids.rend());
  pool_size_ = std::min(pool_size_ * 2, kPoolMax);
  return done();
}

Result<std::string> KeyFile::new_key() {
  const std::lock_guard lock(pool_guard_);
  if (pool_.empty()) {
    if (Status filled = fill_pool(); !filled) return filled.error();
  }
  std::string id = std::move(pool_.back());
  pool_.pop_back();
  return id;
}

Status KeyFile::load(std::string_view key_id, DataKey& key) const {
  const std::optional<KeyName> name = parse_id(key_id);
  if (!name) return no_such_key(key_id);
  Slot slot{};
  {
    const std::shared_lock lock(slots_);
    if (!read_slot(file_, place_of(name->slot), slot)) return no_such_key(key_id);
  }
  if (!check_holds(slot)) return damaged(path_, "the slot of key " + std::string(key_id) + " is damaged");
  if (!std::equal(name->tag.begin(), name->tag.end(), slot.begin() + kTagAt)) return no_such_key(key_id);
  if (slot[0] == kErased)
    return Error{ErrorKind::not_found, "erased", "the key " + std::string(key_id) + " was destroyed", ""};
  const std::string data = wrap_data(vault_id_, key_id);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(key.bytes.data(), nullptr, nullptr, slot.data() + kWrappedAt,
                                                 kWrappedBytes,
                                                 reinterpret_cast<const unsigned char*>(data.data()),
                                                 data.size(), slot.data() + kNonceAt, master_.data()) != 0) {
    return damaged(path_, "key " + std::string(key_id) + " does not unwrap");
  }
  return done();
}

Status KeyFile::erase(std::string_view key_id) {
  const std::optional<KeyName> name = parse_id(key_id);
  if (!name) return no_such_key(key_id);
  const std::lock_guard lock(slots_);
  Slot slot{};
  if (!read_slot(file_, place_of(name->slot), slot)) return no_such_key(key_id);
  const bool whole = check_holds(slot);
  if (whole && !std::equal(name->tag.begin(), name->tag.end(), slot.begin() + kTagAt))
    return no_such_key(key_id);
  if (whole && slot[0] == kErased) return done();
  Slot erased{};
  erased[0] = kErased;
  std::copy(name->tag.begin(), name->tag.end(), erased.begin() + kTagAt);
  put_check(erased);
  if (!write_all(file_, erased.data(), erased.size(), place_of(name->slot)) || ::fdatasync(file_) != 0)
    return io_error(path_, "erase");
  return done();
}

}  // namespace lastkm::privacy
