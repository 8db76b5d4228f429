#include "projections/view.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lastkm::projections {

namespace {
constexpr std::size_t kRowBytes = 128;  // what a row costs beside its bytes

bool before(const ChangedRow& a, const ChangedRow& b) {
  return a.first < b.first;
}
}  // namespace

Result<std::optional<std::string>> Rows::get(std::string_view key) {
  const auto changed = changed_.find(key);
  if (changed != changed_.end()) return changed->second;
  if (committed_ == nullptr) return std::optional<std::string>();
  return committed_->get(family_, key);
}

Result<std::vector<std::optional<std::string>>> Rows::get_many(std::span<const std::string> keys) {
  auto rows = committed_ == nullptr ? std::vector<std::optional<std::string>>(keys.size())
                                    : committed_->get_many(family_, keys);
  if (!rows) return rows;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (const auto changed = changed_.find(keys[i]); changed != changed_.end()) (*rows)[i] = changed->second;
  }
  return rows;
}

void Rows::change(std::string_view key, std::optional<std::string> value) {
  bytes_ += value ? value->size() : 0;
  const auto found = changed_.find(key);
  if (found != changed_.end()) {
    found->second = std::move(value);
    return;
  }
  bytes_ += key.size() + kRowBytes;
  changed_.emplace(std::string(key), std::move(value));
}

void Rows::put(std::string_view key, std::string value) {
  change(key, std::move(value));
}

void Rows::erase(std::string_view key) {
  change(key, std::nullopt);
}

void Rows::append(std::string key, std::string value) {
  bytes_ += key.size() + value.size() + kRowBytes;
  appended_.emplace_back(std::move(key), std::move(value));
}

std::vector<ChangedRow> Rows::take() {
  std::vector<ChangedRow> rows = std::move(appended_);
  rows.reserve(rows.size() + changed_.size());
  while (!changed_.empty()) {
    auto node = changed_.extract(changed_.begin());
    rows.emplace_back(std::move(node.key()), std::move(node.mapped()));
  }
  std::sort(rows.begin(), rows.end(), before);
  appended_.clear();
  bytes_ = 0;
  return rows;
}

void Rows::add(std::string_view key, std::int64_t n) {
  auto sum = sums_.find(key);
  if (sum == sums_.end()) {
    bytes_ += key.size() + kRowBytes;
    sum = sums_.emplace(std::string(key), 0).first;
  }
  sum->second += n;
}

Rows::Sums Rows::take_sums() {
  return std::exchange(sums_, {});
}

Status Rows::drain_to(store::Batch& batch) {
  auto sums = summed(committed_, family_, take_sums());
  if (!sums) return sums.error();
  for (const std::vector<ChangedRow>& rows : {take(), std::move(*sums)}) {
    for (const ChangedRow& row : rows) {
      if (row.second) {
        batch.put(family_, row.first, *row.second);
      } else {
        batch.erase(family_, row.first);
      }
    }
  }
  return done();
}

void Rows::discard() {
  changed_.clear();
  appended_.clear();
  sums_.clear();
  bytes_ = 0;
}

Result<std::int64_t> sum_from(std::string_view family, std::string_view key, std::string_view row) {
  std::int64_t sum = 0;
  const auto [end, failed] = std::from_chars(row.data(), row.data() + row.size(), sum);
  if (failed == std::errc{} && end == row.data() + row.size()) return sum;
  return Error{
      ErrorKind::integrity, "views-corrupt",
      "the sum '" + std::string(key) + "' of " + std::string(family) + " is no number; rebuild the views",
      ""};
}

Result<std::vector<ChangedRow>> summed(store::Store* committed, const std::string& family,
                                       const Rows::Sums& added) {
  std::vector<ChangedRow> rows;
  for (const auto& [key, n] : added) {
    std::int64_t sum = 0;
    if (committed != nullptr) {
      auto held = committed->get(family, key);
      if (!held) return held.error();
      const auto before = sum_from(family, key, held->value_or("0"));
      if (!before) return before.error();
      sum = *before;
    }
    sum += n;
    if (n == 0) continue;
    rows.emplace_back(key, sum == 0 ? std::nullopt : std::optional(std::to_string(sum)));
  }
  return rows;
}

std::string family_of(std::string_view view, int slot) {
  return std::string(view) + (slot == 0 ? ".a" : ".b");
}

std::vector<std::string> families_written_once(const Views& views) {
  std::vector<std::string> families;
  for (const auto& view : views) {
    if (!view->writes_once()) continue;
    for (const int slot : {0, 1}) families.push_back(family_of(view->name(), slot));
  }
  return families;
}

std::vector<std::string> families_of(const Views& views) {
  std::vector<std::string> families{std::string(kCheckpointFamily), std::string(kBuildFamily)};
  for (const auto& view : views) {
    families.push_back(family_of(view->name(), 0));
    families.push_back(family_of(view->name(), 1));
  }
  return families;
}

}  // namespace lastkm::projections
