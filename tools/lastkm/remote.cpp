#include "tools/lastkm/remote.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "engine/json/read.h"
#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "tools/lastkm/program.h"

namespace lastkm::tool {

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

bool Socket::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::optional<std::string> Socket::receive_line() {
  constexpr std::size_t kMaxLine = 1U << 20U;
  std::size_t searched = 0;
  while (true) {
    if (const auto end = buffer_.find('\n', searched); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    searched = buffer_.size();
    if (searched > kMaxLine) return std::nullopt;
    std::array<char, 65536> chunk;
    const ssize_t n = recv(fd_, chunk.data(), chunk.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    timed_out_ = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (n <= 0) return std::nullopt;
    buffer_.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

void Socket::patience(int seconds) const {
  const timeval time{.tv_sec = seconds, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

bool Socket::has_more() const {
  pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
  return buffer_.find('\n') != std::string::npos || poll(&ready, 1, 0) > 0;
}

void Socket::end_sending() const {
  shutdown(fd_, SHUT_WR);
}

pid_t Socket::peer() const {
  ucred other{};
  socklen_t size = sizeof other;
  return getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 ? other.pid : 0;
}

std::string line_of(Object object) {
  return record::canonical(Value(std::move(object))) + "\n";
}

std::string socket_path(const std::string& folder) {
  return folder + "/lastkm.sock";
}

std::optional<Socket> connect_served(const std::string& folder) {
  // A socket's name holds about 100 bytes; the folder is reached through its descriptor, however long its
  // path.
  const int dir = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return std::nullopt;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "/proc/self/fd/" + std::to_string(dir) + "/lastkm.sock";
  std::memcpy(address.sun_path, name.c_str(), std::min(name.size() + 1, sizeof address.sun_path));
  std::optional<Socket> socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool connected =
      socket->fd() >= 0 &&
      connect(socket->fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(dir);
  if (!connected) return std::nullopt;
  return socket;
}

namespace {

/// Sends what the caller reads, a line at a time, so that the other side can answer each.
void send_input(const Socket& socket, std::istream& in) {
  std::string line;
  while (std::getline(in, line)) {
    if (!in.eof()) line += '\n';
    for (std::size_t at = 0; at < line.size(); at += 65536) {
      if (!socket.send(line_of(Object{{"in_hex", record::hex(std::string_view(line).substr(at, 65536))}})))
        return;
    }
  }
  // What broke off must not look like what has ended.
  if (in.bad()) return socket.end_sending();
  socket.send(line_of(Object{{"in_end", true}}));
}

// A server greets whoever comes, before it reads.
constexpr int kGreetedWithinSeconds = 10;

}  // namespace

Exit ask_served(Socket socket, const std::vector<std::string>& arguments, const Streams& streams) {
  Array argv;
  for (const std::string& argument : arguments) argv.emplace_back(argument);
  const bool reads_input = std::find(arguments.begin(), arguments.end(), "-") != arguments.end();
  const auto shared = std::make_shared<Socket>(std::move(socket));
  shared->patience(kGreetedWithinSeconds);
  if (!shared->receive_line() && shared->timed_out()) {
    const std::string pid = std::to_string(shared->peer());
    tell(*streams.err, Style{streams.err_is_terminal},
         Error{ErrorKind::folder_in_use, "server-silent",
               "The process that serves the folder (pid " + pid +
                   ") does not answer, and nothing was sent to it. If it is "
                   "stopped, let it go on (kill -CONT " +
                   pid + "), or end it and start it again.",
               ""});
    return Exit::folder_in_use;
  }
  shared->patience(0);
  const bool sent = shared->send(line_of(Object{{"argv", std::move(argv)},
                                                {"cwd", streams.cwd},
                                                {"locale", streams.locale},
                                                {"columns", streams.columns},
                                                {"out_is_terminal", streams.out_is_terminal},
                                                {"err_is_terminal", streams.err_is_terminal}}));
  // Beside the answers, which begin before the input ends. Left alone at the end: it may wait for a keyboard
  // for ever.
  if (sent && reads_input) std::thread([shared, in = streams.in] { send_input(*shared, *in); }).detach();
  json::Limits limits;
  while (const auto line = shared->receive_line()) {
    const auto message = json::read_value(*line, "lastkm.sock", limits);
    if (!message) break;
    if (const Value* exit = message->find("exit"); exit != nullptr && exit->if_int() != nullptr) {
      return static_cast<Exit>(*exit->if_int());
    }
    // At once, for whoever reads it may answer it with the next line of the input.
    *streams.out << message->text("out") << std::flush;
    *streams.err << message->text("err");
  }
  tell(*streams.err, Style{streams.err_is_terminal},
       Error{ErrorKind::unknown_outcome, "connection-lost",
             "The process that serves the folder went away before it had answered; ask again with the same "
             "keys.",
             ""});
  return Exit::unknown_outcome;
}

}  // namespace lastkm::tool
