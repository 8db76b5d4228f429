#include "tools/lastkm/server.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <streambuf>
#include <system_error>
#include <thread>

#include "engine/base/thread_name.h"
#include "engine/json/read.h"
#include "engine/log/crash_point.h"
#include "tools/lastkm/program.h"

namespace lastkm::tool {

namespace {

/// After a stop: how long callers are waited for before they are cut off.
constexpr std::chrono::seconds kGrace(5);
constexpr std::chrono::seconds kLookEvery(1);
constexpr int kFirstLineWithinSeconds = 60;
constexpr int kRestMs = 100;

void refuse(const Socket& caller) {
  caller.send(line_of(Object{{"err", "lastkm: too many callers at once; try again.\n"}}));
  caller.send(line_of(Object{{"exit", static_cast<int>(Exit::unknown_outcome)}}));
}

/// Text that goes to the caller as {"out"} or {"err"}. Once the caller does not take it any more, all that is
/// written fails.
class OutBuffer final : public std::streambuf {
 public:
  OutBuffer(const Socket& socket, std::string name) : socket_(&socket), name_(std::move(name)) {}

 protected:
  int_type overflow(int_type c) override {
    if (!traits_type::eq_int_type(c, traits_type::eof())) text_ += traits_type::to_char_type(c);
    if (text_.size() >= kChunk && !send(whole())) return traits_type::eof();
    return traits_type::not_eof(c);
  }
  std::streamsize xsputn(const char* text, std::streamsize n) override {
    text_.append(text, static_cast<std::size_t>(n));
    while (text_.size() >= kChunk) {
      if (!send(whole())) return 0;
    }
    return n;
  }
  int sync() override {
    while (!text_.empty()) {
      if (!send(whole())) return -1;
    }
    return 0;
  }

 private:
  static constexpr std::size_t kChunk = 32768;
  /// At most a chunk, cut between characters.
  [[nodiscard]] std::size_t whole() const {
    std::size_t end = std::min(text_.size(), kChunk);
    for (int back = 0;
         back < 3 && end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U; ++back)
      --end;
    return end;
  }
  bool send(std::size_t n) {
    const std::string message = line_of(Object{{name_, text_.substr(0, n)}});
    log::crash_point("answer.half",
                     [&] { socket_->send(std::string_view(message).substr(0, message.size() / 2)); });
    if (!socket_->send(message)) {
      text_.clear();
      return false;
    }
    log::crash_point("answer.sent");
    text_.erase(0, n);
    return true;
  }
  const Socket* socket_;
  std::string name_;
  std::string text_;
};

/// What the caller reads, as it arrives. The reader's badbit is set where it breaks off before {"in_end"},
/// for that is no end of the input.
class InBuffer final : public std::streambuf {
 public:
  InBuffer(Socket& socket, std::istream& reader) : socket_(&socket), reader_(&reader) {}

 protected:
  int_type underflow() override {
    while (!ended_) {
      const auto line = socket_->receive_line();
      const auto message = line ? json::read_value(*line, "caller") : Result<Value>(Error{});
      ended_ = !message || message->flag("in_end");
      if (!message) reader_->setstate(std::ios::badbit);
      if (ended_) break;
      const std::string_view hex = message->text("in_hex");
      text_.clear();
      for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        text_ += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
      if (text_.empty()) continue;
      setg(text_.data(), text_.data(), text_.data() + text_.size());
      return traits_type::to_int_type(text_.front());
    }
    return traits_type::eof();
  }
  /// Whether more has come already: who reads may do something else first.
  std::streamsize showmanyc() override { return socket_->has_more() ? 1 : 0; }

 private:
  static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }
  Socket* socket_;
  std::istream* reader_;
  std::string text_;
  bool ended_ = false;
};

}  // namespace

Server::~Server() {
  if (socket_) unlink(path_.c_str());
}

Status Server::listen() {
  path_ = socket_path(folder_->path());
  const auto fail = [this](const char* what) {
    return Error{
        ErrorKind::integrity, "socket",
        std::string("Cannot make ") + path_ + ": " + what + " failed (" + std::strerror(errno) + ").", path_};
  };
  // The folder's lock is ours, so a socket that is there belongs to nobody.
  unlink(path_.c_str());
  const int dir = open(folder_->path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return fail("open");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "/proc/self/fd/" + std::to_string(dir) + "/lastkm.sock";
  std::memcpy(address.sun_path, name.c_str(), std::min(name.size() + 1, sizeof address.sun_path));
  auto socket = std::make_unique<Socket>(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const mode_t before = umask(0177);
  const bool bound = bind(socket->fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  umask(before);
  close(dir);
  if (!bound) return fail("bind");
  if (::listen(socket->fd(), kCallersMax) != 0) return fail("listen");
  socket_ = std::move(socket);
  return done();
}

void Server::run(int stop_fd) {
  bool told = false;
  while (true) {
    std::array<pollfd, 2> ready{{{.fd = socket_->fd(), .events = POLLIN, .revents = 0},
                                 {.fd = stop_fd, .events = POLLIN, .revents = 0}}};
    if (poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) break;
    if ((ready[1].revents & POLLIN) != 0) break;
    if ((ready[0].revents & POLLIN) == 0) continue;
    Socket caller(accept4(socket_->fd(), nullptr, nullptr, SOCK_CLOEXEC));
    if (caller.fd() >= 0) {
      told = false;
      take(std::move(caller));
      continue;
    }
    if (!told) spdlog::warn("callers have to wait: {}", std::strerror(errno));
    told = true;
    // Who waits to be accepted is still there, and poll would say so at once.
    poll(&ready[1], 1, kRestMs);
  }
  dismiss();
}

void Server::take(Socket caller) {
  // So that a caller can tell a busy server from one that is stopped.
  caller.send(line_of(Object{{"serving", std::int64_t{getpid()}}}));
  const auto socket = std::make_shared<Socket>(std::move(caller));
  {
    const std::lock_guard lock(mutex_);
    if (callers_.size() >= kCallersMax) return refuse(*socket);
    callers_.insert(socket->fd());
  }
  try {
    std::thread([this, socket] {
      name_thread("caller");
      answer(*socket);
      leave(*socket);
    }).detach();
  } catch (const std::system_error& failure) {
    spdlog::warn("a caller is refused, there is no thread for it: {}", failure.what());
    refuse(*socket);
    leave(*socket);
  }
}

void Server::leave(const Socket& caller) {
  const std::lock_guard lock(mutex_);
  callers_.erase(caller.fd());
  // Under the lock, for without it the server may be gone by now.
  left_.notify_all();
}

void Server::dismiss() {
  std::unique_lock lock(mutex_);
  const auto nobody = [this] { return callers_.empty(); };
  if (left_.wait_for(lock, kGrace, nobody)) return;
  // Who waits for what its caller is to say ends, and says so; who works on is left to it.
  for (const int fd : callers_) shutdown(fd, SHUT_RD);
  while (!left_.wait_for(lock, kLookEvery, nobody)) {
    for (const int fd : callers_) {
      pollfd out{fd, POLLOUT, 0};
      if (poll(&out, 1, 0) != 0) continue;
      spdlog::warn("a caller is cut off: it does not take its answer, and the stop waits for it");
      shutdown(fd, SHUT_RDWR);
    }
  }
}

void Server::answer(Socket& socket) {
  // A caller that never says what it wants must not keep its place; between lines of its input it may wait.
  socket.patience(kFirstLineWithinSeconds);
  const auto line = socket.receive_line();
  if (!line) return;
  socket.patience(0);
  const auto call = json::read_value(*line, "caller");
  if (!call || call->find("argv") == nullptr || call->find("argv")->if_array() == nullptr) {
    socket.send(
        line_of(Object{{"err", "lastkm: the caller speaks another protocol; is it another version?\n"}}));
    socket.send(line_of(Object{{"exit", static_cast<int>(Exit::bad_input)}}));
    return;
  }
  std::vector<std::string> arguments;
  for (const Value& argument : *call->find("argv")->if_array()) {
    if (argument.if_string() != nullptr) arguments.push_back(*argument.if_string());
  }
  OutBuffer out_buffer(socket, "out");
  OutBuffer err_buffer(socket, "err");
  std::istream in(nullptr);
  InBuffer in_buffer(socket, in);
  in.rdbuf(&in_buffer);
  std::ostream out(&out_buffer);
  std::ostream err(&err_buffer);
  Exit exit = Exit::integrity;
  try {
    Program program;
    exit = program.run(arguments,
                       Streams{.in = &in,
                               .out = &out,
                               .err = &err,
                               .out_is_terminal = call->flag("out_is_terminal"),
                               .err_is_terminal = call->flag("err_is_terminal"),
                               .cwd = std::string(call->text("cwd")),
                               .locale = std::string(call->text("locale")),
                               .columns = static_cast<int>(call->number("columns"))},
                       folder_);
  } catch (const std::exception& failure) {
    spdlog::error("a caller's verb failed: {}", failure.what());
    err << "lastkm: " << failure.what() << '\n';
  }
  out.flush();
  err.flush();
  socket.send(line_of(Object{{"exit", static_cast<int>(exit)}}));
}

}  // namespace lastkm::tool
