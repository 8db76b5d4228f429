// Serves a folder to verbs of other processes, through DIR/lastkm.sock: each connection is one verb on a
// thread of its own, all of them on one engine.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
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
  /// Accepts callers until `stop_fd` becomes readable; then waits for those that are being answered.
  void run(int stop_fd);

 private:
  static constexpr int kCallersMax = 64;
  void answer(Socket socket);
  Folder* folder_;
  std::string path_;
  std::unique_ptr<Socket> socket_;
  std::atomic<int> callers_{0};
};

}  // namespace lastkm::tool
