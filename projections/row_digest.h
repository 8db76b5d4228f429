// The digest of a view: SHA-256 over its rows in key order, each as key length (4 bytes, big-endian), key,
// value length, value. Depends on nothing but the rows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lastkm::projections {

class RowDigest {
 public:
  RowDigest();
  ~RowDigest();
  RowDigest(const RowDigest&) = delete;
  RowDigest& operator=(const RowDigest&) = delete;

  void add(std::string_view key, std::string_view value);
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  /// Hex. Once.
  [[nodiscard]] std::string finish();

 private:
  void add_counted(std::string_view bytes);
  struct Hash;
  std::unique_ptr<Hash> hash_;
  std::int64_t rows_ = 0;
};

}  // namespace lastkm::projections
