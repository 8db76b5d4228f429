#include "engine/runtime/due_times.h"

#include <algorithm>
#include <iterator>

namespace lastkm::runtime {

namespace {

/// Entries that are read at once, and kept after a flush.
constexpr std::size_t kNear = 512;
constexpr std::size_t kInstantBytes = 8;
constexpr std::uint64_t kSign = 1ULL << 63U;

}  // namespace

DueTimes::DueTimes(store::Store& store, std::string_view family, std::string prefix)
    : store_(store), family_(family), prefix_(std::move(prefix)) {}

void DueTimes::reset() {
  near_.clear();
  known_.clear();
  all_ = false;
  changes_.clear();
  failure_.reset();
}

/// Instants sort as their keys do, also before 1970.
std::string DueTimes::key_of(const Entry& entry) const {
  const std::uint64_t n = static_cast<std::uint64_t>(entry.first.ms) ^ kSign;
  std::string out = prefix_;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(n >> shift & 255U));
  return out + entry.second.value;
}

DueTimes::Entry DueTimes::entry_of(std::string_view key) const {
  std::uint64_t n = 0;
  for (const char c : key.substr(prefix_.size(), kInstantBytes)) n = n << 8U | static_cast<unsigned char>(c);
  return {Instant{static_cast<std::int64_t>(n ^ kSign)},
          AggregateId(std::string(key.substr(prefix_.size() + kInstantBytes)))};
}

void DueTimes::add(Instant at, const AggregateId& id) {
  Entry entry(at, id);
  std::string key = key_of(entry);
  if (all_ || key <= known_) near_.insert(std::move(entry));
  changes_[std::move(key)] = Change{true, false};
}

void DueTimes::remove(Instant at, const AggregateId& id) {
  const Entry entry(at, id);
  near_.erase(entry);
  changes_[key_of(entry)] = Change{false, false};
}

void DueTimes::extend() {
  const std::string after = known_.empty() ? prefix_ : known_;
  std::string last;
  std::size_t seen = 0;
  bool more = false;
  const Status scanned = store_.scan(family_, after, [&](std::string_view key, std::string_view) {
    if (!key.starts_with(prefix_) || key.size() < prefix_.size() + kInstantBytes) return false;
    if (key == known_) return true;
    more = seen == kNear;
    if (more) return false;
    ++seen;
    last = key;
    const auto changed = changes_.find(last);
    if (changed == changes_.end() || changed->second.there) near_.insert(entry_of(key));
    return true;
  });
  if (!scanned) {
    failure_ = scanned.error();
    return;
  }
  // What is not written yet lies between, or behind.
  const auto from = changes_.upper_bound(after);
  const auto to = more ? changes_.upper_bound(last) : changes_.end();
  for (auto change = from; change != to; ++change) {
    if (change->second.there) near_.insert(entry_of(change->first));
  }
  all_ = !more;
  known_ = last;
}

std::optional<Instant> DueTimes::first() {
  while (near_.empty() && !all_ && !failure_) extend();
  if (near_.empty()) return std::nullopt;
  return near_.begin()->first;
}

std::vector<DueTimes::Entry> DueTimes::due(Instant now, std::size_t most) {
  while (!all_ && !failure_ && near_.size() < most && (near_.empty() || near_.rbegin()->first <= now))
    extend();
  std::vector<Entry> out;
  for (const Entry& entry : near_) {
    if (entry.first > now || out.size() == most) break;
    out.push_back(entry);
  }
  return out;
}

std::optional<DueTimes::Entry> DueTimes::after(const std::optional<Entry>& entry) {
  const std::string from = entry ? key_of(*entry) : prefix_;
  std::optional<std::string> found;
  const Status scanned = store_.scan(family_, from, [&](std::string_view key, std::string_view) {
    if (!key.starts_with(prefix_)) return false;
    const auto changed = changes_.find(std::string(key));
    const bool gone = changed != changes_.end() && !changed->second.there;
    if (gone || key <= from || key.size() < prefix_.size() + kInstantBytes) return true;
    found = key;
    return false;
  });
  if (!scanned) {
    failure_ = scanned.error();
    return std::nullopt;
  }
  for (auto change = changes_.upper_bound(from); change != changes_.end(); ++change) {
    if (!change->second.there) continue;
    if (!found || change->first < *found) found = change->first;
    break;
  }
  if (!found) return std::nullopt;
  return entry_of(*found);
}

void DueTimes::flush_into(store::Batch& batch) {
  std::erase_if(changes_, [](const auto& entry) { return entry.second.in_batch; });
  for (auto& [key, change] : changes_) {
    if (change.there) {
      batch.put(family_, key, "");
    } else {
      batch.erase(family_, key);
    }
    change.in_batch = true;
  }
  if (near_.size() <= 2 * kNear) return;
  near_.erase(std::next(near_.begin(), kNear), near_.end());
  known_ = key_of(*near_.rbegin());
  all_ = false;
}

}  // namespace lastkm::runtime
