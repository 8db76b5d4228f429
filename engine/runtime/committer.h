// Takes the commands of many callers to the log, all that have gathered in one append and one sync, while
// owners decide them already. An outcome is given only once its command survives loss of power.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/log/event_log.h"
#include "engine/runtime/waiters.h"

namespace lastkm::runtime {

class Committer {
 public:
  Committer(log::EventLog& log, Waiters& waiters);
  /// Takes what was given to the log before it ends.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// Returns at once; `waiters` is told of the call when its records are durable or could not be written.
  void take(std::vector<log::Append> records, Waiters::Ticket call);

 private:
  void work();
  log::EventLog& log_;
  Waiters& waiters_;
  std::mutex mutex_;
  std::condition_variable given_;
  std::vector<log::Append> records_;
  std::vector<Waiters::Ticket> calls_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace lastkm::runtime
