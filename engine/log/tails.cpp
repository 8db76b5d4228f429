#include "engine/log/tails.h"

#include <utility>

#include "engine/log/framing.h"

namespace lastkm::log {

namespace {
constexpr std::size_t kBytesOfPartition = 64U << 10U;
}  // namespace

Tails::Tails(std::int32_t partitions) {
  for (std::int32_t i = 0; i < 2 * partitions; ++i) tails_.push_back(std::make_unique<Tail>());
}

Tails::Tail* Tails::tail(Topic topic, std::int32_t partition) const {
  if (topic != Topic::commands && topic != Topic::decisions) return nullptr;
  return tails_[static_cast<std::size_t>(partition) * 2 + (topic == Topic::commands ? 0 : 1)].get();
}

void Tails::add(Topic topic, std::int32_t partition, std::int64_t offset, std::string frame) {
  Tail* const mine = tail(topic, partition);
  if (mine == nullptr) return;
  const std::lock_guard lock(mine->mutex);
  if (mine->frames.empty()) mine->first = offset;
  mine->bytes += frame.size();
  mine->frames.push_back(std::move(frame));
  while (mine->bytes > kBytesOfPartition && mine->frames.size() > 1) {
    mine->bytes -= mine->frames.front().size();
    mine->frames.pop_front();
    ++mine->first;
  }
}

bool Tails::read(Topic topic, std::int32_t partition, std::int64_t from, std::size_t max_records,
                 std::size_t max_bytes, std::vector<StoredRecord>& out) const {
  const Tail* const mine = tail(topic, partition);
  if (mine == nullptr) return false;
  const std::lock_guard lock(mine->mutex);
  if (mine->frames.empty() || from < mine->first) return false;
  std::size_t bytes = 0;
  const std::size_t before = out.size();
  for (auto at = static_cast<std::size_t>(from - mine->first);
       at < mine->frames.size() && out.size() - before < max_records && (bytes == 0 || bytes < max_bytes);
       ++at) {
    StoredRecord& stored = out.emplace_back();
    stored.offset = mine->first + static_cast<std::int64_t>(at);
    if (!unframe(mine->frames[at], stored.record)) {
      out.resize(before);
      return false;
    }
    bytes += mine->frames[at].size();
  }
  return true;
}

}  // namespace lastkm::log
