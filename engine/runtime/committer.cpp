#include "engine/runtime/committer.h"

#include <iterator>
#include <utility>

#include "engine/base/thread_name.h"
#include "engine/log/crash_point.h"

namespace lastkm::runtime {

Committer::Committer(log::EventLog& log, Waiters& waiters)
    : log_(log), waiters_(waiters), thread_([this] { work(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  given_.notify_one();
  thread_.join();
}

void Committer::take(std::vector<log::Append> records, Waiters::Ticket call) {
  {
    const std::lock_guard lock(mutex_);
    std::move(records.begin(), records.end(), std::back_inserter(records_));
    calls_.push_back(std::move(call));
  }
  given_.notify_one();
}

void Committer::work() {
  name_thread("committer");
  while (true) {
    std::vector<log::Append> records;
    std::vector<Waiters::Ticket> calls;
    {
      std::unique_lock lock(mutex_);
      given_.wait(lock, [this] { return stop_ || !calls_.empty(); });
      if (calls_.empty()) return;
      records.swap(records_);
      calls.swap(calls_);
    }
    // Readable first, so that owners decide while the disk is waited for.
    std::optional<Error> failed;
    auto appended = log_.append(records, log::Durability::buffered);
    if (!appended) {
      failed = appended.error();
    } else if (auto synced = log_.sync(); !synced) {
      failed = synced.error();
    }
    log::crash_point("submit.synced");
    waiters_.settle(
        calls, failed ? std::span<const std::int64_t>() : std::span<const std::int64_t>(*appended), failed);
  }
}

}  // namespace lastkm::runtime
