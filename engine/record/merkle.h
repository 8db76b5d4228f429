// Merkle trees of RFC 6962 section 2.1 over SHA-256. The data of a leaf is the SHA-256 of a record's value:
// leaves are small commitments, and a tree of commands can be made from the decisions that name their hashes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/record/digest.h"

namespace lastkm::record {

/// H(0x00 ‖ data)
[[nodiscard]] Digest merkle_leaf(const Digest& data);
/// H(0x01 ‖ left ‖ right)
[[nodiscard]] Digest merkle_node(const Digest& left, const Digest& right);

/// The right edge of a growing tree: enough to append to it and to give its root, in memory that grows with
/// the logarithm of its size.
class Frontier {
 public:
  Frontier() = default;
  /// `peaks` are the roots of the whole subtrees, the largest first: as many as `size` has bits set.
  Frontier(std::int64_t size, std::vector<Digest> peaks) : size_(size), peaks_(std::move(peaks)) {}

  void append(const Digest& leaf_data);
  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] const std::vector<Digest>& peaks() const { return peaks_; }
  /// Of the empty tree: the hash of nothing.
  [[nodiscard]] Digest root() const;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.size_, self.peaks_);
  }

 private:
  std::int64_t size_ = 0;
  std::vector<Digest> peaks_;
};

/// False where the text is no 64 hexadecimal digits in lower case.
[[nodiscard]] bool read_hex(std::string_view text, Digest& into);

}  // namespace lastkm::record
