// The local socket of a served folder, DIR/lastkm.sock: how a verb reaches the process that serves it. JSON
// lines both ways: the caller sends
// {"argv":[…],"cwd","locale","columns","out_is_terminal","err_is_terminal"}, then {"in_hex"} for what it
// reads and {"in_end"}, without which the input has broken off; it gets {"out"}, {"err"} and at last
// {"exit"}.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/value.h"
#include "tools/lastkm/exit_code.h"
#include "tools/lastkm/session.h"

namespace lastkm::tool {

/// A file descriptor, closed at the end.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), timed_out_(other.timed_out_), buffer_(std::move(other.buffer_)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket();
  [[nodiscard]] int fd() const { return fd_; }
  /// Everything, or false.
  bool send(std::string_view bytes) const;
  /// The next line without its end; nullopt: the other side has closed, or the line is over 1 MiB.
  std::optional<std::string> receive_line();
  /// Whether receive_line() would find something without waiting.
  [[nodiscard]] bool has_more() const;
  /// No more is sent; what the other side waits for ends without a message.
  void end_sending() const;
  /// How long receive_line() waits; 0: for ever.
  void patience(int seconds) const;
  /// Whether the last receive_line() ended because of it.
  [[nodiscard]] bool timed_out() const { return timed_out_; }
  /// The process at the other side, as it was when it began to listen.
  [[nodiscard]] pid_t peer() const;

 private:
  int fd_;
  bool timed_out_ = false;
  std::string buffer_;
};

/// A message of the protocol.
[[nodiscard]] std::string line_of(Object object);
[[nodiscard]] std::string socket_path(const std::string& folder);
/// A connection where a process serves the folder; nullopt where none does.
[[nodiscard]] std::optional<Socket> connect_served(const std::string& folder);
/// Runs the verb there. Exit::folder_in_use where the server does not greet (it may be stopped); nothing was
/// sent to it then. Exit::unknown_outcome where the connection breaks before it has answered.
[[nodiscard]] Exit ask_served(Socket socket, const std::vector<std::string>& arguments,
                              const Streams& streams);

}  // namespace lastkm::tool
