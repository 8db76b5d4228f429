#include "tools/lastkm/server.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <streambuf>
#include <thread>

#include "engine/base/thread_name.h"
#include "engine/json/read.h"
#include "engine/log/crash_point.h"
#include "engine/record/canonical.h"
#include "tools/lastkm/program.h"

namespace lastkm::tool {

namespace {

std::string line_of(Object object) {
  return record::canonical(Value(std::move(object))) + "\n";
}

/// Text that goes to the caller as {"out"} or {"err"}.
class OutBuffer final : public std::streambuf {
 public:
  OutBuffer(const Socket& socket, std::string name) : socket_(&socket), name_(std::move(name)) {}

 protected:
  int_type overflow(int_type c) override {
    if (!traits_type::eq_int_type(c, traits_type::eof())) text_ += traits_type::to_char_type(c);
    if (text_.size() >= kChunk) send(whole());
    return traits_type::not_eof(c);
  }
  std::streamsize xsputn(const char* text, std::streamsize n) override {
    text_.append(text, static_cast<std::size_t>(n));
    while (text_.size() >= kChunk) send(whole());
    return n;
  }
  int sync() override {
    while (text_.size() >= kChunk) send(whole());
    if (!text_.empty()) send(text_.size());
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
  void send(std::size_t n) {
    const std::string message = line_of(Object{{name_, text_.substr(0, n)}});
    log::crash_point("answer.half",
                     [&] { socket_->send(std::string_view(message).substr(0, message.size() / 2)); });
    socket_->send(message);
    log::crash_point("answer.sent");
    text_.erase(0, n);
  }
  const Socket* socket_;
  std::string name_;
  std::string text_;
};

/// What the caller reads, as it arrives.
class InBuffer final : public std::streambuf {
 public:
  explicit InBuffer(Socket& socket) : socket_(&socket) {}

 protected:
  int_type underflow() override {
    while (!ended_) {
      const auto line = socket_->receive_line();
      const auto message = line ? json::read_value(*line, "caller") : Result<Value>(Error{});
      if (!message || message->flag("in_end")) {
        ended_ = true;
        break;
      }
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

 private:
  static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }
  Socket* socket_;
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
  while (true) {
    std::array<pollfd, 2> ready{{{.fd = socket_->fd(), .events = POLLIN, .revents = 0},
                                 {.fd = stop_fd, .events = POLLIN, .revents = 0}}};
    if (poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) break;
    if ((ready[1].revents & POLLIN) != 0) break;
    if ((ready[0].revents & POLLIN) == 0) continue;
    Socket caller(accept4(socket_->fd(), nullptr, nullptr, SOCK_CLOEXEC));
    if (caller.fd() < 0) continue;
    // So that a caller can tell a busy server from one that is stopped.
    caller.send(line_of(Object{{"serving", std::int64_t{getpid()}}}));
    if (callers_ >= kCallersMax) {
      caller.send(line_of(Object{{"err", "lastkm: too many callers at once; try again.\n"}}));
      caller.send(line_of(Object{{"exit", static_cast<int>(Exit::unknown_outcome)}}));
      continue;
    }
    ++callers_;
    std::thread([this, socket = std::make_shared<Socket>(std::move(caller))] {
      name_thread("caller");
      answer(std::move(*socket));
      --callers_;
      callers_.notify_all();
    }).detach();
  }
  for (int left = callers_; left > 0; left = callers_) callers_.wait(left);
}

void Server::answer(Socket socket) {
  // A caller that says nothing must not hold a stop back.
  const timeval patience{.tv_sec = 60, .tv_usec = 0};
  setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto line = socket.receive_line();
  if (!line) return;
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
  InBuffer in_buffer(socket);
  OutBuffer out_buffer(socket, "out");
  OutBuffer err_buffer(socket, "err");
  std::istream in(&in_buffer);
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
