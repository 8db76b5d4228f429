// The file of data keys: a header and then slots of 128 bytes, appended in pools and never moved. A key id
// names its slot, so finding a key is one read. Each slot is wrapped under the master key and checked;
// erasing overwrites it in place. A slot lies within one disk sector: a write is there or not.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/privacy/crypto.h"

namespace lastkm::privacy {

/// Thread-safe; several processes may share the file.
class KeyFile {
 public:
  /// Writes the header, synced. refused "vault-exists" where the file is there.
  [[nodiscard]] static Status make(const std::string& path, std::string_view vault_id, const Secret& master);
  /// integrity "vault-damaged" where the header is not that of this vault and master key. `master` outlives
  /// the file.
  [[nodiscard]] static Result<std::unique_ptr<KeyFile>> open(const std::string& path,
                                                             std::string_view vault_id, const Secret& master);
  ~KeyFile();
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;

  /// A new key's id; its slot is synced.
  [[nodiscard]] Result<std::string> new_key();
  /// not_found "erased" | "no-such-key", integrity "vault-damaged".
  [[nodiscard]] Status load(std::string_view key_id, DataKey& key) const;
  /// Overwrites and syncs. Done where it was erased before; also where the slot is damaged. not_found
  /// "no-such-key".
  [[nodiscard]] Status erase(std::string_view key_id);

 private:
  KeyFile(int file, std::string path, std::string vault_id, const Secret& master);
  [[nodiscard]] Status fill_pool();

  const int file_;
  const std::string path_;
  const std::string vault_id_;
  const Secret& master_;
  mutable std::shared_mutex slots_;  ///< shared while a slot is read, alone while one is overwritten
  std::mutex pool_guard_;
  std::vector<std::string> pool_;  ///< ids of synced keys that nobody has yet, last first
  std::size_t pool_size_ =
      8;  ///< of the next pool; grows, so that one command costs little and many cost few syncs
};

}  // namespace lastkm::privacy
