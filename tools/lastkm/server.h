// Serves a folder to verbs of other processes, through DIR/lastkm.sock: each connection is one verb on a
// thread of its own, all of them on one engine.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "engine/base/result.h"
#include "tools/lastkm/remote.h"
#include "tools/lastkm/session.h"

namespace lastkm::tool {

class Server {
 public:
  explicit Server(Folder& folder) : folder_(&folder) {}
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Makes the socket, readable by the owner alone. A socket that a dead process left behind is replaced.
  [[nodiscard]] Status listen();
  /// Accepts callers until `stop_fd` becomes readable. Then waits for those that are being answered, and cuts
  /// off who has not been answered some seconds later: it may never read.
  void run(int stop_fd);

 private:
  static constexpr std::size_t kCallersMax = 64;
  void take(Socket caller);
  void answer(Socket& socket);
  void leave(const Socket& caller);
  void dismiss();
  Folder* folder_;
  std::string path_;
  std::unique_ptr<Socket> socket_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::set<int> callers_;  ///< descriptors of those that are being answered, open as long; guarded by mutex_
};

}  // namespace lastkm::tool
