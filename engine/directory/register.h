// The bodies, places or categories in force: layers, one for each document, and one index over all of them.
// Immutable once made.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/directory/context.h"

namespace lastkm::directory {

inline std::string_view key_of(const Body& body) {
  return body.id.value;
}
inline std::string_view key_of(const Place& place) {
  return place.code;
}
inline std::string_view key_of(const Category& category) {
  return category.id;
}
inline std::string_view code_of(const Body& body) {
  return body.place;
}
inline std::string_view code_of(const Place& place) {
  return place.code;
}
inline std::string_view code_of(const Category&) {
  return {};
}

template <class T>
class Register {
 public:
  /// What `before` holds, with the entries of document `id` replaced by `entries`. `before` may be null.
  Register(const Register* before, std::string id, std::vector<T> entries) {
    layers_.push_back(std::make_shared<const Layer>(Layer{std::move(id), std::move(entries)}));
    if (before != nullptr) {
      std::copy_if(before->layers_.begin(), before->layers_.end(), std::back_inserter(layers_),
                   [this](const auto& layer) { return layer->id != layers_.front()->id; });
    }
    std::size_t all = 0;
    for (const auto& layer : layers_) all += layer->entries.size();
    by_key_.reserve(all);
    for (const auto& layer : layers_) {
      for (const T& entry : layer->entries) {
        by_key_.emplace(key_of(entry), &entry);
        const std::size_t length = code_of(entry).size();
        if (std::find(lengths_.begin(), lengths_.end(), length) == lengths_.end()) lengths_.push_back(length);
      }
    }
    std::sort(lengths_.begin(), lengths_.end(), std::greater<>());
  }

  [[nodiscard]] const T* find(std::string_view key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
  }
  /// The lengths of the place codes that occur, the longest first.
  [[nodiscard]] const std::vector<std::size_t>& lengths() const { return lengths_; }

 private:
  struct Layer {
    std::string id;
    std::vector<T> entries;
  };
  std::vector<std::shared_ptr<const Layer>>
      layers_;  ///< shared with other registers; the one published last first
  std::unordered_map<std::string_view, const T*> by_key_;  ///< into the layers
  std::vector<std::size_t> lengths_;
};

}  // namespace lastkm::directory
