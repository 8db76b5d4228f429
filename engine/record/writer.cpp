#include "engine/record/writer.h"

#include <algorithm>

namespace lastkm::record {

void Writer::grow(std::size_t bytes) {
  const auto used = static_cast<std::size_t>(at_ - text_.data());
  text_.resize(std::max(text_.size() * 2, used + bytes));
  at_ = text_.data() + used;
  end_ = text_.data() + text_.size();
}

}  // namespace lastkm::record
