#include "projections/view.h"

#include <algorithm>
#include <utility>

namespace lastkm::projections {

Result<std::optional<std::string>> Rows::get(std::string_view key) {
  const auto changed = changed_.find(std::string(key));
  if (changed != changed_.end()) return changed->second;
  return committed_->get(family_, key);
}

void Rows::put(std::string_view key, std::string value) {
  changed_.insert_or_assign(std::string(key), std::move(value));
}

void Rows::erase(std::string_view key) {
  changed_.insert_or_assign(std::string(key), std::nullopt);
}

void Rows::drain_to(store::Batch& batch) {
  std::vector<const std::pair<const std::string, std::optional<std::string>>*> sorted;
  sorted.reserve(changed_.size());
  for (const auto& change : changed_) sorted.push_back(&change);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* change : sorted) {
    if (change->second) {
      batch.put(family_, change->first, *change->second);
    } else {
      batch.erase(family_, change->first);
    }
  }
  changed_.clear();
}

std::string family_of(std::string_view view, int slot) {
  return std::string(view) + (slot == 0 ? ".a" : ".b");
}

std::vector<std::string> families_of(const Views& views) {
  std::vector<std::string> families{std::string(kCheckpointFamily)};
  for (const auto& view : views) {
    families.push_back(family_of(view->name(), 0));
    families.push_back(family_of(view->name(), 1));
  }
  return families;
}

}  // namespace lastkm::projections
