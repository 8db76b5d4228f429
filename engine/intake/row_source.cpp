#include "engine/intake/row_source.h"

namespace lastkm::intake {

const std::string* RawRow::find(std::string_view name) const {
  if (names == nullptr) return nullptr;
  for (std::size_t i = 0; i < cells.size() && i < names->size(); ++i) {
    if ((*names)[i] == name) return &cells[i];
  }
  return nullptr;
}

std::size_t RawRow::size() const {
  std::size_t n = sizeof(RawRow);
  for (const std::string& cell : cells) n += sizeof(std::string) + cell.size();
  return n;
}

bool ByteReader::fill() {
  in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  at_ = 0;
  end_ = static_cast<std::size_t>(in_.gcount());
  return end_ > 0;
}

std::string_view ByteReader::ahead() {
  peek();
  return std::string_view(buffer_).substr(at_, end_ - at_);
}

}  // namespace lastkm::intake
