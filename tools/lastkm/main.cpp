// The program: one composition root for every verb.
#include <fcntl.h>
#include <poll.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "tools/lastkm/program.h"

namespace {

/// The locale for messages, by the order of POSIX.
std::string locale() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

int columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// Where a standard stream was closed, the next file that is opened would take its number, and an answer
/// would be written into the vault or the log.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // The wrong way round: it is used as the closed one that it was, with an error.
    [[maybe_unused]] const int taken = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

bool out_is_closed() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace lastkm::tool;
  occupy_standard_streams();
  try {
    std::ios::sync_with_stdio(false);
    std::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto logger = spdlog::stderr_color_mt("lastkm");
    spdlog::set_default_logger(logger);
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S%z %^%l%$ %v");
    const bool verbose = std::find(arguments.begin(), arguments.end(), "--verbose") != arguments.end();
    spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::warn);
    const Streams streams{.in = &std::cin,
                          .out = &std::cout,
                          .err = &std::cerr,
                          .out_is_closed = out_is_closed,
                          .out_is_terminal = isatty(STDOUT_FILENO) != 0,
                          .err_is_terminal = isatty(STDERR_FILENO) != 0,
                          .cwd = std::filesystem::current_path().string(),
                          .locale = locale(),
                          .columns = columns()};
    Program program;
    return static_cast<int>(program.run(arguments, streams));
  } catch (const std::exception& failure) {
    std::cerr << "lastkm: " << failure.what() << '\n';
    return static_cast<int>(Exit::integrity);
  }
}
